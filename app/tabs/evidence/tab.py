"""Evidence tab: the tables and curves of results/*.json, read when the tab is first opened."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import gradio as gr

from app.components.listeners import LATEST, QUIET
from app.components.panel import Panel, sent, still
from app.components.styles import stylesheets
from app.components.templates import render
from app.state import PageState
from app.strings import evidence as words

if TYPE_CHECKING:
    from molar.reporting.rows import Results
    from molar.reporting.tables import Section

STYLE = stylesheets(Path(__file__).parent, "evidence.css")
RESULTS = Path(__file__).parents[3] / "results"
BY_TASTE = "dial"  # the choice that shows the shop at several hidden-taste ratios
STUDY = "alignment-study"  # the one that shows where alignment pays


def build(shop: PageState, tab: gr.Tab) -> None:
    """Lay out the tab. Nothing is read before a visitor opens it; his choice stays while he looks at other tabs."""
    chosen = gr.State({})
    still(render("tabs/evidence/intro.html"))
    panel = Panel(elem_id="proof", script=Path(__file__).parent / "evidence.js")

    def show(now: dict) -> str:
        return page(RESULTS, shop.dataset.data_hash, shop.checkpoint, now)

    def choose(before: dict, event: gr.EventData) -> tuple[dict, str]:
        now = choice(before, sent(event).get("chosen"))
        return now, show(now)

    tab.select(show, chosen, panel, **QUIET)
    panel.filter(choose, chosen, [chosen, panel], **LATEST)


def choice(before: dict[str, str], wanted: object) -> dict[str, str]:
    """What a browser asked for, as far as it is text. The ratios have a metric of their own, other runs keep the last."""
    now = {name: value for name, value in wanted.items() if isinstance(value, str)} if isinstance(wanted, dict) else {}
    runs = now.get("run"), before.get("run")
    if runs[0] != runs[1] and BY_TASTE in runs:
        now.pop("metric", None)
    return now


def page(folder: Path, served: str, checkpoint: Path, chosen: dict[str, str]) -> str:
    """The picker and the tables of one run; `chosen` is what a browser asked for, anything unknown gives the first."""
    from molar.reporting import labels
    from molar.reporting.files import read_results
    from molar.reporting.html import sections_html

    runs, problems = read_results(folder, served, checkpoint)
    if not runs:
        return render("tabs/evidence/evidence.html", runs=[], problems=problems)
    tastes = [run for name in labels.TASTES for run in runs if run.name == name]
    titles = {run.key: run.about.title for run in runs} | ({BY_TASTE: words.BY_TASTE_TITLE} if len(tastes) > 1 else {})
    study = _study(folder)
    titles |= {STUDY: words.STUDY_TITLE} if study else {}
    key = chosen["run"] if chosen.get("run") in titles else runs[0].key
    run = next((run for run in runs if run.key == key), None)
    metrics = [labels.NDCG] if key == STUDY else (run or tastes[0]).metrics
    own_metric = labels.NORMALISED_NDCG if run is None and labels.NORMALISED_NDCG in metrics else metrics[0]
    metric = chosen["metric"] if chosen.get("metric") in metrics else own_metric
    own = [run.key for run in runs if run.data_hash == served]
    return render(
        "tabs/evidence/evidence.html",
        problems=problems,
        runs=[
            (words.OF_THIS_DATA, [(one, titles[one]) for one in own]),
            (words.OF_OTHER_DATA, [(one, title) for one, title in titles.items() if one not in own]),
        ],
        key=key,
        metrics=[(name, labels.metric_name(name)) for name in metrics],
        metric=metric,
        said=words.chosen(titles[key], labels.metric_name(metric)),
        data=words.data_of(run.dataset, run.size("all")) if run else "",
        notes=[] if key == STUDY else _notes(run or tastes[0]),
        sections=sections_html(study if key == STUDY else _sections(run, tastes, metric)),
    )


def _study(folder: Path) -> list[Section]:
    """Where alignment pays; [] where that was not measured, or its file is broken, of which `read_results` tells."""
    from molar.core.errors import MolarError
    from molar.reporting.study import read_study, study_sections

    try:
        return study_sections(folder, read_study(folder))
    except MolarError:
        return []


def _notes(run: Results) -> list[str]:
    """What a reader of a run must know."""
    from molar.reporting import labels

    return [one for one in (run.about.note, labels.NO_TIMES if run.is_movielens else "") if one]


def _sections(run: Results | None, tastes: list[Results], metric: str) -> list[Section]:
    """Everything of one run; without one, the shop at several hidden-taste ratios side by side, over all users, and what
    alignment adds at each."""
    from molar.reporting import labels, method
    from molar.reporting.report import ACCURACY, accuracy, report

    if run:
        return report(run, metric)
    places = [(labels.slice_name(labels.TASTES[one.name], one.size("all")), one, "all") for one in tastes]
    added = method.by_taste([(labels.TASTES[one.name], one) for one in tastes])
    return [section for section in (accuracy(ACCURACY, places, metric), added) if section]
