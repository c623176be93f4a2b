"""Second tab: the shoppers' maps before and after alignment, and the numbers without which a map misleads."""

import json
from html import escape
from pathlib import Path

import gradio as gr
import numpy as np
import pandas as pd

from app import words
from app.shop import Shop

MAPS, NUMBERS = "maps.csv", "metrics.json"
PLACES = ("x_before", "y_before", "x_after", "y_after", "x_id", "y_id")
MOST_POINTS = 3000  # drawn as SVG, which every browser can; more would be slow and hardly tell more
MOST_COLOURS = 9  # values of a colour column beyond that become "other"
COLOURS = ["#c8553d", "#2f7f86", "#d9a441", "#6a5d9b", "#5f8f4e", "#c77b9b", "#8a6b4f", "#4f78b8", "#9a9a8c", "#b5b0a5"]


def build(shop: Shop, tab: gr.Tab) -> None:
    """Lay out the tab; the figure travels only when the tab is opened."""
    path = shop.checkpoint / MAPS
    with gr.Column(elem_id="maps"):
        gr.HTML(f"<h2>{words.MAP_TITLE}</h2>", apply_default_css=False, js_on_load=None)
        if path.is_file():
            plot = gr.Plot(show_label=False, container=False, elem_id="map")
            caption = gr.HTML(apply_default_css=False, js_on_load=None)
            tab.select(lambda: draw(path), None, [plot, caption], api_visibility="private", show_progress="hidden")
        else:
            gr.HTML(f'<p class="quiet">{words.NO_MAPS}</p>', apply_default_css=False, js_on_load=None)
        gr.HTML(f'<p class="limits">{words.MAP_LIMITS}</p>', apply_default_css=False, js_on_load=None)
    gr.HTML(numbers(shop.checkpoint / NUMBERS), apply_default_css=False, js_on_load=None, elem_id="numbers")


def draw(path: Path) -> tuple:
    """The figure of both maps, and its caption as HTML."""
    maps = pd.read_csv(path)
    shown = maps.iloc[np.linspace(0, len(maps) - 1, min(len(maps), MOST_POINTS)).astype(int)]
    colour = colour_column(maps)
    caption = escape(words.map_caption(len(shown), len(maps), colour))
    return figure(shown, colour), f'<p class="quiet">{caption}</p>'


def colour_column(maps: pd.DataFrame) -> str | None:
    """The first column of text that groups shoppers: few values, not their ids."""
    for column in maps.columns:
        if column not in PLACES and column != "user_id" and 2 <= maps[column].nunique() <= 40:
            return column
    return None


def figure(maps: pd.DataFrame, colour: str | None):
    """Both maps side by side, one trace for each value of the colour column; the legend switches both."""
    from plotly.graph_objects import Scatter
    from plotly.subplots import make_subplots

    panels = (("before", words.MAP_BEFORE), ("after", words.MAP_AFTER))
    drawn = make_subplots(rows=1, cols=2, subplot_titles=[title for _, title in panels], horizontal_spacing=0.03)
    groups = maps[colour].astype(str) if colour else pd.Series("shoppers", index=maps.index)
    common = list(groups.value_counts().index[:MOST_COLOURS])
    groups = groups.where(groups.isin(common), "other")
    for place, group in enumerate([*common, *({"other"} & set(groups))]):
        members = maps[groups == group]
        for column, (when, _) in enumerate(panels, start=1):
            points = Scatter(
                x=members[f"x_{when}"].round(3), y=members[f"y_{when}"].round(3), mode="markers", name=group,
                legendgroup=group, showlegend=bool(colour) and column == 1, hoverinfo="name",
                marker={"size": 4, "opacity": 0.75, "color": COLOURS[place % len(COLOURS)]},
            )  # fmt: skip
            drawn.add_trace(points, row=1, col=column)
    drawn.update_xaxes(visible=False).update_yaxes(visible=False)
    drawn.update_layout(
        height=460, margin={"l": 4, "r": 4, "t": 32, "b": 4}, paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)",
        font={"family": "Instrument Sans, system-ui, sans-serif", "color": "#8a857b", "size": 13}, dragmode="pan",
        legend={"orientation": "h", "y": -0.02, "itemsizing": "constant"},
    )  # fmt: skip
    return drawn


def numbers(path: Path) -> str:
    """The table of alignment and ranking before and after, as HTML; a sentence where nothing was measured."""
    if not path.is_file():
        return f'<p class="quiet">{words.NO_NUMBERS}</p>'
    rows = json.loads(path.read_text(encoding="utf-8"))["rows"]
    head = "".join(f"<th>{escape(word)}</th>" for word in words.NUMBERS_HEAD)
    lines = "".join(_line(*values) for values in [*_alignment(rows), *_ranking(rows)])
    return (
        f"<h2>{words.NUMBERS_TITLE}</h2><table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>"
        f'<p class="limits">{words.NUMBERS_LIMITS}</p>'
    )


def _values(rows: list[dict], model: str, slice_: str, metric: str) -> float | None:
    """One metric of the test split; None where no row holds it."""
    for row in rows:
        fits = row["model"] == model and row["slice"] == slice_ and row["split"] == "test" and not row["variant"]
        if fits and metric in row["metrics"]:
            return row["metrics"][metric]
    return None


def _alignment(rows: list[dict]):
    for metric, (says, chance) in words.ALIGNMENT_NUMBERS.items():
        before, after = (_anywhere(rows, model, metric) for model in ("content", "molar"))
        yield says, before, after, _anywhere(rows, "molar", chance) if chance else 0.0


def _anywhere(rows: list[dict], model: str, metric: str) -> float | None:
    found = (row["metrics"][metric] for row in rows if row["model"] == model and metric in row["metrics"])
    return next(found, None)


def _ranking(rows: list[dict]):
    for slice_, says in words.RANKING_NUMBERS.items():
        before, after, chance = (_values(rows, model, slice_, "ndcg@10") for model in ("content", "molar", "random"))
        yield says, before, after, chance


def _line(says: str, before: float | None, after: float | None, chance: float | None) -> str:
    change = after - before if before is not None and after is not None else None
    cells = [_number(before), _number(after), _number(change, sign=True), _number(chance)]
    return f"<tr><th>{escape(says)}</th>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _number(value: float | None, sign: bool = False) -> str:
    return "–" if value is None else f"{value:+.3f}".replace("-", "−") if sign else f"{value:.3f}".replace("-", "−")
