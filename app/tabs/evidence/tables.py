"""The tables of the Evidence tab as HTML, each with what it was made by. All text of results files is escaped here."""

from collections.abc import Iterable
from html import escape

from app.tabs.evidence import plots, words
from app.tabs.evidence.runs import NDCG, Cell, Run, cell_of

SHARE = "share_of_reading_oracle@ndcg10"
SHOWN_DIFFERENCES = 12  # the others are folded away
SHOWN_WEIGHTS, SHOWN_COMMANDS = 6, 3
MAIN = ("all", "warm", "cold")
Column = tuple[str, Run, str]  # heading, run, slice


def section(title: str, *parts: str) -> str:
    """A heading and what stands under it."""
    return f'<section class="ev-part"><h2>{escape(title)}</h2>{"".join(parts)}</section>'


def note(says: str) -> str:
    return f'<p class="limits">{escape(says)}</p>'


def boxed(title: str, table: str) -> str:
    """A table in a box of its own that scrolls where it is wider than the screen; the keyboard reaches it too."""
    return f'<div class="ev-box" tabindex="0" role="region" aria-label="{escape(title)}">{table}</div>'


def source(rows: Iterable[dict], split_hashes: list[str] = ()) -> str:
    """What made the numbers above: commands, data and split hash, seeds, weights."""
    rows = list(rows)
    commands = list(dict.fromkeys(row["command"] for row in rows if row.get("command")))
    lines = [
        f'<p class="ev-command"><code>{escape(one)}</code><button type="button" class="plain" data-act="copy_line" '
        f'data-done="{words.COPIED}">{words.COPY}</button></p>'
        for one in commands
    ]
    if len(lines) > SHOWN_COMMANDS:
        lines = [f"<details><summary>{words.commands(len(lines))}</summary>", *lines, "</details>"]
    hashes = list(dict.fromkeys(row["data_hash"] for row in rows))
    seeds = sorted({row["seed"] for row in rows if row.get("seed") is not None}, key=str)
    facts = [
        f"{words.DATA} {_codes(hashes)}",
        f"{words.SPLIT} " + (_codes(split_hashes) if split_hashes else words.SPLIT_UNKNOWN),
        f"{words.SEEDS} {escape(', '.join(map(str, seeds)))}",
    ]
    weights = list(
        dict.fromkeys(
            (row["model"], row.get("seed"), row["weights_sha256"][:16]) for row in rows if row.get("weights_sha256")
        )
    )
    return f'<div class="ev-source">{"".join(lines)}<p>{" · ".join(facts)}</p>{_weights(weights)}</div>'


def _codes(hashes: Iterable[str]) -> str:
    return ", ".join(f"<code>{escape(one)}</code>" for one in hashes)


def _weights(found: list[tuple[str, object, str]]) -> str:
    """Few in a line, many folded away; seeds are told where a model has several."""
    if not found:
        return ""
    names = [name for name, _, _ in found]
    listed = ", ".join(
        escape(words.trained(name, seed if names.count(name) > 1 else None)) + f" <code>{escape(digits)}</code>"
        for name, seed, digits in found
    )
    if len(found) <= SHOWN_WEIGHTS:
        return f"<p>{words.WEIGHTS} {listed}</p>"
    return f"<details><summary>{words.weights_of(len(found))}</summary><p>{listed}</p></details>"


def accuracy(title: str, columns: list[Column], metric: str, about: str = "") -> str:
    """Models × slices (or × runs): dots with whiskers on one axis for all columns, and the numbers; "" without any."""
    models = _models(columns)
    cells = {
        (model, place): run.cell(model, slice_, metric)
        for model in models
        for place, (_, run, slice_) in enumerate(columns)
    }
    if not any(cells.values()):
        return ""
    scale = _scale(cells, metric)
    head = "".join(column(says, scale) for says, _, _ in columns)
    body, beyond = [], False
    for heading, group in words.GROUPS:
        of_group = [model for model in models if _in_group(model[0], group)]
        if of_group:
            body.append(group_heading(heading, len(columns) + 1))
        for model in of_group:
            drawn = []
            for place, (where, _, _) in enumerate(columns):
                cell = cells[model, place]
                beyond = beyond or (cell is not None and cell.value > scale.high)
                drawn.append(dot(cell, scale, model, where, metric))
            body.append(table_row(words.model(*model), drawn, model[0]))
    table = table_of([f'<th scope="col">{words.MODEL}</th>', head], body, f"ev-{len(columns)}")
    rows = [row for _, run, slice_ in columns for row in run.models_rows() if row["slice"] == slice_]
    hashes = list(dict.fromkeys(one for _, run, _ in columns for one in run.split_hashes))
    notes = note(words.SHARE_MEANS) * (metric == SHARE) + note(words.BEYOND_AXIS) * beyond
    title = words.measured(title, metric)
    return section(title, note(about) * bool(about), boxed(title, table), notes, source(rows, hashes))


def _models(columns: list[Column]) -> list[tuple[str, str]]:
    """The models of all columns that have a number in one of them; the first run's order leads."""
    found = list(dict.fromkeys(model for _, run, _ in columns for model in run.models()))
    return [model for model in found if any(run.cell(model, slice_, NDCG) for _, run, slice_ in columns)]


def _scale(cells: dict[tuple, Cell | None], metric: str) -> plots.Axis:
    """Fits the models: oracles would press them all to the left edge. A share has an end of its own, 1."""
    if metric == SHARE:
        return plots.Axis.over(0, 1)
    ends = {
        kind: [
            edge
            for (model, _), cell in cells.items()
            if cell and (model[0] in words.LIMITS) == kind
            for edge in (cell.value, *(cell.ci or ()), *cell.seeds)
        ]
        for kind in (False, True)
    }
    tops = ends[False] or ends[True] or [1.0]
    return plots.Axis.over(min(0.0, *tops, 0.0), max(tops))


def _in_group(model: str, group: dict | None) -> bool:
    return model in group if group is not None else model not in words.BASELINES and model not in words.LIMITS


def dot(cell: Cell | None, scale: plots.Axis, model: tuple[str, str], where: str, metric: str) -> str:
    """A cell with one model's number as a dot with its whisker."""
    if cell is None:
        return '<td class="none">–</td>'
    said = " ".join(
        filter(
            None,
            (words.number(cell.value), words.spread(cell.sd) if cell.sd is not None else "", words.interval(cell.ci)),
        )
    )
    shade = f"shade-{model[0]}" if model[0] in plots.OWN_SHADES else ""
    says = words.strip_says(words.model(*model), where, words.METRICS.get(metric, metric), said)
    hollow = model[0] in words.LIMITS
    picture = plots.strip(scale, cell.value, cell.ci, says, shade=shade, seeds=cell.seeds, hollow=hollow)
    return f"<td>{beside(picture, f'{_mean(cell)} <small>{words.interval(cell.ci)}</small>')}</td>"


def _mean(cell: Cell) -> str:
    """The number, and its spread over seeds."""
    spread = f" <small>{words.spread(cell.sd)}</small>" if cell.sd is not None else ""
    return f"<b>{words.number(cell.value)}</b>{spread}"


def beside(picture: str, says: str) -> str:
    """A picture, and its number beside it or, in a narrow column, under it."""
    return f'<div class="ev-pair">{picture}<span>{says}</span></div>'


def column(says: str, scale: plots.Axis) -> str:
    """The head of a column of pictures, with their axis."""
    return f'<th scope="col"><span>{escape(says)}</span>{beside(plots.axis(scale), "")}</th>'


def table_row(name: str, cells: list[str], model: str = "") -> str:
    mark = f' class="shade-{model}"' if model in plots.OWN_SHADES else ""
    return f'<tr{mark}><th scope="row">{escape(name)}</th>{"".join(cells)}</tr>'


def group_heading(says: str, columns: int) -> str:
    return f'<tr class="ev-group"><th colspan="{columns}" scope="colgroup"><span>{escape(says)}</span></th></tr>'


def table_of(head: Iterable[str], body: Iterable[str], kind: str) -> str:
    return f'<table class="{kind}"><thead><tr>{"".join(head)}</tr></thead><tbody>{"".join(body)}</tbody></table>'


def beyond_accuracy(run: Run) -> str:
    """Coverage, Gini and popularity bias of the models that have them."""
    wanted = set(words.BEYOND_METRICS)
    rows = [row for row in run.models_rows() if row["slice"] == "all" and wanted & set(row["metrics"])]
    if not rows:
        return ""
    metrics = [name for name in words.BEYOND_METRICS if any(name in row["metrics"] for row in rows)]
    head = [f'<th scope="col">{words.MODEL}</th>']
    for name in metrics:
        says, means = words.BEYOND_METRICS[name]
        head.append(f'<th scope="col"><span>{says}</span><small>{means}</small></th>')
    body = []
    for model in run.models():
        cells = [run.cell(model, "all", name) for name in metrics]
        if any(cells):
            body.append(table_row(words.model(*model), [plain(cell) for cell in cells], model[0]))
    return section(
        words.BEYOND, boxed(words.BEYOND, table_of(head, body, "ev-numbers")), source(rows, run.split_hashes)
    )


def plain(cell: Cell | None) -> str:
    return '<td class="none">–</td>' if cell is None else f"<td>{_mean(cell)}</td>"


def differences(run: Run) -> str:
    """Who is ahead: a dot beside zero, and the sentence with interval and p-value."""
    found = run.differences()
    if not found:
        return ""
    kept = {slice_ for by_slice in found.values() for slice_ in by_slice}
    slices = [slice_ for slice_ in MAIN if slice_ in kept] or sorted(kept)
    edges = [
        edge
        for by_slice in found.values()
        for slice_ in slices
        for row in by_slice.get(slice_, [])
        for edge in (row["metrics"][NDCG], *row["ci"].get(NDCG, ()))
    ]
    scale = plots.Axis.over(min(0.0, *edges, 0.0), max(0.0, *edges, 0.0))
    head = [f'<th scope="col">{words.DIFFERENCE}</th>']
    head += [column(words.slice_name(slice_, run.size(slice_)), scale) for slice_ in slices]
    body = []
    for pair, by_slice in found.items():
        cells = [apart(by_slice.get(slice_), scale, pair, slice_) for slice_ in slices]
        body.append(table_row(words.difference(*pair), cells, pair[0]))
    kind = f"ev-apart ev-{len(slices)}"
    parts = [boxed(words.DIFFERENCES, table_of(head, body[:SHOWN_DIFFERENCES], kind))]
    if body[SHOWN_DIFFERENCES:]:
        title = words.more_differences(len(body) - SHOWN_DIFFERENCES)
        rest = boxed(title, table_of(head, body[SHOWN_DIFFERENCES:], kind))
        parts.append(f"<details><summary>{title}</summary>{rest}</details>")
    tested = any("p_holm" in row["metrics"] for row in run.rows)
    compared = {name for pair in found for name in pair}
    rows = [row for row in run.models_rows() if row["model"] in compared and row["slice"] in slices]
    says = words.DIFFERENCES_NOTE if tested else words.DIFFERENCES_NOTE_PLAIN
    return section(words.DIFFERENCES, note(says), *parts, source(rows, run.split_hashes))


def apart(rows: list[dict] | None, scale: plots.Axis, pair: tuple[str, str], slice_: str) -> str:
    """A cell with one difference; of several seeds compared one by one, the mean with the largest p-value."""
    if not rows:
        return '<td class="none">–</td>'
    cell = cell_of(rows, NDCG)
    name = next((one for one in ("p_holm", "p_value") if all(one in row["metrics"] for row in rows)), None)
    p = max(row["metrics"][name] for row in rows) if name else None
    told = words.probability(p, name == "p_holm") if name else ""
    apart = p < 0.05 if name else cell.ci is not None and cell.ci[0] * cell.ci[1] > 0
    number, interval = words.number(cell.value, sign="+"), words.interval(cell.ci, sign="+")
    sentence = f"{number} {interval}" + (f", {told}" if told else "")
    says = words.strip_says(words.difference(*pair), words.SLICES.get(slice_, slice_), words.METRICS[NDCG], sentence)
    way = ("up" if cell.value > 0 else "down") if apart else "same"
    picture = plots.strip(scale, cell.value, cell.ci, says, shade=f"way-{way}", seeds=cell.seeds, hollow=not apart)
    tail = f"<small>,</small> <small>{escape(told)}</small>" if told else ""
    return f"<td>{beside(picture, f'<b>{number}</b> <small>{interval}</small>{tail}')}</td>"


def published(run: Run) -> str:
    """Our numbers of MovieLens-1M between those that others have published, worst first."""
    models = [model for model in run.models() if run.cell(model, "all", NDCG)]
    ours = [(model, run.cell(model, "all", NDCG), run.cell(model, "all", "recall@10")) for model in models]
    tops = [edge for _, cell, _ in ours for edge in (cell.value, *(cell.ci or ()), *cell.seeds)]
    scale = plots.Axis.over(0, max(*tops, *(max(ndcg) for _, ndcg, _, _ in words.PUBLISHED)))
    lines: list[tuple[float, str]] = []
    for model, cell, recall in ours:
        says = escape(words.ours(run.dataset, run.size("all")))
        cells = [dot(cell, scale, model, words.HERE, NDCG), plain(recall), f"<td>{says}</td>"]
        lines.append((cell.value, table_row(words.model(*model), cells, model[0])))
    for name, ndcg, recall, where in words.PUBLISHED:
        values = " / ".join(map(words.number, ndcg))
        picture = plots.points(scale, ndcg, words.strip_says(name, words.PUBLISHED_BY, words.METRICS[NDCG], values))
        row = (
            f'<tr class="elsewhere"><th scope="row">{escape(name)}</th><td>{beside(picture, f"<b>{values}</b>")}</td>'
            f"<td><b>{' / '.join(map(words.number, recall))}</b></td>"
            f"<td><em>{words.PUBLISHED_BY}</em> {escape(where)}</td></tr>"
        )
        lines.append((sum(ndcg) / len(ndcg), row))
    head = [
        f'<th scope="col"><span>{escape(words.PUBLISHED_HEAD[0])}</span></th>',
        column(words.PUBLISHED_HEAD[1], scale),
    ]
    head += [f'<th scope="col"><span>{escape(says)}</span></th>' for says in words.PUBLISHED_HEAD[2:]]
    table = table_of(head, [row for _, row in sorted(lines)], "ev-published")
    rows = [row for row in run.models_rows() if row["slice"] == "all"]
    title = words.PUBLISHED_TITLE
    return section(title, note(words.PUBLISHED_NOTE), boxed(title, table), source(rows, run.split_hashes))


def learning(run: Run) -> str:
    """Validation NDCG@10 by epoch, one line a model."""
    if not run.curves:
        return section(words.CURVES, note(words.NO_CURVES))
    names = list(dict.fromkeys(curve["model"] for curve in run.curves))
    others = [name for name in names if name not in plots.OWN_SHADES]
    drawn, body = [], []
    for name in names:
        seeds = [curve for curve in run.curves if curve["model"] == name]
        seeds.sort(key=lambda curve: str(curve.get("seed")))
        points = [[(epoch["epoch"], epoch[NDCG]) for epoch in curve["curve"] if NDCG in epoch] for curve in seeds]
        shared = list(zip(*points, strict=False))  # as long as the shortest
        middle = [(at[0][0], sum(value for _, value in at) / len(at)) for at in shared]
        best = max(middle, key=lambda at: at[1])
        line = plots.Line(words.short(name), plots.shade_of(name, others), points, middle, best)
        drawn.append(line)
        body.append(_learned(words.model(name), seeds, points, line.shade))
    drawn.sort(key=lambda line: -line.middle[-1][1])
    head = [f'<th scope="col"><span>{escape(says)}</span></th>' for says in words.CURVES_HEAD]
    says = words.curve_says([(line.name, int(line.best[0]), line.best[1]) for line in drawn])
    several = note(words.CURVES_SEEDS) if any(len(line.seeds) > 1 for line in drawn) else ""
    table = boxed(words.CURVES, table_of(head, body, "ev-numbers"))
    split = [curve["split_hash"] for curve in run.curves if curve.get("split_hash")]
    return section(
        words.CURVES,
        note(words.CURVES_NOTE),
        several,
        plots.lines(drawn, words.CURVES_AXES, says),
        table,
        source(run.curves, list(dict.fromkeys(split))),
    )


def _learned(name: str, seeds: list[dict], points: list[list[tuple[float, float]]], shade: str) -> str:
    """One row under the curves; several seeds give several numbers in a cell."""
    best = [max(curve, key=lambda at: at[1]) for curve in points]
    seconds = [
        sum(epoch["seconds"] for epoch in curve["curve"]) / len(curve["curve"])
        for curve in seeds
        if all("seconds" in epoch for epoch in curve["curve"])
    ]
    cells = (
        ", ".join(str(curve.get("seed", "–")) for curve in seeds),
        ", ".join(f"{curve[-1][0]:.0f}" for curve in points),
        ", ".join(f"{epoch:.0f}" for epoch, _ in best),
        ", ".join(words.number(value) for _, value in best),
        words.number(sum(seconds) / len(seconds), 1) if seconds else "–",
    )
    told = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
    return f'<tr class="{shade}"><th scope="row">{escape(name)}</th>{told}</tr>'
