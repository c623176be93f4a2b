"""How high models rank new items, and what they know of them: curves over the offset on cold items, and their tables."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from molar.core.schema import MODELS
from molar.experiments.offsets import SUFFIX, read_offsets
from molar.experiments.rows import OFFSET
from molar.reporting import labels
from molar.reporting.charts import Curves, Line, shade_of
from molar.reporting.labels import BEFORE
from molar.reporting.rows import Results
from molar.reporting.tables import Column, Measured, Row, Section, Source, Table

OLDER_FILE = "cold"  # results/cold-offsets.json, from before every evaluation wrote its own
TRADE = "New items: what models know of them, and how high they rank them"
TRADE_NOTE = (
    "On validation. A model may know new items well and rank them low all the same, since in training none of them was ever the "
    "answer. So a number of logits, the offset, is added to the score of every new item alike. Along a line, from right to left, "
    "the offset rises: what it gives users who came to a new item (cold, upwards) it takes from the others (warm, to the right). "
    "The dot is the offset with the best NDCG@10 over all of them, at which every other table has the model. Further up and to "
    "the right is better. Among cold items alone no offset matters: that is what a model knows of them."
)
TRADE_HEAD = ("offset, logits", "cold", "warm", "cold, no offset", "warm, no offset", "among cold items alone")
ACROSS, UP = "validation NDCG@10, warm", "validation NDCG@10, cold"
KNOWN_LESS = "Cold items: ranked lower, or known less?"
KNOWN_LESS_NOTE = (
    "Validation, NDCG@10, mean ± standard deviation over seeds. Added to every cold item's logit, an offset trades warm items "
    "against cold ones; the last column has each model at the offset where its cold items do as well as those of content "
    "without one."
)
KNOWN_LESS_HEAD = ("cold", "cold, no warm item in the list", "warm", "warm, at content's cold")


def chosen_offsets(results: Results) -> str:
    """At which offsets these results were measured, in one sentence; "" where none was chosen."""
    found = []
    for label in results.models:
        offsets = [row["metrics"][OFFSET] for row in results.rows_of(label) if OFFSET in row["metrics"]]
        if offsets:
            found.append(f"{labels.short(label)} {_offsets(offsets)}")
    return f"Offset of new items, in logits, chosen on validation: {'; '.join(found)}." if found else ""


def trade(results: Results) -> Section | None:
    """Cold against warm at every offset, one line a model; None where there are no curves over offsets."""
    if not results.offsets or results.is_ablation:
        return None
    found = _by_model(results.offsets)
    others = [label for label in found if label not in MODELS]
    lines, rows = [], []
    for label, own in found.items():
        shade = shade_of(label, others)
        lines.append(_line(labels.beside_curve(label), shade, own))
        chosen, unshifted = [_chosen(one) for one in own], [one["offsets"].index(0) for one in own]
        cells = [
            _spread([one[part][place] for one, place in zip(own, places, strict=True)])
            for places in (chosen, unshifted)
            for part in ("cold", "warm")
        ]
        cells.append(_spread([one["among_cold"] for one in own]))
        told = _offsets([one["offsets"][place] for one, place in zip(own, chosen, strict=True)])
        rows.append(Row(labels.model(label), [told, *cells], label, seeds=_seeds(own), shade=shade))
    says = "; ".join(f"{line.name} chose cold {line.best[1]:.3f}, warm {line.best[0]:.3f}" for line in lines)
    return Section(
        TRADE,
        [TRADE_NOTE],
        table=Table("model", [Column(head) for head in TRADE_HEAD], rows, layout="ev-numbers"),
        curves=Curves(
            lines, ACROSS, UP, f"Lines of cold against warm at every offset: {says}.", whole=False, key="-offsets"
        ),
        source=Source.of(results.offsets, results.splits),
    )


def known_less(folder: Path) -> Section | None:
    """What alignment does to cold items, of every results file with curves over offsets: ranked lower, or known less?"""
    rows, sources = [], []
    for title, found in _files(folder).items():
        of = {(one["model"], one["seed"]): one for one in found}
        for label, own in _by_model(found).items():
            equal = [warm_at_equal_cold(one, of[BEFORE, one["seed"]]) for one in own if (BEFORE, one["seed"]) in of]
            cold, warm = ([_unshifted(one, part) for one in own] for part in ("cold", "warm"))
            cells = [_spread(values) for values in (cold, [one["among_cold"] for one in own], warm, equal)]
            rows.append(Row(labels.model(label), cells, label, group=title, seeds=_seeds(own)))
        sources += [one | {"weights_sha256": ""} for one in found]
    if not rows:
        return None
    table = Table("model", [Column(head) for head in KNOWN_LESS_HEAD], rows, groups="data")
    return Section(KNOWN_LESS, [KNOWN_LESS_NOTE], table=table, source=Source.of(sources))


def _files(folder: Path) -> dict[str, list[dict]]:
    """What a table calls the data → lines. The older file's are told of data alone that no other file speaks of."""
    found: dict[str, list[dict]] = {}
    older: list[dict] = []
    for path in sorted(folder.glob(f"*{SUFFIX}.json")):
        name = path.stem.removesuffix(SUFFIX)
        if name == OLDER_FILE:
            older = read_offsets(path)
        elif not name.startswith(labels.ABLATIONS):
            lines = read_offsets(path)
            known = labels.RUNS.get(name)
            for one in lines:
                found.setdefault(known.title if known else one["dataset"], []).append(one)
    told = {one["dataset"] for lines in found.values() for one in lines}
    for one in older:
        if one["dataset"] not in told:
            found.setdefault(one["dataset"], []).append(one)
    return found


def warm_at_equal_cold(model: dict, content: dict) -> float | None:
    """NDCG@10 of `model` on warm items at the offset, between those measured, where its cold items do as well as `content`'s
    without one; None where none of its offsets reaches that."""
    wanted = _unshifted(content, "cold")
    cold, warm = np.array(model["cold"]), np.array(model["warm"])
    return float(np.interp(wanted, cold, warm)) if cold.min() <= wanted <= cold.max() else None


def _by_model(lines: Sequence[dict]) -> dict[str, list[dict]]:
    found: dict[str, list[dict]] = {}
    for one in lines:
        found.setdefault(one["model"], []).append(one)
    return {label: sorted(own, key=lambda one: one["seed"]) for label, own in found.items()}


def _line(name: str, shade: str, own: Sequence[dict]) -> Line:
    """(warm, cold) at every offset, from the highest to the lowest; the dot is where validation chose, seeds averaged."""
    seeds = [list(zip(one["warm"], one["cold"], strict=True))[::-1] for one in own]
    shared = [np.mean(at, axis=0) for at in zip(*seeds, strict=False)]
    best = np.mean([(one["warm"][place], one["cold"][place]) for one in own for place in [_chosen(one)]], axis=0)
    middle = [(float(warm), float(cold)) for warm, cold in shared]
    return Line(name, shade, seeds, middle, (float(best[0]), float(best[1])), named_at=float(best[1]))


def _chosen(line: dict) -> int:
    """The place of the offset that validation chose: the best for all users, of equals the nearest to none."""
    return max(range(len(line["offsets"])), key=lambda place: (line["all"][place], -abs(line["offsets"][place])))


def _unshifted(line: dict, part: str) -> float:
    return line[part][line["offsets"].index(0)]


def _seeds(own: Sequence[dict]) -> str:
    return ", ".join(str(one["seed"]) for one in own)


def _offsets(values: Sequence[float]) -> str:
    """+0.75 or, where seeds differ, +0.75, +0.5."""
    told = [f"{value:+g}".replace("-", "−") if value else "0" for value in values]
    return told[0] if len(set(told)) == 1 else ", ".join(told)


def _spread(values: Sequence[float | None]) -> Measured | None:
    known = tuple(value for value in values if value is not None)
    if not known or len(known) < len(values):
        return None
    return Measured(sum(known) / len(known), seeds=known if len(known) > 1 else ())
