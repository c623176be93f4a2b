"""The maps as a Plotly figure, for a picture and for a page of its own that works without a network."""

import numpy as np

from app.strings import alignment as words
from app.tabs.alignment.map_data import PALETTE, RAMP, Colour, reach
from molar.serving.map_queries import ShopperMaps
from molar.serving.user_maps import VIEWS

PAPER, INK = "#fffdf9", "#211e1a"
PANEL, MARGIN = 480, 20  # pixels: the width of one map where the figure is 1,500 wide; around all


def figure(maps: ShopperMaps, colour: Colour, you: dict[str, tuple[float, float]]):
    """The three maps side by side; the legend switches a group in all of them. you: view → the visitor's place."""
    from plotly.subplots import make_subplots

    drawn = make_subplots(rows=1, cols=3, subplot_titles=list(words.MAP_TITLES.values()), horizontal_spacing=0.02)
    far = reach(maps)
    for column, view in enumerate(VIEWS, start=1):
        for name, members, marker in _marks(colour):
            legend = bool(colour.groups) and column == 1
            drawn.add_trace(_shoppers(maps, view, name, members, marker, legend), row=1, col=column)
        if view in you:
            drawn.add_trace(_visitor(*you[view], legend=column == 1), row=1, col=column)
        right, up = far[view]
        drawn.update_xaxes(visible=False, range=[-right, right], constrain="domain", row=1, col=column)
        drawn.update_yaxes(
            visible=False, range=[-up, up], scaleanchor="x" if column == 1 else f"x{column}", row=1, col=column
        )
    tallest = max(up / right for right, up in far.values())
    _frame(drawn, words.figure_title(len(maps), colour.label), 176 + round(PANEL * min(tallest, 1.3)))
    return drawn


def _shoppers(maps: ShopperMaps, view: str, name: str, members: np.ndarray, marker: dict, legend: bool):
    """The points of some shoppers on one map."""
    from plotly.graph_objects import Scatter

    x, y = maps.points[view][members].round(3).T
    return Scatter(
        x=x,
        y=y,
        mode="markers",
        name=name,
        legendgroup=name,
        showlegend=legend,
        text=maps.user_ids[members].tolist(),
        hoverinfo="text",
        marker={"size": 4, "opacity": 0.8, **marker},
    )


def _visitor(x: float, y: float, legend: bool):
    """The visitor's own point, a star."""
    from plotly.graph_objects import Scatter

    return Scatter(
        x=[x],
        y=[y],
        mode="markers",
        name=words.YOU,
        marker={"size": 15, "color": INK, "symbol": "star", "line": {"color": "#fff", "width": 1.5}},
        hoverinfo="name",
        legendgroup=words.YOU,
        showlegend=legend,
    )


def _frame(drawn, title: str, height: int) -> None:
    """What stands around the maps: the title above, the legend and how not to read them below."""
    drawn.update_layout(
        title={"text": title, "font": {"size": 20}, "x": 0, "xref": "paper", "xanchor": "left"},
        margin={"l": MARGIN, "r": MARGIN, "t": 92, "b": 84},
        height=height,
        paper_bgcolor=PAPER,
        plot_bgcolor=PAPER,
        dragmode="pan",
        # A font that every machine has: one that only the page loads is measured there and then not drawn into the picture.
        font={"family": "Helvetica, Arial, sans-serif", "color": INK, "size": 14},
        legend={"orientation": "h", "y": 0, "yanchor": "top", "itemsizing": "constant"},
    )
    drawn.add_annotation(
        text=words.FIGURE_LIMITS,
        xref="paper",
        yref="paper",
        x=0,
        y=0,
        yshift=-48,
        showarrow=False,
        xanchor="left",
        yanchor="top",
        font={"size": 13, "color": "#6b645a"},
    )


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
