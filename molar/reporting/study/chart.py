"""Gains side by side: a panel for each amount of training data, history lengths across, dots with intervals."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from molar.reporting.charts import LEFT, RIGHT, WIDE, Axis, moved_apart, svg_file
from molar.reporting.tables import Difference

HIGH, TOP, BETWEEN = 250, 84, 10  # pixels: of a panel, above it, between two
APART = 0.11  # of a step across, between the series


@dataclass(frozen=True)
class Series:
    """One line of dots: what it is called, its colour, and a gain for each place of each panel, None where not measured."""

    name: str
    shade: str
    panels: Sequence[Sequence[Difference | None]]


@dataclass(frozen=True)
class Panels:
    """Panels that share both axes. `heads` names them, `places` what stands across, `says` all of it in words."""

    heads: Sequence[str]
    places: Sequence[str]
    series: Sequence[Series]
    across: str
    up: str
    says: str

    def elements(self, width: float) -> str:
        """SVG elements in `width` pixels, `high` high, ticks to the left of 0 and names of the series behind `width`."""
        edges = [
            edge
            for one in self.series
            for panel in one.panels
            for gain in panel
            if gain
            for edge in (gain.value, *(gain.ci or ()))
        ]
        scale = Axis.over(min(0.0, *edges), max(0.0, *edges))
        wide = (width + BETWEEN) / len(self.heads) - BETWEEN

        def y(value: float) -> float:
            return round(HIGH * (1 - scale.at(value) / 100), 1)

        drawn = "".join(
            f'<text class="tick" x="-8" y="{y(tick) + 5}" text-anchor="end">{scale.label(tick)}</text>'
            for tick in scale.ticks
        )
        for number, head in enumerate(self.heads):
            left = number * (wide + BETWEEN)
            inside = "".join(
                f'<line class="{"grid" if tick else "zero"}" x1="0" x2="{wide:.1f}" y1="{y(tick)}" y2="{y(tick)}"/>'
                for tick in scale.ticks
            )
            inside += f'<text class="head" x="{wide / 2:.1f}" y="-10">{escape(head)}</text>'
            inside += "".join(
                f'<text x="{self._x(place, wide):.1f}" y="{HIGH + 20}">{escape(name)}</text>'
                for place, name in enumerate(self.places)
            )
            for order, one in enumerate(self.series):
                shift = (order - (len(self.series) - 1) / 2) * APART * wide / len(self.places) * 2
                dots = "".join(
                    _dot(self._x(place, wide) + shift, gain, y)
                    for place, gain in enumerate(one.panels[number])
                    if gain is not None
                )
                inside += f'<g class="{one.shade}"><title>{escape(one.name)}</title>{dots}</g>'
            drawn += f'<g class="plot" transform="translate({left:.1f} 0)">{inside}</g>'
        return drawn + self._names(width)

    def _x(self, place: int, wide: float) -> float:
        return wide * (place + 0.5) / len(self.places)

    def _names(self, width: float) -> str:
        heights = moved_apart([24.0 + 22 * place for place in range(len(self.series))], HIGH)
        return "".join(
            f'<g class="{one.shade}"><circle class="best" cx="{width + 18:.0f}" cy="{height:.0f}" r="5"/>'
            f'<text x="{width + 30:.0f}" y="{height + 5:.0f}">{escape(one.name)}</text></g>'
            for one, height in zip(self.series, heights, strict=True)
        )


def _dot(x: float, gain: Difference, y) -> str:
    """A dot, hollow unless it is significant, on its whisker."""
    whisker = ""
    if gain.ci:
        low, high = y(gain.ci[0]), y(gain.ci[1])
        whisker = f'<polyline class="whisker" points="{x:.1f},{low} {x:.1f},{high}"/>'
    kind = "best" if gain.significant else "open"
    return f'{whisker}<circle class="{kind}" cx="{x:.1f}" cy="{y(gain.value)}" r="4.5"/>'


def panels_svg(panels: Panels, title: str) -> str:
    """The picture as a file of its own, colours and title inside."""
    width = WIDE - LEFT - RIGHT
    style = "<style>.plot .zero{stroke:#777} .open{fill:#fff;stroke:var(--t);stroke-width:2} .whisker{stroke-width:2.5}</style>"
    inside = f'{style}<g transform="translate({LEFT} {TOP})">{panels.elements(width)}</g>'
    under = (
        f'<text x="{LEFT + width / 2:.0f}" y="{TOP + HIGH + 44}" text-anchor="middle">{escape(panels.across)}</text>'
    )
    return svg_file(TOP + HIGH + 58, f"{title}: {panels.up}", f"{inside}\n{under}\n", panels.says)


def panels_html(panels: Panels) -> Markup:
    """The picture as the page shows it, over the page's stylesheet; it keeps its proportions on any screen."""
    width = WIDE - LEFT - RIGHT
    return Markup(
        f'<div class="ev-panels" tabindex="0" role="region" aria-label="{escape(panels.up)}">'
        f'<svg class="panels" viewBox="{-LEFT} -34 {WIDE} {HIGH + 84}" role="img" aria-label="{escape(panels.says)}">'
        f'{panels.elements(width)}<text class="under" x="{width / 2:.0f}" y="{HIGH + 44}">{escape(panels.across)}</text>'
        "</svg></div>"
    )
