"""The tables of the Evidence tab about the method: alignment beside accuracy, one factor at a time, probes."""

from html import escape

from app.tabs.evidence import method_words as said
from app.tabs.evidence import plots, words
from app.tabs.evidence.runs import ALIGNED, HELD_OUT, NDCG, PROBE, Cell, Run, cell_of
from app.tabs.evidence.tables import (
    MAIN,
    apart,
    boxed,
    column,
    dot,
    group_heading,
    note,
    plain,
    section,
    source,
    table_of,
    table_row,
)

CHANGE = "delta_ndcg@10"
DEFAULT, BEFORE = "molar", "content"


def alignment(run: Run) -> str:
    """Every content tower beside its ID tower, on users no alignment loss saw, always with what its accuracy gained."""
    towers = run.aligned()
    if not towers:
        return ""
    changes = {tower: [_change(row) for row in rows if CHANGE in row["metrics"]] for tower, rows in towers.items()}
    scale = _around_zero([cell_of(rows, NDCG) for rows in changes.values() if rows])
    measures = [
        name
        for name in said.ALIGNMENT
        if any(ALIGNED + name in row["metrics"] for rows in towers.values() for row in rows)
    ]
    any_row = next(iter(towers.values()))[0]
    head = [f'<th scope="col">{words.MODEL}</th>', column(said.CHANGE, scale)]
    head += [_measure_head(name, any_row) for name in measures]
    body = []
    for (model, variant), rows in towers.items():
        name, change = said.tower(model, variant), changes[model, variant]
        drawn = apart(change, scale, (model, BEFORE), HELD_OUT) if change else f'<td class="none">{said.NO_CHANGE}</td>'
        body.append(table_row(name, [drawn, *(_measure(rows, measure) for measure in measures)], model))
    title = said.aligned_on(run.size(HELD_OUT))
    table = boxed(title, table_of(head, body, "ev-align"))
    every = [row for rows in towers.values() for row in rows]
    return section(title, note(said.ALIGNMENT_NOTE), table, source(every, run.split_hashes))


def _change(row: dict) -> dict:
    """The gain in accuracy as the row of a difference."""
    return {"metrics": {NDCG: row["metrics"][CHANGE]}, "ci": {NDCG: row["ci"][CHANGE]}}


def _measure_head(name: str, row: dict) -> str:
    """A measure's name, and under it what it means or what random answers give."""
    says, means, chance = said.ALIGNMENT[name]
    level = row["metrics"].get(ALIGNED + chance) if chance else None
    under = said.chance(level) if level is not None else means
    return f'<th scope="col"><span>{escape(says)}</span><small>{escape(under)}</small></th>'


def _measure(rows: list[dict], name: str) -> str:
    """One number of alignment with its interval and, of a cosine, that of shuffled pairs."""
    cell = cell_of([row for row in rows if ALIGNED + name in row["metrics"]], ALIGNED + name)
    if cell is None:
        return plain(None)
    shuffled = said.SHUFFLED.get(name)
    beside = cell_of([row for row in rows if ALIGNED + str(shuffled) in row["metrics"]], ALIGNED + str(shuffled))
    lines = [words.spread(cell.sd) if cell.sd is not None else "", words.interval(cell.ci)]
    lines += [said.shuffled(beside.value)] if beside else []
    small = "".join(f"<small>{escape(line)}</small>" for line in lines if line)
    return f"<td><b>{words.number(cell.value)}</b>{small}</td>"


def ablations(run: Run, metric: str) -> str:
    """Every tower that differs from the default in one thing: its number, and that minus the default's and content's."""
    labels = [model for model, _ in run.models()]
    cells = {model: run.cell((model, ""), "all", metric) for model in labels}
    cells = {model: cell for model, cell in cells.items() if cell}
    ends = [edge for cell in cells.values() for edge in (cell.value, *(cell.ci or ()))]
    scale = plots.Axis.over(min(0.0, *ends, 0.0), max(*ends, 0.001))
    found = run.differences()
    gaps = {
        other: {model: by.get("all") for (model, at), by in found.items() if at == other} for other in (DEFAULT, BEFORE)
    }
    apart_scale = _around_zero(
        [cell_of(rows, NDCG) for by in gaps.values() for model, rows in by.items() if rows and model in cells]
    )
    head = [f'<th scope="col">{words.MODEL}</th>', column(words.METRICS.get(metric, metric), scale)]
    head += [column(said.minus(other), apart_scale) for other in gaps]
    body = []
    for heading, group in said.factors(list(cells)):
        body.append(group_heading(heading, 4))
        for model in group:
            drawn = [dot(cells[model], scale, (model, ""), words.SLICES["all"], metric)]
            drawn += [apart(gaps[other].get(model), apart_scale, (model, other), "all") for other in gaps]
            body.append(table_row(said.tower(model), drawn, model))
    rows = [row for row in run.models_rows() if row["slice"] == "all"]
    title = words.measured(said.ABLATIONS, metric)
    return section(
        title,
        note(said.ABLATIONS_NOTE),
        boxed(title, table_of(head, body, "ev-apart ev-3")),
        source(rows, run.split_hashes),
    )


def probes(run: Run) -> str:
    """What a trained tower loses when a part of its input is taken away or exchanged."""
    rows = [row for row in run.probe_rows() if row["slice"] == "all"]
    if not rows:
        return ""
    towers = list(dict.fromkeys((row["model"], row["variant"]) for row in rows))
    cells = {tower: cell_of([row for row in rows if (row["model"], row["variant"]) == tower], NDCG) for tower in towers}
    costs = {tower: run.costs().get(tower, {}).get("all") for tower in towers}
    scale = plots.Axis.over(0.0, max(edge for cell in cells.values() for edge in (cell.value, *(cell.ci or ()))))
    cost_scale = _around_zero([cell_of(found, NDCG) for found in costs.values() if found])
    head = [f'<th scope="col">{said.PROBE}</th>', column(words.METRICS[NDCG], scale), column(said.COST, cost_scale)]
    body, last = [], None
    for model, variant in towers:
        if model != last:
            body.append(group_heading(words.model(model), 3))
        last = model
        name = said.PROBES.get(variant.removeprefix(PROBE), variant)
        drawn = [dot(cells[model, variant], scale, (model, variant), words.SLICES["all"], NDCG)]
        body.append(table_row(name, [*drawn, apart(costs[model, variant], cost_scale, (model, name), "all")], model))
    title = said.PROBES_TITLE
    return section(
        title,
        note(said.PROBES_NOTE),
        boxed(title, table_of(head, body, "ev-apart ev-2 ev-probes")),
        source(rows, run.split_hashes),
    )


def by_dial(runs: list[tuple[str, Run]]) -> str:
    """What alignment adds to content at each setting of the shop's dial, on warm and on cold items."""
    pair = DEFAULT, BEFORE
    found = {says: run.differences().get(pair, {}) for says, run in runs}
    if not any(found.values()):
        return ""
    scale = _around_zero(
        [cell_of(rows, NDCG) for by_slice in found.values() for name, rows in by_slice.items() if name in MAIN]
    )
    head = [f'<th scope="col">{said.ASKED_FOR}</th>', *(column(says, scale) for says in found)]
    body = [
        table_row(words.SLICES[name], [apart(by_slice.get(name), scale, pair, name) for by_slice in found.values()])
        for name in MAIN
    ]
    rows = [row for _, run in runs for row in run.models_rows() if row["model"] in pair and row["slice"] in MAIN]
    hashes = list(dict.fromkeys(one for _, run in runs for one in run.split_hashes))
    title = said.BY_DIAL
    return section(
        title,
        note(said.BY_DIAL_NOTE),
        boxed(title, table_of(head, body, f"ev-apart ev-{len(found)}")),
        source(rows, hashes),
    )


def _around_zero(cells: list[Cell]) -> plots.Axis:
    """An axis of differences."""
    edges = [edge for cell in cells for edge in (cell.value, *(cell.ci or ()))]
    return plots.Axis.over(min(0.0, *edges, 0.0), max(0.0, *edges, 0.0))
