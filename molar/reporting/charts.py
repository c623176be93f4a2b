"""The pictures as SVG: dots with intervals on a common axis, lines by epoch, bars.

Positions across are percentages, so a picture takes the width of its place while type and strokes keep their size. On
the page, colours are its CSS variables, so that light and dark need one picture; an SVG file brings colours of its own.
Written by hand rather than by a plotting library: the same numbers give the same bytes everywhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from markupsafe import Markup, escape

from molar.core.schema import ALIGNED, CONTENT, EVERYTHING, ID, MODELS

STRIP, MIDDLE = 26, 13  # pixels: height of a strip, and where its whisker lies
LEFT, RIGHT, WIDE = 58, 230, 940  # pixels of a file: beside the plot, for the names, in all
OF_OTHERS = ("#3f6f3a", "#a03a73", "#2f5fa8", "#00707e", "#7a4b2a", "#59569e", "#6b645a", "#8a5a00")
COLOURS = {EVERYTHING: "#80600f", CONTENT: "#2a6f77", ALIGNED: "#b8432c", ID: "#65588f"} | dict(
    zip("01234567", OF_OTHERS, strict=True)
)
STYLE = (
    "text{fill:#444} .beside text{text-anchor:end} .plot text{text-anchor:middle} line{stroke:#ddd} polyline{fill:none;"
    "stroke:var(--t);vector-effect:non-scaling-stroke;stroke-linejoin:round} .thick{stroke-width:3} .thin{stroke-width:1.2;"
    "opacity:.6} .dashed polyline,.dashed .key{stroke-dasharray:7 5} .best,.bar{fill:var(--t)} .names .key{stroke:var(--t);"
    "stroke-width:4}" + "".join(f" .shade-{name}{{--t:{colour}}}" for name, colour in COLOURS.items())
)


@dataclass(frozen=True)
class Axis:
    """A linear scale from `low` to `high`, with round ticks inside."""

    low: float
    high: float
    ticks: tuple[float, ...]

    @classmethod
    def over(cls, low: float, high: float, most: int = 5) -> "Axis":
        """The scale that holds both ends, with at most `most` + 1 ticks."""
        if high - low < 1e-9:
            high = low + 1
        rough = (high - low) / most
        power = 10 ** floor(log10(rough))
        step = next(one * power for one in (1, 2, 2.5, 5, 10) if one * power >= rough * 0.999)
        first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
        return cls(low, high, tuple(round(place * step, 10) for place in range(first, last + 1)))

    def at(self, value: float) -> float:
        """Percent from the left, with a small margin at both ends for the dots."""
        return round(3 + 94 * (min(max(value, self.low), self.high) - self.low) / (self.high - self.low), 2)

    def label(self, tick: float) -> str:
        digits = max(0, -floor(log10(self.ticks[1] - self.ticks[0]) + 1e-9)) if len(self.ticks) > 1 else 1
        if len(self.ticks) > 1 and abs((self.ticks[1] - self.ticks[0]) * 10**digits % 1) > 1e-6:
            digits += 1  # a step of 0.025
        return f"{tick:.{digits}f}".replace("-", "−")


def axis(scale: Axis) -> Markup:
    """The scale's numbers, for the head of a column; the table itself says them to a screen reader."""
    places = [(f"{scale.at(tick)}%", scale.label(tick)) for tick in scale.ticks]
    marks = "".join(f'<text x="{x}" y="12">{at}</text><line x1="{x}" x2="{x}" y1="17" y2="22"/>' for x, at in places)
    return Markup(f'<svg class="ev-axis" height="22" aria-hidden="true">{marks}</svg>')


def strip(
    scale: Axis,
    value: float,
    ci: Sequence[float] | None,
    says: str,
    *,
    shade: str = "",
    seeds: Sequence[float] = (),
    hollow: bool = False,
) -> Markup:
    """One dot with its whisker; an arrow at the edge where the dot lies beyond the axis."""
    if value > scale.high:
        return _strip(scale, f'<text class="beyond" x="100%" y="{MIDDLE + 6}">▸</text>', says, shade)
    whisker = _whisker(scale.at(ci[0]), scale.at(ci[1])) if ci else ""
    small = "".join(f'<circle class="seed" cx="{scale.at(one)}%" cy="{MIDDLE + 9}" r="2"/>' for one in seeds)
    dot = f'<circle class="{"hollow" if hollow else "dot"}" cx="{scale.at(value)}%" cy="{MIDDLE}" r="5"/>'
    return _strip(scale, whisker + small + dot, says, shade)


def squares(scale: Axis, values: Sequence[float], says: str) -> Markup:
    """Hollow squares for numbers that have no interval."""
    square = f'<rect class="hollow" x="-5" y="{MIDDLE - 5}" width="10" height="10"/>'
    drawn = "".join(f'<svg x="{scale.at(one)}%" overflow="visible">{square}</svg>' for one in values)
    return _strip(scale, drawn, says)


def _strip(scale: Axis, drawn: str, says: str, shade: str = "") -> Markup:
    places = [(f"{scale.at(tick)}%", "grid" if tick else "zero") for tick in scale.ticks]
    grid = "".join(f'<line class="{kind}" x1="{x}" x2="{x}" y1="0" y2="{STRIP}"/>' for x, kind in places)
    kind = f"ev-strip {shade}".strip()
    return Markup(f'<svg class="{kind}" height="{STRIP}" role="img" aria-label="{escape(says)}">{grid}{drawn}</svg>')


def _whisker(low: float, high: float) -> str:
    """A bar with caps, which are seen even where the bar is hardly longer than the dot."""
    caps = "".join(f'<line class="cap" x1="{x}%" x2="{x}%" y1="{MIDDLE - 5}" y2="{MIDDLE + 5}"/>' for x in (low, high))
    return f'<line class="whisker" x1="{low}%" x2="{high}%" y1="{MIDDLE}" y2="{MIDDLE}"/>{caps}'


def shade_of(model: str, others: Sequence[str] = ()) -> str:
    """The CSS class that colours a model, "" for none; `others` are a picture's models without a colour of their own."""
    if model in (EVERYTHING, *MODELS):
        return f"shade-{model}"
    if model not in others:
        return ""
    place = others.index(model)
    return f"shade-{place % len(OF_OTHERS)}" + (" dashed" if place >= len(OF_OTHERS) else "")


@dataclass(frozen=True)
class Line:
    """One model's learning curve: (epoch, value) of each seed, and what to draw thick."""

    name: str
    shade: str
    seeds: list[list[tuple[float, float]]]
    middle: list[tuple[float, float]]  # the only seed, or the mean over seeds
    best: tuple[float, float]  # epoch and value
    named_at: float | None = None  # the value beside which its name stands; that of its end when not given


@dataclass(frozen=True)
class Curves:
    """Lines by epoch, or by another number across, the names of both axes, and what the picture shows in words.

    whole: only whole numbers stand under the picture, from 1. key: tells a file of this picture from that of learning
    curves."""

    lines: list[Line]
    across: str
    up: str
    says: str
    whole: bool = True
    key: str = ""

    @property
    def high(self) -> int:
        """Pixels."""
        return max(340, 24 * len(self.lines) + 20)

    def parts(self) -> tuple[str, str, str]:
        """What stands beside the plot, the plot, and the names: elements of three SVGs that are `high` pixels high."""
        ends = [epoch for line in self.lines for seed in line.seeds for epoch, _ in seed]
        tops = [value for line in self.lines for seed in line.seeds for _, value in seed]
        least, most = (1, max(ends)) if self.whole else (0, max(ends) * 1.04)
        across, up = Axis.over(min(min(ends), least), most, 8), Axis.over(0, max(tops) * 1.04)

        def x(epoch: float) -> float:
            return round(100 * (epoch - across.low) / (across.high - across.low), 2)

        def y(value: float) -> float:
            return round(100 - 100 * value / up.high, 2)

        def path(points: list[tuple[float, float]], kind: str) -> str:
            places = " ".join(f"{x(epoch)},{y(value)}" for epoch, value in points)
            return f'<polyline class="{kind}" points="{places}"/>'

        grid = "".join(f'<line class="grid" x1="0" x2="100%" y1="{y(tick)}%" y2="{y(tick)}%"/>' for tick in up.ticks)
        below = "".join(
            f'<text x="{x(tick)}%" y="{self.high + 20}">{across.label(tick)}</text>'
            for tick in across.ticks
            if not self.whole or tick == round(tick)
        )
        beside = "".join(f'<text x="100%" y="{y(tick)}%" dx="-8" dy="5">{up.label(tick)}</text>' for tick in up.ticks)
        drawing, dots = "", ""
        for line in self.lines:
            thin = "".join(path(seed, "thin") for seed in line.seeds) if len(line.seeds) > 1 else ""
            title = f"<title>{escape(line.name)}</title>"
            drawing += f'<g class="{line.shade}">{title}{thin}{path(line.middle, "thick")}</g>'
            dots += f'<circle class="best {line.shade}" cx="{x(line.best[0])}%" cy="{y(line.best[1])}%" r="6"/>'
        inner = f'<svg viewBox="0 0 100 100" preserveAspectRatio="none" width="100%" height="100%">{drawing}</svg>'
        return beside, f"{grid}{below}{inner}{dots}", self._names(y)

    def _names(self, y) -> str:
        places = moved_apart(
            [
                self.high * y(line.middle[-1][1] if line.named_at is None else line.named_at) / 100
                for line in self.lines
            ],
            self.high,
        )
        return "".join(
            f'<g class="{line.shade}"><line class="key" x1="6" x2="26" y1="{place:.0f}" y2="{place:.0f}"/>'
            f'<text x="32" y="{place + 5:.0f}">{escape(line.name)}</text></g>'
            for line, place in zip(self.lines, places, strict=True)
        )


def curves_html(curves: Curves) -> Markup:
    """The picture as the page shows it, over the page's stylesheet."""
    beside, plot, names = curves.parts()
    return Markup(
        f'<div class="lines" role="img" aria-label="{escape(curves.says)}" style="--high: {curves.high}px">'
        f'<svg class="beside" aria-hidden="true">{beside}</svg><svg class="plot" aria-hidden="true">{plot}</svg>'
        f'<svg class="names" aria-hidden="true">{names}</svg><span class="under">{escape(curves.across)}</span></div>'
    )


def curves_svg(curves: Curves, title: str) -> str:
    """The picture as a file of its own, colours and title inside."""
    beside, plot, names = curves.parts()
    width, high = WIDE - LEFT - RIGHT, curves.high
    places = ((0, LEFT, "beside", beside), (LEFT, width, "plot", plot), (LEFT + width, RIGHT, "names", names))
    drawn = "".join(
        f'<svg class="{name}" x="{x}" y="48" width="{wide}" height="{high}" overflow="visible">{inside}</svg>\n'
        for x, wide, name, inside in places
    )
    under = f'<text x="{LEFT + width / 2:.0f}" y="{high + 94}" text-anchor="middle">{escape(curves.across)}</text>'
    return svg_file(high + 106, f"{title}: {curves.up}", f"{drawn}{under}\n", curves.says)


def svg_file(high: int, title: str, drawn: str, says: str = "") -> str:
    """A whole SVG file, `WIDE` × `high` pixels, around elements that are written already."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {high}" role="img" font-family="sans-serif" '
        f'font-size="13">\n<title>{escape(says or title)}</title>\n<style>{STYLE}</style>\n'
        f'<rect width="{WIDE}" height="{high}" fill="#fff"/>\n'
        f'<text x="{LEFT}" y="24" font-size="15" font-weight="600">{escape(title)}</text>\n{drawn}</svg>\n'
    )


def moved_apart(wanted: list[float], height: float, least: float = 22) -> list[float]:
    """The heights nearest to those wanted that keep `least` pixels between any two, inside of the picture."""
    order = sorted(range(len(wanted)), key=lambda one: wanted[one])
    placed, low = [0.0] * len(wanted), 8.0
    for one in order:
        placed[one] = low = max(wanted[one], low)
        low += least
    high = height - 8.0
    for one in reversed(order):
        placed[one] = min(placed[one], high)
        high = placed[one] - least
    return placed
