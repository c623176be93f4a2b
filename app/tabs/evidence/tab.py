"""Evidence tab: the tables and curves of results/*.json, read when the tab is first opened."""

from html import escape
from pathlib import Path

import gradio as gr

from app.components.panel import Board
from app.state import Shop
from app.tabs.evidence import words

RESULTS = Path(__file__).parents[3] / "results"
QUIET = {"api_visibility": "private", "show_progress": "hidden"}


def build(shop: Shop, tab: gr.Tab) -> None:
    """Lay out the tab. Nothing is read before a visitor opens it; his choice stays while he looks at other tabs."""
    chosen = gr.State({})
    gr.HTML(intro(), apply_default_css=False, js_on_load=None)
    board = Board(elem_id="proof", script=Path(__file__).parent / "evidence.js")

    def show(now: dict) -> str:
        return page(RESULTS, shop.dataset.data_hash, shop.checkpoint, now)

    def choose(before: dict, event: gr.EventData) -> tuple[dict, str]:
        now = choice(before, (event._data or {}).get("chosen"))
        return now, show(now)

    tab.select(show, chosen, board, **QUIET)
    board.filter(choose, chosen, [chosen, board], **QUIET, trigger_mode="always_last")


def choice(before: dict[str, str], wanted: object) -> dict[str, str]:
    """What a browser asked for, as far as it is text. The dial has a metric of its own, other runs keep the last."""
    now = {name: value for name, value in wanted.items() if isinstance(value, str)} if isinstance(wanted, dict) else {}
    runs = now.get("run"), before.get("run")
    if runs[0] != runs[1] and words.DIAL in runs:
        now.pop("metric", None)
    return now


def intro() -> str:
    """The protocol in one sentence, and what the intervals mean."""
    return (
        f'<div class="lead ev-lead"><h2>{words.TITLE}</h2><p>{words.PROTOCOL}</p>'
        f'<p class="quiet">{words.INTERVALS}</p></div>'
    )


def page(folder: Path, served: str, checkpoint: Path, chosen: dict[str, str]) -> str:
    """The picker and the tables of one run; `chosen` is what a browser asked for, anything unknown gives the first."""
    from app.tabs.evidence import tables
    from app.tabs.evidence.runs import read_runs

    runs, problems = read_runs(folder, served, checkpoint)
    wrong = "".join(f'<p class="ev-wrong">{escape(problem)}</p>' for problem in problems)
    if not runs:
        return wrong + f'<p class="ev-none">{words.NONE}</p>'
    dials = {run.name: run for run in runs if run.name in words.DIALS}
    keys = [run.key for run in runs] + [words.DIAL] * (len(dials) > 1)
    key = chosen.get("run") if chosen.get("run") in keys else keys[0]
    run = next((run for run in runs if run.key == key), None)
    metrics = (run or next(iter(dials.values()))).metrics
    fallback = tables.SHARE if run is None and tables.SHARE in metrics else metrics[0]
    metric = chosen.get("metric") if chosen.get("metric") in metrics else fallback
    title = run.title if run else words.DIAL_RUN
    found = _run(run, metric) if run else _dials(dials, metric)
    picker = _picker(runs, served, key, metric, metrics, len(dials) > 1)
    said = escape(words.chosen(title, words.METRICS[metric]))
    return f'{picker}{wrong}<div data-said="{said}">{found}</div><p class="limits">{escape(words.ELSEWHERE)}</p>'


def _picker(runs: list, served: str, key: str, metric: str, metrics: list[str], dial: bool) -> str:
    def option(value: str, says: str, now: str) -> str:
        return f'<option value="{escape(value)}"{" selected" if value == now else ""}>{escape(says)}</option>'

    def group(says: str, options: list[str]) -> str:
        return f'<optgroup label="{escape(says)}">{"".join(options)}</optgroup>' if options else ""

    own = [option(run.key, run.title, key) for run in runs if run.data_hash == served]
    other = [option(run.key, run.title, key) for run in runs if run.data_hash != served]
    other += [option(words.DIAL, words.DIAL_RUN, key)] * dial
    by = "".join(option(name, words.METRICS[name], metric) for name in metrics)
    return (
        f'<div class="ev-picker"><label>{words.RUN}<select data-act="filter" data-column="run">'
        f"{group(words.OF_THIS_DATA, own)}{group(words.OF_OTHER_DATA, other)}</select></label>"
        f'<label>{words.METRIC}<select data-act="filter" data-column="metric">{by}</select></label></div>'
    )


def _run(run, metric: str) -> str:
    """Everything of one results file."""
    from app.tabs.evidence import method, tables

    slices = run.slices()
    families = {
        words.ACCURACY: [name for name in tables.MAIN if name in slices],
        words.BY_POPULARITY: sorted(name for name in slices if name.startswith("popularity")),
        words.BY_HISTORY: [name for name in slices if name.startswith("history")],
    }
    families[words.OTHER_SLICES] = [name for name in slices if not any(name in family for family in families.values())]
    notes = (words.NOTES.get(run.name), words.NO_TIMES if run.is_movielens else None)

    def ranking(title: str) -> str:
        columns = [(words.slice_name(name, run.size(name)), run, name) for name in families[title]]
        return tables.accuracy(title, columns, metric, words.SLICE_NOTES.get(title, "")) if columns else ""

    about = [
        f'<p class="ev-data">{escape(words.data_of(run.dataset, run.size("all")))}</p>',
        *(f'<p class="ev-note">{escape(one)}</p>' for one in notes if one),
    ]
    if run.is_ablation:
        return "".join([*about, method.ablations(run, metric), method.alignment(run), method.probes(run)])
    return "".join(
        [
            *about,
            ranking(words.ACCURACY),
            tables.differences(run),
            tables.published(run) if run.is_full_movielens else "",
            method.alignment(run),
            method.probes(run),
            ranking(words.BY_POPULARITY),
            ranking(words.BY_HISTORY),
            tables.beyond_accuracy(run),
            tables.learning(run),
            ranking(words.OTHER_SLICES),
        ]
    )


def _dials(dials: dict, metric: str) -> str:
    """The same shop with more or less hidden taste, side by side, over all users, and what alignment adds at each."""
    from app.tabs.evidence import method, tables

    present = [dials[name] for name in words.DIALS if name in dials]
    columns = [(words.slice_name(words.DIALS[run.name], run.size("all")), run, "all") for run in present]
    says = f'<p class="ev-note">{escape(words.NOTES[words.DIAL])}</p>'
    added = method.by_dial([(words.DIALS[run.name], run) for run in present])
    return says + tables.accuracy(words.ACCURACY, columns, metric) + added
