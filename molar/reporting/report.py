"""Everything that one results file tells, section by section: accuracy, who is ahead, what others published, curves."""

from collections.abc import Sequence
from dataclasses import replace

from molar.core.schema import MODELS
from molar.data.segments import AMONG_COLD, HISTORY, MAIN, NO_VARIANT, POPULARITY, VARIANT
from molar.experiments.results import NORMALISED_NDCG
from molar.reporting import labels, method, published
from molar.reporting.charts import Curves, Line, shade_of
from molar.reporting.labels import NDCG, RECALL
from molar.reporting.rows import Results
from molar.reporting.sections.before import before_and_now
from molar.reporting.sections.cost import cost
from molar.reporting.sections.new_items import chosen_offsets, trade
from molar.reporting.tables import (
    DIFFERENCES,
    LEGEND,
    SHARES,
    VALUES,
    Asked,
    Cell,
    Column,
    Quoted,
    Row,
    Section,
    Source,
    Table,
    by_model,
)

Place = tuple[str, Results, str]  # heading, results, slice

GROUPS = (labels.SIMPLE, labels.LEARNED, labels.KNOWN)
ACCURACY = "Accuracy"
BY_VARIANT = "By whether a variant of it was owned"
BY_POPULARITY = "By popularity of what was asked for"
BY_HISTORY = "By length of the history"
OTHER_SLICES = "Other groups of users"
NOTES = {
    BY_VARIANT: "A variant is the same item in another colour: who finds it has read the history, not taste.",
    BY_POPULARITY: "1 holds the few items that make a quarter of all training choices, 4 the many rare ones that make another.",
    BY_HISTORY: "Users with the shortest histories first.",
}
NORMALISED_MEANS = (
    "The share is NDCG@10 divided by that of the best that could be attained: an oracle that knows the simulator’s rules, but of "
    "a user only the history, and of an item that nobody has bought before only what its text and picture tell. 1 is all that "
    "any model could learn."
)
AHEAD = "Who is ahead, on the same users"
AHEAD_NOTE = (
    "Differences of NDCG@10, user by user; a model of several seeds enters with its mean over them. Holm’s correction pays for "
    "asking all questions of a column of the same users."
)
AHEAD_NOTE_PLAIN = "Differences of NDCG@10, user by user. These results hold no p-values."
LEGEND_PLAIN = "Filled: the interval excludes zero."
SHOWN_DIFFERENCES = 12  # the others are folded away
BEYOND = "Beyond accuracy"
BEYOND_METRICS = {
    "coverage@10": ("Coverage@10", "share of the catalogue in somebody’s ten; more is more varied"),
    "gini@10": ("Gini@10", "0: all items recommended equally often; 1: always the same"),
    "popularity_bias@10": ("Popularity bias@10", "how popular the recommended are; lower is less biased"),
}
PUBLISHED = "Beside what others have published"
PUBLISHED_NOTE = (
    "Leave-one-out and full ranking on MovieLens-1M, but not our runs: others filter and order the data in their own way, and "
    "breaking ties of time anew changes a quarter of the test items. Read the order of magnitude, not the third digit, and beside "
    "each number under which conditions it came about, as far as they are known."
)
HERE = "measured here"
LEARNING = "While they learned"
LEARNING_NOTE = "Validation NDCG@10 after each epoch. The dot is the best epoch, whose weights are kept."
SEVERAL_SEEDS = "Thin lines are single seeds, the thick line is their mean."
LEARNING_HEAD = ("seeds", "epochs", "best epoch", "NDCG@10 there")
NO_CURVES = "No metric-by-epoch curves were kept with these results."


def report(results: Results, metric: str = NDCG, *, by_seed: bool = False) -> list[Section]:
    """All sections of one results file, by one metric; `by_seed` tells alignment seed by seed."""
    aligned, lost = method.alignment(results, by_seed=by_seed), method.input_ablations(results)
    if results.is_ablation:
        return [section for section in (method.ablations(results, metric), aligned, lost) if section]
    slices = results.slices
    parts = {
        ACCURACY: [name for name in (*MAIN, AMONG_COLD) if name in slices],
        BY_VARIANT: [name for name in (VARIANT, NO_VARIANT) if name in slices],
        BY_POPULARITY: sorted(name for name in slices if name.startswith(POPULARITY)),
        BY_HISTORY: [name for name in slices if name.startswith(HISTORY)],
    }
    parts[OTHER_SLICES] = [name for name in slices if not any(name in part for part in parts.values())]
    rankings = {title: by_slice(results, part, metric, title) for title, part in parts.items()}
    found = [
        rankings[ACCURACY],
        rankings[BY_VARIANT],
        differences(results),
        before_and_now(results, metric),
        trade(results),
        beside_published(results) if results.is_full_movielens else None,
        aligned,
        lost,
        rankings[BY_POPULARITY],
        rankings[BY_HISTORY],
        beyond_accuracy(results),
        learning(results),
        cost(results),
        rankings[OTHER_SLICES],
    ]
    return [section for section in found if section]


def by_slice(
    results: Results, slices: Sequence[str] | None = None, metric: str = NDCG, title: str = ACCURACY
) -> Section | None:
    """One metric of every model on these groups of users: all, warm and cold when not given, and cold ones among cold items
    where these are told."""
    if slices is None:
        slices = [*MAIN, *(name for name in results.slices if name == AMONG_COLD)]
    places = [(labels.slice_name(name, results.size(name)), results, name) for name in slices]
    found = accuracy(title, places, metric)
    offsets = chosen_offsets(results) if title == ACCURACY else ""
    return replace(found, after=[*found.after, offsets]) if found and offsets else found


def accuracy(title: str, places: Sequence[Place], metric: str) -> Section | None:
    """Models × slices (or × results) by one metric. None where nothing is measured."""

    def column(head: str, of: Results, slice_: str) -> Asked:
        axis = SHARES if metric == NORMALISED_NDCG else VALUES
        return Column(head, axis=axis, metric=metric), lambda label: of.cell(label, slice_, metric)

    models = dict.fromkeys(label for _, of, _ in places for label in of.models)
    table = by_model(
        sorted(models, key=lambda label: GROUPS.index(labels.group(label))),
        [column(*place) for place in places],
        group=labels.group,
        seeds=lambda label: next((seeds for _, of, at in places if (seeds := of.seeds(label, at))), ""),
        epochs=lambda label: next((of.epochs(label) for _, of, _ in places), "") if title == ACCURACY else "",
        layout=f"ev-{len(places)}",
    )
    if not table.rows:
        return None
    rows = [row for _, of, slice_ in places for row in of.own if row["slice"] == slice_]
    return Section(
        f"{title}: {labels.metric_name(metric)}",
        [NOTES[title]] if title in NOTES else [],
        table=table,
        after=[NORMALISED_MEANS] if metric == NORMALISED_NDCG else [],
        source=Source.of(rows, [one for _, of, _ in places for one in of.splits]),
    )


def every_metric(results: Results) -> Section:
    """All metrics of all users, without pictures."""

    def column(metric: str) -> Asked:
        return Column(labels.metric_name(metric), metric=metric), lambda label: results.cell(label, metric=metric)

    table = by_model(results.models, [column(metric) for metric in results.metrics], seeds=results.seeds)
    return Section("All users, every metric", table=table)


def differences(results: Results) -> Section | None:
    """Who is ahead, by slices; None where nothing was compared."""
    found = results.differences
    kept = {slice_ for by_slice in found.values() for slice_ in by_slice}
    slices = [slice_ for slice_ in (*MAIN, AMONG_COLD) if slice_ in kept] or sorted(kept)
    if not slices:
        return None
    rows = [
        Row(labels.difference(*pair), [results.minus(*pair, slice_) for slice_ in slices], pair[0]) for pair in found
    ]
    columns = [Column(labels.slice_name(slice_, results.size(slice_)), axis=DIFFERENCES) for slice_ in slices]
    tested = any("p_holm" in row["metrics"] for row in results.rows)
    compared = {label for pair in found for label in pair}
    own = [row for row in results.own if row["model"] in compared and row["slice"] in slices]
    table = Table("difference", columns, rows, layout=f"ev-apart ev-{len(slices)}", shown=SHOWN_DIFFERENCES)
    says, legend = (AHEAD_NOTE, LEGEND) if tested else (AHEAD_NOTE_PLAIN, LEGEND_PLAIN)
    return Section(AHEAD, [says], legend, table, source=results.source(own))


def beyond_accuracy(results: Results) -> Section | None:
    """Coverage, Gini and popularity bias of the models that have them."""
    rows = [row for row in results.own if row["slice"] == "all" and set(BEYOND_METRICS) & set(row["metrics"])]
    metrics = [name for name in BEYOND_METRICS if any(name in row["metrics"] for row in rows)]
    if not rows:
        return None

    def column(metric: str) -> Asked:
        return Column(*BEYOND_METRICS[metric], metric=metric), lambda label: results.cell(label, metric=metric)

    table = by_model(results.models, [column(metric) for metric in metrics], layout="ev-numbers")
    return Section(BEYOND, table=table, source=results.source(rows))


def beside_published(results: Results) -> Section:
    """Our numbers of MovieLens-1M between those that others have published, worst first."""
    here = f"{HERE} ({results.dataset}, {results.size('all'):,} users)"
    lines: list[tuple[float, Row]] = []
    for label in results.models:
        ndcg, recall = results.cell(label), results.cell(label, metric=RECALL)
        if ndcg:
            cells: list[Cell] = [ndcg, recall and replace(recall, ci=None), _our_conditions(results, label), here]
            lines.append((ndcg.value, Row(labels.model(label), cells, label)))
    for one in published.MOVIELENS:
        cells = [Quoted(one.ndcg), Quoted(one.recall), ", ".join(one.conditions) or None, one.where]
        lines.append((sum(one.ndcg) / len(one.ndcg), Row(one.model, cells, elsewhere=True)))
    columns = [Column(labels.metric_name(NDCG), axis=VALUES)]
    columns += [Column(head) for head in (labels.metric_name(RECALL), "conditions", "where from")]
    rows = [row for _, row in sorted(lines, key=lambda line: line[0])]
    table = Table("model", columns, rows, layout="ev-published")
    return Section(
        PUBLISHED,
        [PUBLISHED_NOTE],
        table=table,
        after=[f"Conditions. {'; '.join(f'“{name}”: {means}' for name, means in published.CONDITIONS.items())}."],
        source=results.source([row for row in results.own if row["slice"] == "all"]),
    )


def _our_conditions(results: Results, label: str) -> str:
    """What holds of every number of ours, and of how many trainings it is."""
    seeds = len(results.rows_of(label))
    told = [published.ORDER_ONLY, published.ON_VALIDATION]
    trained = labels.group(label) == labels.LEARNED
    return ", ".join([*told, "one seed" if seeds == 1 else f"{seeds} seeds"] if trained else told)


def learning(results: Results) -> Section:
    """Validation NDCG@10 by epoch, one line a model."""
    if not results.curves:
        return Section(LEARNING, [NO_CURVES])
    names = list(dict.fromkeys(curve["model"] for curve in results.curves))
    others = [name for name in names if name not in MODELS]
    lines, rows = [], []
    for name in names:
        seeds = sorted((curve for curve in results.curves if curve["model"] == name), key=lambda one: str(one["seed"]))
        line = _line(name, seeds, shade_of(name, others))
        lines.append(line)
        rows.append(Row(labels.model(name), _learned(seeds, line), name, shade=line.shade))
    lines.sort(key=lambda line: -line.middle[-1][1])
    told = "; ".join(f"{line.name} best at epoch {line.best[0]} with {line.best[1]:.3f}" for line in lines)
    curves = Curves(lines, "epoch", "validation NDCG@10", f"Lines of validation NDCG@10 by epoch: {told}.")
    several = any(len(line.seeds) > 1 for line in lines)
    return Section(
        LEARNING,
        [LEARNING_NOTE, *([SEVERAL_SEEDS] if several else [])],
        table=Table("model", [Column(head) for head in LEARNING_HEAD], rows, layout="ev-numbers"),
        curves=curves,
        source=Source.of(results.curves, [curve["split_hash"] for curve in results.curves]),
    )


def _line(name: str, curves: list[dict], shade: str) -> Line:
    seeds = [[(epoch["epoch"], epoch[NDCG]) for epoch in curve["curve"] if NDCG in epoch] for curve in curves]
    shared = list(zip(*seeds, strict=False))  # as long as the shortest
    middle = [(at[0][0], sum(value for _, value in at) / len(at)) for at in shared]
    return Line(labels.beside_curve(name), shade, seeds, middle, max(middle, key=lambda at: at[1]))


def _learned(curves: list[dict], line: Line) -> list[str]:
    """The cells of one row under the curves; several seeds give several numbers in a cell."""
    best = [max(points, key=lambda at: at[1]) for points in line.seeds]
    return [
        ", ".join(str(curve["seed"]) for curve in curves),
        ", ".join(str(points[-1][0]) for points in line.seeds),
        ", ".join(str(epoch) for epoch, _ in best),
        ", ".join(f"{value:.3f}" for _, value in best),
    ]
