"""The alignment study as sections: what alignment gains by training users and history, what models reach, what was tried."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from molar.core.schema import ALIGNED, CONTENT, ID
from molar.data.segments import MAIN
from molar.experiments.results import DIFFERENCE, OWN, read_rows
from molar.reporting import labels
from molar.reporting.study.chart import Panels, Series, panels_html
from molar.reporting.tables import (
    ALPHA,
    DIFFERENCES,
    VALUES,
    Cell,
    Column,
    Difference,
    Row,
    Section,
    Source,
    Table,
    difference,
    measured,
)

STUDY = "alignment-study"
TITLE = "Where alignment pays"
SUBSETS = ("test", "validation")  # the first that has been measured is told
ALL = "1"  # the share of the users, as settings write it
NOTE = (
    "NDCG@10 of the aligned model minus that of the same model before alignment, trained on the same users with the same seed, for "
    "everybody, on {subset}. Trained are 1 to 100 % of the users; the ID model has learnt from the same users, or from all. Of each "
    "history the model is told the last 1, 2, 3, 5 items, or all; what a user has is never a candidate. {seeds} Intervals are "
    "over users and seeds (pigeonhole bootstrap), p-values over users, Holm-corrected over all of these gains."
)
LEGEND = "Filled: shown (p < .05 after Holm’s correction, and an interval without 0)."
TRIED_NOTE = (
    "What α, τ, a schedule, what is aligned, or distilled scores change: gains on validation at whole histories, ID model of all "
    "users. p-values are uncorrected: this chose the weight, and claims nothing."
)


@dataclass(frozen=True)
class Gain(Difference):
    """A gain is shown where both the corrected p-value and the interval over users and seeds say so."""

    @property
    def significant(self) -> bool:
        sure = self.ci is not None and self.ci[0] * self.ci[1] > 0
        return sure and self.corrected and self.p is not None and self.p < ALPHA


@dataclass(frozen=True, eq=False)
class StudyRows:
    """The rows of one dataset."""

    rows: Sequence[dict]

    @property
    def dataset(self) -> str:
        return self.rows[0]["dataset"]

    @cached_property
    def subset(self) -> str:
        """What the claimed gains were measured on."""
        there = {row["split"] for row in self.rows if _claimed(row)}
        return next((one for one in SUBSETS if one in there), SUBSETS[-1])

    @cached_property
    def claimed(self) -> dict[tuple[str, str, str, str], dict]:
        """(users, ids, history, slice) → its row; history "" is all of it."""
        found = {}
        for row in self.rows:
            if _claimed(row) and row["split"] == self.subset:
                setting = read_setting(row["setting"])
                found[setting["users"], setting["ids"], setting.get("history", ""), row["slice"]] = row
        return found

    @cached_property
    def shares(self) -> list[str]:
        return sorted({users for users, *_ in self.claimed}, key=float)

    @cached_property
    def histories(self) -> list[str]:
        """How many items are told, fewest first, all last."""
        found = {history for _, _, history, _ in self.claimed}
        return sorted(found, key=lambda one: float(one or "inf"))

    def gain(self, users: str, ids: str, history: str = "", slice_: str = "all") -> Gain | None:
        row = self.claimed.get((users, ids, history, slice_))
        return Gain(**vars(difference([row]))) if row else None

    def teachers(self, users: str) -> dict[str, str]:
        """Whom the ID model has learnt from → its share, of those that were measured."""
        return {TEACHERS[0]: users} if users == ALL else {TEACHERS[0]: users, TEACHERS[1]: ALL}

    def own(self, model: str, slice_: str = "all", **setting: str) -> list[dict]:
        """The rows of a model's own ranking by whole histories, one a seed: what is set besides is that of the claimed gains."""
        return [
            row
            for row in self.rows
            if (row["kind"], row["model"], row["slice"], row["split"]) == (OWN, model, slice_, self.subset)
            and _fits(row["setting"], setting, self.aligned_by)
        ]

    @cached_property
    def aligned_by(self) -> dict[str, str]:
        """What the claimed gains set of the alignment."""
        first = read_setting(next(iter(self.claimed.values()))["setting"]) if self.claimed else {}
        return {name: value for name, value in first.items() if name not in ("users", "ids", "history")}


TEACHERS = ("ID model of the same users", "ID model of all users")


def read_setting(setting: str) -> dict[str, str]:
    """`users=0.1 ids=1` → {"users": "0.1", "ids": "1"}."""
    return dict(part.split("=", 1) for part in setting.split())


def _claimed(row: Mapping) -> bool:
    return row["kind"] == DIFFERENCE and "p_holm" in row["metrics"]


def _fits(setting: str, wanted: Mapping[str, str], aligned_by: Mapping[str, str]) -> bool:
    """Whether a setting is `wanted`, and, where it has an ID model, the alignment of the claimed gains."""
    return read_setting(setting) == {**wanted, **(aligned_by if "ids" in wanted else {})}


def read_study(folder: Path) -> list[StudyRows]:
    """What results/alignment-study.json holds, a dataset each, by name; [] without the file. MolarError for a broken one."""
    found: dict[str, list[dict]] = {}
    for row in read_rows(folder / f"{STUDY}.json"):
        found.setdefault(row["dataset"], []).append(row)
    return [StudyRows(found[name]) for name in sorted(found)]


def sections_of(study: StudyRows) -> list[Section]:
    """The picture and the tables of one dataset."""
    return [section for section in (_gains(study), _slices(study), _levels(study), _tried(study)) if section]


def panels(study: StudyRows) -> Panels | None:
    """The picture of the gains; None where fewer than two shares of the users were measured."""
    if len(study.shares) < 2:
        return None
    series = []
    for name, shade in zip(TEACHERS, ("shade-sasrec", "shade-molar"), strict=True):
        asked = [(users, study.teachers(users).get(name)) for users in study.shares]
        gains = [[study.gain(users, ids, one) if ids else None for one in study.histories] for users, ids in asked]
        if any(gain for panel in gains for gain in panel):
            series.append(Series(name, shade, gains))
    heads = [f"{share_in_words(users)} train" for users in study.shares]
    told = "; ".join(
        f"{head}, {one.name}: {', '.join('–' if gain is None else f'{gain.value:+.3f}' for gain in one.panels[number])}"
        for number, head in enumerate(heads)
        for one in series
        if any(one.panels[number])
    )
    says = f"Gains of alignment in NDCG@10 by the share of the users who train, for histories of {_lengths(study)}: {told}."
    across = "items of the history that are told, the last ones"
    return Panels(heads, [one or "all" for one in study.histories], series, across, "gain in NDCG@10", says)


def share_in_words(users: str) -> str:
    """`0.03` → `3 %`."""
    return f"{100 * float(users):g} %"


def _lengths(study: StudyRows) -> str:
    return ", ".join(one or "all" for one in study.histories)


def _by_teacher(study: StudyRows, cells) -> list[Row]:
    """A row for each share of the users under each ID model; `cells` of (users, ids)."""
    rows = []
    for name in TEACHERS:
        for users in study.shares:
            ids = study.teachers(users).get(name)
            if ids and study.gain(users, ids):
                rows.append(Row(f"{share_in_words(users)} of the users train", cells(users, ids), group=name))
    return rows


def _gains(study: StudyRows) -> Section | None:
    if not study.claimed:
        return None
    columns = [Column(f"last {one}" if one else "all of it", axis=DIFFERENCES) for one in study.histories]
    rows = _by_teacher(study, lambda users, ids: [study.gain(users, ids, one) for one in study.histories])
    seeds = sorted({int(row["metrics"]["seeds"]) for row in study.claimed.values()})
    told = f"Seeds: {', '.join(map(str, seeds))} each." if len(seeds) > 1 else f"Seeds: {seeds[0]}."
    note = NOTE.format(subset=study.subset, seeds=told)
    table = Table("", columns, rows, "aligned to", f"ev-apart ev-{len(columns)}")
    drawn = panels(study)
    picture = panels_html(drawn) if drawn else ""
    return Section(f"{TITLE}: {study.dataset}", [note], LEGEND, table, picture=picture, source=_source(study))


def _slices(study: StudyRows) -> Section | None:
    kept = [name for name in MAIN if any(slice_ == name for *_, slice_ in study.claimed)]
    if len(kept) < 2:
        return None
    columns = [Column(labels.slice_name(name, _size(study, name)), axis=DIFFERENCES) for name in kept]
    rows = _by_teacher(study, lambda users, ids: [study.gain(users, ids, slice_=name) for name in kept])
    note = "The same at whole histories, by what is asked for. Warm and cold are those of all users’ training."
    table = Table("", columns, rows, "aligned to", f"ev-apart ev-{len(columns)}")
    return Section(f"{TITLE}, warm and cold items: {study.dataset}", [note], LEGEND, table)


def _size(study: StudyRows, slice_: str) -> int:
    return max(row["n"] for (*_, name), row in study.claimed.items() if name == slice_)


def _levels(study: StudyRows) -> Section | None:
    if not study.claimed:
        return None
    heads = ["content", *(f"aligned, {name}" for name in TEACHERS), *TEACHERS]
    rows = []
    for users in study.shares:
        cells: list[Cell] = [measured(study.own(CONTENT, users=users), labels.NDCG)]
        cells += [measured(study.own(ALIGNED, users=users, ids=ids), labels.NDCG) for ids in (users, ALL)]
        cells += [measured(study.own(ID, users=ids), labels.NDCG) for ids in (users, ALL)]
        rows.append(Row(f"{share_in_words(users)} of the users train", cells))
    columns = [Column(head, axis=VALUES) for head in heads]
    note = (
        f"NDCG@10 on {study.subset}, whole histories, everybody. The ID models stand beside the models that they teach."
    )
    return Section(f"What they reach: {study.dataset}", [note], table=Table("", columns, rows, layout="ev-apart ev-4"))


def _tried(study: StudyRows) -> Section | None:
    found: dict[str, dict[str, dict]] = {}
    for row in study.rows:
        setting = read_setting(row["setting"])
        if (row["kind"], row["slice"], row["split"]) != (DIFFERENCE, "all", "validation") or "history" in setting:
            continue
        users, ids = setting.pop("users"), setting.pop("ids")
        if ids == ALL:
            found.setdefault(_in_words(setting), {})[users] = row
    shares = sorted({users for rows in found.values() for users in rows}, key=float)
    shares = [users for users in shares if sum(users in rows for rows in found.values()) > 1]
    if not shares:
        return None
    rows = [
        Row(name, [_uncorrected(by_users.get(users)) for users in shares])
        for name, by_users in found.items()
        if set(by_users) & set(shares)
    ]
    columns = [Column(f"{share_in_words(users)} of the users train", axis=DIFFERENCES) for users in shares]
    table = Table("alignment", columns, rows, layout=f"ev-apart ev-{len(columns)}")
    return Section(f"Weights and kinds: {study.dataset}", [TRIED_NOTE], table=table)


def _in_words(setting: Mapping[str, str]) -> str:
    return ", ".join(f"{SYMBOLS.get(name, name)} = {value}" for name, value in setting.items())


SYMBOLS = {"alpha": "α", "tau": "τ"}


def _uncorrected(row: dict | None) -> Difference | None:
    if row is None:
        return None
    plain = row | {"metrics": {name: value for name, value in row["metrics"].items() if name != "p_holm"}}
    return difference([plain])


def _source(study: StudyRows) -> Source:
    """The commands and the data; of so many trainings the weights are in the file."""
    return Source.of(row | {"weights_sha256": ""} for row in study.rows)
