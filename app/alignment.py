"""Third tab: the shoppers' maps before and after alignment, and the numbers without which a map misleads."""

from html import escape
from pathlib import Path

import gradio as gr
import numpy as np
import pandas as pd

from app import numbers, words
from app.shop import Shop
from molar.columns import USER

MAPS, NUMBERS = "maps.csv", "metrics.json"
MOST_POINTS = 3000  # drawn as SVG, which every browser can; more would be slow and hardly tell more
MOST_GROUPS = 40
MOST_COLOURS = 9  # values of a colour column beyond that become "other"
COLOURS = ["#c8553d", "#2f7f86", "#d9a441", "#6a5d9b", "#5f8f4e", "#c77b9b", "#8a6b4f", "#4f78b8", "#9a9a8c", "#b5b0a5"]


def build(shop: Shop, tab: gr.Tab) -> None:
    """Lay out the tab; the figure travels only when the tab is opened."""
    path = shop.checkpoint / MAPS
    with gr.Row(elem_id="evidence"):
        with gr.Column(elem_id="maps"):
            _html(f"<h2>{words.MAP_TITLE}</h2>")
            if path.is_file():
                plot = gr.Plot(show_label=False, container=False, elem_id="map")
                caption = _html("")
                tab.select(lambda: draw(path), None, [plot, caption], api_visibility="private", show_progress="hidden")
            else:
                _html(f'<p class="quiet">{words.NO_MAPS}</p>')
            _html(f'<p class="limits">{words.MAP_LIMITS}</p>')
        with gr.Column(elem_id="numbers"):
            _html(numbers.table(shop.checkpoint / NUMBERS))


def _html(value: str) -> gr.HTML:
    return gr.HTML(value, apply_default_css=False, js_on_load=None)


def draw(path: Path) -> tuple:
    """The figure of both maps, and its caption as HTML."""
    maps = pd.read_csv(path)
    shown = maps.iloc[np.linspace(0, len(maps) - 1, min(len(maps), MOST_POINTS)).astype(int)]
    colour = colour_column(maps)
    caption = escape(words.map_caption(len(shown), len(maps), colour))
    return figure(shown, colour), f'<p class="quiet">{caption}</p>'


def colour_column(maps: pd.DataFrame) -> str | None:
    """The first column of words that groups shoppers: few values, each for many of them."""
    words_only = maps.drop(columns=USER).select_dtypes(exclude="number")
    return next((column for column in words_only if 2 <= maps[column].nunique() <= MOST_GROUPS), None)


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
                x=members[f"{when}_x"].round(3), y=members[f"{when}_y"].round(3), mode="markers", name=group,
                legendgroup=group, showlegend=bool(colour) and column == 1, hoverinfo="name",
                marker={"size": 4, "opacity": 0.75, "color": COLOURS[place % len(COLOURS)]},
            )  # fmt: skip
            drawn.add_trace(points, row=1, col=column)
    # Both maps share one scale and one centre (molar.maps), so they are drawn undistorted and alike.
    drawn.update_xaxes(visible=False, range=[-1.03, 1.03], constrain="domain")
    drawn.update_yaxes(visible=False, range=[-1.03, 1.03])
    drawn.update_yaxes(scaleanchor="x", row=1, col=1).update_yaxes(scaleanchor="x2", row=1, col=2)
    drawn.update_layout(
        autosize=True, margin={"l": 4, "r": 4, "t": 32, "b": 4}, paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)",
        font={"family": "Instrument Sans, system-ui, sans-serif", "color": "#8a857b", "size": 13}, dragmode="pan",
        legend={"orientation": "h", "y": -0.02, "itemsizing": "constant"},
    )  # fmt: skip
    return drawn
