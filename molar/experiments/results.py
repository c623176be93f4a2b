"""The one shape of every results file, its intervals, and merging into a file that exists.

{"rows": [{"dataset", "data_hash", "split", "slice", "model", "seed", "kind", "other", "ablation", "setting", "n",
"metrics": {name: number}, "ci": {name: [low, high]}, "command", "weights_sha256"}]}. Intervals are 95 % percentile
bootstraps over users. What a row tells of `model` is its `kind`; the fields that it does not need are "":

own         its numbers; `setting` tells rows of one model apart (an encoder, a precision)
difference  its numbers minus those of the model `other` on the same users; or minus its own under `ablation`
ablation    its numbers with one part of its input taken away or exchanged: `ablation`
alignment   it beside the ID model `other`, where it is held against several
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from molar.core.errors import MolarError
from molar.core.io import write_atomically
from molar.core.schema import ALIGNED, CONTENT, ID
from molar.data.segments import is_bucket
from molar.evaluation import metrics
from molar.evaluation.significance import holm, sign_flip_p_values

FIELDS = (
    "dataset",
    "data_hash",
    "split",
    "slice",
    "model",
    "seed",
    "kind",
    "other",
    "ablation",
    "setting",
    "n",
    "metrics",
    "ci",
    "command",
    "weights_sha256",
)
KEY = ("dataset", "split", "slice", "model", "seed", "kind", "other", "ablation", "setting")
OWN, DIFFERENCE, ABLATION, ALIGNMENT = "own", "difference", "ablation", "alignment"  # kinds of rows

READING_ORACLE = "oracle-reading"
SHARE = "share_of_reading_oracle@ndcg10"
BUCKET_METRICS = ("ndcg@10", "recall@10")
DIFFERENCES = (
    (ALIGNED, CONTENT),
    (ALIGNED, ID),
    *((model, base) for model in (ID, CONTENT, ALIGNED) for base in ("popularity", "item-knn", "content-knn")),
)


@dataclass(frozen=True)
class Source:
    """Where a model's numbers come from: its training seed and the sha256 of its weights ("" when it has none)."""

    seed: int = 0
    weights_sha256: str = ""


@dataclass(frozen=True, eq=False)
class Run:
    """One model of one seed, measured on the users of one split."""

    model: str
    ranks: np.ndarray  # (n,) the rank of each user's target, from 1
    source: Source = Source()
    of_lists: Mapping[str, float] = field(default_factory=dict)  # what tells of all lists together; slice "all" alone


def resampled_means(values: np.ndarray, *, seed: int = 0, resamples: int = 1000) -> np.ndarray:
    """Means of `values` (n, m) over users drawn with replacement, (resamples, m).

    The draws depend on n and the seed alone, so the columns are paired: the difference of two columns is a bootstrap
    of the difference (Efron & Tibshirani 1993, chapter 13).
    """
    n = len(values)
    rng = np.random.default_rng(seed)
    means = np.empty((resamples, values.shape[1]))
    step = max(1, 2**21 // n)
    for start in range(0, resamples, step):
        rows = min(step, resamples - start)
        drawn = rng.integers(0, n, (rows, n)) + n * np.arange(rows)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=rows * n).reshape(rows, n)
        means[start : start + rows] = counts @ values / n
    return means


def interval(means: np.ndarray) -> list[float]:
    """The middle 95 % of resampled means."""
    return [round(float(edge), 6) for edge in np.percentile(means, (2.5, 97.5))]


def row(
    facts: Mapping,
    *,
    slice: str,
    model: str,
    kind: str = OWN,
    other: str = "",
    ablation: str = "",
    setting: str = "",
    n: int,
    values: Mapping,
    ci: Mapping,
) -> dict:
    """One row. `facts` holds the fields that a run shares: dataset, data_hash, split, seed, command, weights_sha256."""
    own = {"slice": slice, "model": model, "kind": kind, "other": other, "ablation": ablation, "setting": setting}
    own |= {"n": int(n), "ci": dict(ci), "metrics": {name: round(float(value), 6) for name, value in values.items()}}
    merged = {**facts, **own}
    return {name: merged[name] for name in FIELDS}


def rows_for(
    runs: Sequence[Run],
    masks: Mapping[str, np.ndarray],
    facts: Mapping,
    comparisons: Sequence[tuple[str, str]] = DIFFERENCES,
    kept: Sequence[str] = metrics.NAMES,
) -> list[dict]:
    """Rows of all runs on all slices of one split, with paired differences and shares of the reading oracle.

    runs: models, each in one seed or more, all of the same users in the same order; masks: slice → (n,) bool. A slice
    without users has no row. comparisons: pairs (model, other) of names, which are passed over where one is absent;
    a model of several seeds is compared by its users' means over seeds. kept: the metrics of users that rows hold. Slices
    that are buckets have neither differences nor metrics beyond 10. The comparisons of one slice are the family of `p_holm`.
    """
    rows = []
    for name, mask in masks.items():
        if mask.any():
            asked = ([], BUCKET_METRICS) if is_bucket(name) else (comparisons, kept)
            rows += _slice_rows(_Measured(runs, mask), name, facts, *asked)
    return rows


class _Measured:
    """All metrics of all runs on the users of one slice: per user, their means, and bootstraps of the means."""

    def __init__(self, runs: Sequence[Run], mask: np.ndarray):
        self.runs, self.n = runs, int(mask.sum())
        self.tables = [metrics.per_user(run.ranks[mask]) for run in runs]  # (n, metrics) each
        values = np.concatenate(self.tables, axis=1)
        self.means = np.split(values.mean(axis=0), len(runs))
        self.draws = np.split(resampled_means(values), len(runs), axis=1)  # (resamples, metrics) each

    def of(self, model: str) -> list[int]:
        """The places of a model's runs, one a seed."""
        return [place for place, run in enumerate(self.runs) if run.model == model]

    def over_seeds(self, parts: Sequence[np.ndarray], model: str) -> np.ndarray:
        """The mean over a model's seeds of its tables, means or draws."""
        return np.mean([parts[place] for place in self.of(model)], axis=0)

    def share(self, place: int) -> tuple[float, list[float]] | None:
        """NDCG@10 divided by the reading oracle's on the same users, with its interval."""
        oracle = self.of(READING_ORACLE)
        if not oracle:
            return None
        column = metrics.NAMES.index("ndcg@10")
        limit, limits = self.means[oracle[0]][column], self.draws[oracle[0]][:, column]
        if not limits.min() > 0:  # so few users that the oracle itself never hits in some resample
            return None
        return self.means[place][column] / limit, interval(self.draws[place][:, column] / limits)


def _slice_rows(
    measured: _Measured, name: str, facts: Mapping, comparisons: Sequence[tuple[str, str]], kept: Sequence[str]
) -> list[dict]:
    rows = []
    for place, run in enumerate(measured.runs):
        values, ci = _numbers(measured.means[place], measured.draws[place], kept)
        share = None if is_bucket(name) else measured.share(place)
        if share is not None:
            values[SHARE], ci[SHARE] = share
        if name == "all":
            values |= run.of_lists
        whole = {**facts, **vars(run.source)}
        rows.append(row(whole, slice=name, model=run.model, n=measured.n, values=values, ci=ci))
    return rows + _difference_rows(measured, name, facts, comparisons, kept)


def _difference_rows(
    measured: _Measured, name: str, facts: Mapping, comparisons: Sequence[tuple[str, str]], kept: Sequence[str]
) -> list[dict]:
    pairs = [(model, other) for model, other in comparisons if measured.of(model) and measured.of(other)]
    if not pairs:
        return []
    tables, means, draws = (
        [measured.over_seeds(parts, model) - measured.over_seeds(parts, other) for model, other in pairs]
        for parts in (measured.tables, measured.means, measured.draws)
    )
    column = metrics.NAMES.index("ndcg@10")
    p_values = sign_flip_p_values(np.stack([table[:, column] for table in tables], axis=1))
    rows = []
    for place, ((model, other), p_value, p_holm) in enumerate(zip(pairs, p_values, holm(p_values), strict=True)):
        values, ci = _numbers(means[place], draws[place], kept)
        values |= {"p_value": p_value, "p_holm": p_holm}
        seeds = {"seeds": len(measured.of(model)), "seeds_other": len(measured.of(other))}
        source = measured.runs[measured.of(model)[0]].source
        if max(seeds.values()) > 1:
            values |= seeds
        if seeds["seeds"] > 1:  # no one file of weights stands behind a mean over seeds
            source = Source(source.seed)
        whole = {**facts, **vars(source)}
        rows.append(
            row(whole, slice=name, model=model, kind=DIFFERENCE, other=other, n=measured.n, values=values, ci=ci)
        )
    return rows


def _numbers(means: np.ndarray, draws: np.ndarray, kept: Sequence[str]) -> tuple[dict, dict]:
    """Metric → value and metric → interval, for the metrics that are kept."""
    columns = {metric: metrics.NAMES.index(metric) for metric in kept}
    values = {metric: means[i] for metric, i in columns.items()}
    return values, {metric: interval(draws[:, i]) for metric, i in columns.items()}


TELLING = ("kind", "other", "ablation", "setting")
OLD_FIELDS = (*(name for name in FIELDS if name not in TELLING), "variant")
# How the text `variant` of the old shape begins → the kind of the row, and the field that holds the rest of the text.
OLD_VARIANTS = (
    ("minus probe ", DIFFERENCE, "ablation"),
    ("minus ", DIFFERENCE, "other"),
    ("probe ", ABLATION, "ablation"),
    ("against ", ALIGNMENT, "other"),
    ("", OWN, "setting"),
)


def read_rows(path: Path) -> list[dict]:
    """The rows of a results file, [] when there is none; rows of the old shape are upgraded.

    Raises MolarError when it has another shape."""
    return [upgraded(one) for one in read_entries(path, "rows", FIELDS, OLD_FIELDS)]


def upgraded(row: dict) -> dict:
    """A row of the old shape, in which the text `variant` told its kind, with fields instead; others as they are."""
    if "variant" not in row:
        return row
    beginning, kind, field = next(one for one in OLD_VARIANTS if row["variant"].startswith(one[0]))
    told = dict.fromkeys(TELLING, "") | {"kind": kind}
    told[field] = row["variant"].removeprefix(beginning)
    return {name: (row | told)[name] for name in FIELDS}


def read_rows_with_variant(path: Path) -> list[dict]:
    """`read_rows`, with the old text beside the fields, for readers that do not know the fields yet."""
    rows = read_rows(path)
    for one in rows:
        found = next(form for form in OLD_VARIANTS if one["kind"] == form[1] and (one[form[2]] or not form[0]))
        one["variant"] = f"{found[0]}{one[found[2]]}"
    return rows


def read_entries(path: Path, name: str, *shapes: tuple[str, ...]) -> list[dict]:
    """The list `name` of a JSON file, each entry with exactly the fields of one of `shapes`; [] when there is no file.

    Raises MolarError when it has another shape."""
    if not path.exists():
        return []
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))[name]
        bad = [one for one in entries if set(one) not in map(set, shapes)]
    except (ValueError, KeyError, TypeError) as error:
        raise MolarError(f"{path} is not a results file with {name}; move it away or write to another one") from error
    if bad:
        raise MolarError(
            f"{path} holds an entry of {name} with other fields than {', '.join(shapes[0])}; move the file away"
        )
    return entries


def merged(old: list[dict], new: list[dict], key: tuple[str, ...]) -> list[dict]:
    """`old` with `new` put in by `key`. Old entries of the same dataset under another data hash are dropped."""
    current = {one["dataset"]: one["data_hash"] for one in new}
    kept = [one for one in old if current.get(one["dataset"], one["data_hash"]) == one["data_hash"]]
    return list({tuple(one[name] for name in key): one for one in kept + new}.values())


def write_rows(path: Path, rows: list[dict], *, whole_families: bool = False) -> None:
    """Merge `rows` into the file at `path` by `KEY`, atomically; the rest of the file stays.

    Old rows of the same dataset under another data hash were measured on data that is gone: they are dropped. So are,
    with `whole_families`, all its old differences: these comparisons are then the only ones that `p_holm` speaks of.
    """
    path, measured = Path(path), {row["dataset"] for row in rows}
    old = [
        row
        for row in read_rows(path)
        if not (whole_families and row["dataset"] in measured and row["kind"] == DIFFERENCE)
    ]
    write_json(path, {"rows": merged(old, rows, KEY)}, one_per_line="rows")


def write_json(path: Path, content: dict, *, one_per_line: str = "") -> None:
    """Write JSON atomically; the list named `one_per_line` gets a line for each entry: diffs stay readable."""
    if one_per_line:
        lines = ",\n".join(json.dumps(entry, allow_nan=False, ensure_ascii=False) for entry in content[one_per_line])
        text = f'{{"{one_per_line}": [\n{lines}\n]}}\n'
    else:
        text = json.dumps(content, indent=1, allow_nan=False, ensure_ascii=False) + "\n"
    write_atomically(path, text.encode())
