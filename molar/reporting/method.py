"""What results tell of the method: alignment beside accuracy, one factor at a time, input ablations, hidden taste."""

from collections.abc import Sequence
from dataclasses import dataclass

from molar.data.segments import MAIN
from molar.reporting import labels
from molar.reporting.labels import BEFORE, DEFAULT, NDCG
from molar.reporting.rows import ALIGN, HELD_OUT, Pair, Results
from molar.reporting.tables import (
    DIFFERENCES,
    LEGEND,
    VALUES,
    Asked,
    Cell,
    Column,
    Measured,
    Row,
    Section,
    Source,
    Table,
    by_model,
    difference,
    measured,
)

CHANGE = "delta_ndcg@10"


@dataclass(frozen=True)
class Measure:
    """A number of alignment: its name, what it means, and the measures that hold its chance level and its control."""

    says: str
    means: str = ""
    chance: str = ""
    shuffled: str = ""  # the same of pairs that do not belong together


MEASURES = {
    "paired_cosine": Measure("cosine of pairs", "1: the same direction", shuffled="shuffled_cosine"),
    "retrieval_r@1": Measure("R@1", "finds its own ID vector", "retrieval_r@1_chance"),
    "retrieval_r@10": Measure("R@10", "among the nearest ten", "retrieval_r@10_chance"),
    "retrieval_mrr": Measure("MRR", "", "retrieval_mrr_chance"),
    "procrustes_paired_cosine": Measure(
        "cosine, best rotation", "1: the same direction", shuffled="procrustes_shuffled_cosine"
    ),
    "procrustes_retrieval_r@1": Measure("R@1, best rotation", "", "retrieval_r@1_chance"),
    "procrustes_retrieval_mrr": Measure("MRR, best rotation", "", "retrieval_mrr_chance"),
    "mutual_knn@10": Measure("shared of ten nearest", "", "mutual_knn@10_chance"),
    "debiased_cka": Measure("debiased CKA", "likeness of the two spaces"),
    "alignment": Measure("alignment", "squared distance of pairs"),
    "uniformity_content": Measure("uniformity", "lower: users more spread"),
    "centroid_gap": Measure("centroid gap", "distance of the two means"),
    "effective_rank_content": Measure("effective rank", "near 1: a collapse"),
}
ALIGNMENT_NOTE = (
    "Content and ID vectors of the same users, side by side. Alone, high numbers here are worth nothing: what counts is the "
    "first column, NDCG@10 on the very same users minus that of the same model before alignment. Two models trained apart "
    "share no axes, so raw numbers before alignment are near chance by construction; after the best rotation, fitted on other "
    "users, the comparison is fair."
)
UNALIGNED = "the model before alignment"
ABLATIONS = "One factor at a time"
ABLATIONS_NOTE = (
    "The default is Molar, content users aligned to SASRec’s; every other model differs from it in the one thing that its row "
    "names. Differences are of NDCG@10, user by user."
)
INPUT_ABLATIONS = "Input ablations: what does a trained model live on?"
INPUT_ABLATIONS_NOTE = (
    "Nothing is trained again: the model is asked with a part of its input taken away or exchanged. The cost is its own NDCG@10 "
    "minus that under the ablation, user by user."
)
NO_OPERATION = "Blanking the ID model changes nothing: it is not asked when items are ranked."
BY_TASTE = "What alignment adds: Molar minus content"
BY_TASTE_NOTE = (
    "NDCG@10 of the aligned model minus that of the same model before alignment, shopper by shopper. Where reading alone explains "
    "taste, alignment should add nothing; the more of it only the histories tell, the more there is to learn."
)


def alignment(results: Results, *, by_seed: bool = False) -> Section | None:
    """Every content model beside its ID model, on users no alignment loss saw, always with what its accuracy gained.

    `by_seed` has a row for every seed, without intervals."""
    models: dict[tuple, list[dict]] = {}
    for row in results.alignment:
        models.setdefault((row["model"], row["other"], row["seed"] if by_seed else ""), []).append(row)
    if not models:
        return None
    known = [name for name in MEASURES if any(ALIGN + name in row["metrics"] for row in results.alignment)]
    rows = []
    for (label, other, seed), own in models.items():
        cells: list[Cell] = [difference(own, CHANGE) or UNALIGNED]
        cells += [_measure(own, name, by_seed) for name in known]
        name = labels.ablated(label) + (f", against {labels.short(other)}" if other else "")
        rows.append(Row(name, cells, label, seeds=str(seed)))
    columns = [Column(labels.minus(BEFORE), axis=DIFFERENCES)]
    columns += [Column(MEASURES[name].says, _under(name, results.alignment[0])) for name in known]
    title = f"Alignment, on {results.size(HELD_OUT):,} users that it never saw"
    table = Table("model", columns, rows, layout="ev-align")
    source = results.source([row for own in models.values() for row in own])
    return Section(title, [ALIGNMENT_NOTE], table=table, source=source)


def _under(name: str, row: dict) -> str:
    """What a measure means, or what random answers give."""
    measure = MEASURES[name]
    level = row["metrics"].get(ALIGN + measure.chance)
    return measure.means if level is None else f"chance {level:.3f}"


def _measure(rows: Sequence[dict], name: str, bare: bool) -> Measured | None:
    """One number of alignment and, of a cosine, that of shuffled pairs."""
    found = measured(rows, ALIGN + name)
    shuffled = measured(rows, ALIGN + MEASURES[name].shuffled)
    if found is None:
        return None
    return Measured(found.value, None if bare else found.ci, found.seeds, shuffled.value if shuffled else None)


def ablations(results: Results, metric: str = NDCG) -> Section:
    """Every model that differs from the default in one thing: its number, and that minus the default's and content's."""
    heading = {label: says for says, of in labels.factors(results.models) for label in of}
    columns: list[Asked] = [
        (
            Column(labels.metric_name(metric), axis=VALUES, metric=metric),
            lambda label: results.cell(label, metric=metric),
        ),
        (Column(labels.minus(DEFAULT), axis=DIFFERENCES), lambda label: results.minus(label, DEFAULT)),
        (Column(labels.minus(BEFORE), axis=DIFFERENCES), lambda label: results.minus(label, BEFORE)),
    ]
    table = by_model(
        [label for label in heading if results.cell(label, metric=metric)],
        columns,
        name=labels.ablated,
        group=heading.__getitem__,
        seeds=results.seeds,
        epochs=results.epochs,
        groups="what is changed",
        layout="ev-apart ev-3",
    )
    rows = [row for row in results.own if row["slice"] == "all"]
    title = f"{ABLATIONS}: {labels.metric_name(metric)}"
    return Section(title, [ABLATIONS_NOTE], LEGEND, table, source=results.source(rows))


def input_ablations(results: Results) -> Section | None:
    """What a trained model loses when a part of its input is taken away or exchanged."""
    found = {pair: by_slice["all"] for pair, by_slice in results.ablated.items() if "all" in by_slice}
    if not found:
        return None
    models = [label for label, _ in found]
    rows = [
        Row(
            labels.INPUT_ABLATIONS.get(ablation, ablation),
            [measured(own, NDCG), results.cost(label, ablation)],
            label,
            group=labels.model(label),
        )
        for (label, ablation), own in sorted(found.items(), key=lambda one: models.index(one[0][0]))
    ]
    columns = [Column(labels.metric_name(NDCG), axis=VALUES), Column("what it costs", axis=DIFFERENCES)]
    idle = any("no_op" in row["metrics"] for own in found.values() for row in own)
    return Section(
        INPUT_ABLATIONS,
        [INPUT_ABLATIONS_NOTE],
        LEGEND,
        Table("What is changed", columns, rows, "model", "ev-apart ev-2 ev-probes"),
        [NO_OPERATION] if idle else [],
        source=results.source([row for own in found.values() for row in own]),
    )


def by_taste(tastes: Sequence[tuple[str, Results]], pairs: Sequence[Pair] = ((DEFAULT, BEFORE),)) -> Section | None:
    """What alignment adds to content at each hidden-taste ratio of the shop, on warm and on cold items; other pairs of
    models each under a heading."""
    if not any(pair in results.differences for pair in pairs for _, results in tastes):
        return None
    rows = [
        Row(
            labels.SLICES[slice_],
            [results.minus(*pair, slice_) for _, results in tastes],
            group=labels.difference(*pair) if len(pairs) > 1 else "",
        )
        for pair in pairs
        for slice_ in MAIN
    ]
    columns = [Column(says, axis=DIFFERENCES) for says, _ in tastes]
    compared = {label for pair in pairs for label in pair}
    own = [row for _, of in tastes for row in of.own if row["model"] in compared and row["slice"] in MAIN]
    groups = "difference" if len(pairs) > 1 else ""
    table = Table("asked for", columns, rows, groups, f"ev-apart ev-{len(columns)}")
    source = Source.of(own, [one for _, results in tastes for one in results.splits])
    return Section(BY_TASTE, [BY_TASTE_NOTE], LEGEND, table, source=source)
