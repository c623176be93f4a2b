"""The maps as a Plotly figure, for a picture and for a page of its own that works without a network."""

import numpy as np

from app import words
from app.map_data import PALETTE, RAMP, Colour, reach
from molar.locate import ShopperMaps
from molar.maps import VIEWS


def figure(maps: ShopperMaps, colour: Colour, you: dict[str, tuple[float, float]]):
    """The three maps side by side; the legend switches a group in all of them. you: view → the visitor's place."""
    from plotly.graph_objects import Scatter
    from plotly.subplots import make_subplots

    drawn = make_subplots(rows=1, cols=3, subplot_titles=list(words.MAP_TITLES.values()), horizontal_spacing=0.02)
    for column, view in enumerate(VIEWS, start=1):
        for name, members, marker in _marks(colour):
            x, y = maps.points[view][members].round(3).T
            points = Scatter(
                x=x, y=y, mode="markers", name=name, legendgroup=name, showlegend=bool(colour.groups) and column == 1,
                text=maps.user_ids[members].tolist(), hoverinfo="text", marker={"size": 4, "opacity": 0.8, **marker},
            )  # fmt: skip
            drawn.add_trace(points, row=1, col=column)
        if view in you:
            star = {"size": 15, "color": "#211e1a", "symbol": "star", "line": {"color": "#fff", "width": 1.5}}
            x, y = you[view]
            drawn.add_trace(Scatter(x=[x], y=[y], mode="markers", name=words.YOU, marker=star, hoverinfo="name",
                                    legendgroup=words.YOU, showlegend=column == 1), row=1, col=column)  # fmt: skip
        shown = [-reach(maps)[view], reach(maps)[view]]
        drawn.update_xaxes(visible=False, range=shown, constrain="domain", row=1, col=column)
        drawn.update_yaxes(visible=False, range=shown, scaleanchor="x" if column == 1 else f"x{column}",
                           row=1, col=column)  # fmt: skip
    drawn.update_layout(
        title={"text": words.figure_title(len(maps), colour.label), "font": {"size": 17}}, margin={"l": 16, "r": 16, "t": 84, "b": 76},
        paper_bgcolor="#fffdf9", plot_bgcolor="#fffdf9", dragmode="pan",
        font={"family": "Instrument Sans, system-ui, sans-serif", "color": "#211e1a", "size": 13},
        legend={"orientation": "h", "y": -0.02, "itemsizing": "constant"},
    )  # fmt: skip
    drawn.add_annotation(text=words.FIGURE_LIMITS, xref="paper", yref="paper", x=0, y=0, yshift=-66, showarrow=False,
                         xanchor="left", font={"size": 11, "color": "#6b645a"})  # fmt: skip
    return drawn


def _marks(colour: Colour):
    """(name, members, marker) of each trace: one a group of the legend, or one for a whole scale."""
    if not colour.groups:
        ramp = [[place, shade] for place, shade in zip((0, 0.5, 1), RAMP["light"], strict=True)]
        scale = {"color": colour.of, "cmin": colour.low, "cmax": colour.high, "colorscale": ramp, "showscale": False}
        yield colour.label, np.arange(len(colour.of)), scale
        return
    last = len(PALETTE) - 1
    groups = np.minimum(colour.of, last) if len(colour.groups) > len(PALETTE) else colour.of
    for group in np.unique(groups):
        rest = group == last and len(colour.groups) > len(PALETTE)
        yield words.OTHER if rest else colour.groups[group], np.flatnonzero(groups == group), {"color": PALETTE[group]}
