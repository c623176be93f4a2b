"""The pictures of the Evidence tab as SVG text: dots with whiskers on a common axis, and lines by epoch.

Positions across are percentages, so a picture takes the width of its place while type and strokes keep their size.
Colours are the page's CSS variables (evidence.css), so that light and dark need one picture.
"""

from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

STRIP, MIDDLE = 26, 13  # pixels: height of a strip, and where its whisker lies
SHADES = 8  # colours of evidence.css for models without one of their own
OWN_SHADES = ("content", "molar", "sasrec")


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


def axis(scale: Axis) -> str:
    """The scale's numbers, for the head of a column; the table itself says them to a screen reader."""
    places = [(f"{scale.at(tick)}%", scale.label(tick)) for tick in scale.ticks]
    marks = "".join(f'<text x="{x}" y="12">{at}</text><line x1="{x}" x2="{x}" y1="17" y2="22"/>' for x, at in places)
    return f'<svg class="ev-axis" height="22" aria-hidden="true">{marks}</svg>'


def strip(
    scale: Axis,
    value: float,
    ci: list[float] | None,
    says: str,
    *,
    shade: str = "",
    seeds: tuple[float, ...] = (),
    hollow: bool = False,
) -> str:
    """One dot with its whisker; an arrow at the edge where the dot lies beyond the axis."""
    grid = _grid(scale)
    if value > scale.high:
        drawn = f'<text class="beyond" x="100%" y="{MIDDLE + 6}">▸</text>'
    else:
        whisker = _whisker(scale.at(ci[0]), scale.at(ci[1])) if ci else ""
        small = "".join(f'<circle class="seed" cx="{scale.at(one)}%" cy="{MIDDLE + 9}" r="2"/>' for one in seeds)
        dot = f'<circle class="{"hollow" if hollow else "dot"}" cx="{scale.at(value)}%" cy="{MIDDLE}" r="5"/>'
        drawn = whisker + small + dot
    return f'<svg class="ev-strip {shade}" height="{STRIP}" role="img" aria-label="{escape(says)}">{grid}{drawn}</svg>'


def _whisker(low: float, high: float) -> str:
    """A bar with caps, which are seen even where the bar is hardly longer than the dot."""
    caps = "".join(f'<line class="cap" x1="{x}%" x2="{x}%" y1="{MIDDLE - 5}" y2="{MIDDLE + 5}"/>' for x in (low, high))
    return f'<line class="whisker" x1="{low}%" x2="{high}%" y1="{MIDDLE}" y2="{MIDDLE}"/>{caps}'


def _grid(scale: Axis) -> str:
    places = [(f"{scale.at(tick)}%", "grid" if tick else "zero") for tick in scale.ticks]
    return "".join(f'<line class="{kind}" x1="{x}" x2="{x}" y1="0" y2="{STRIP}"/>' for x, kind in places)


def points(scale: Axis, values: tuple[float, ...], says: str) -> str:
    """Hollow squares for numbers that have no interval."""
    square = f'<rect class="hollow" x="-5" y="{MIDDLE - 5}" width="10" height="10"/>'
    drawn = "".join(f'<svg x="{scale.at(one)}%" overflow="visible">{square}</svg>' for one in values)
    return f'<svg class="ev-strip" height="{STRIP}" role="img" aria-label="{escape(says)}">{_grid(scale)}{drawn}</svg>'


def shade_of(model: str, others: list[str]) -> str:
    """The CSS class that colours a model; `others` are the picture's models without a colour of their own, in order."""
    if model in OWN_SHADES:
        return f"shade-{model}"
    place = others.index(model)
    return f"shade-{place % SHADES}" + (" dashed" if place >= SHADES else "")


@dataclass(frozen=True)
class Line:
    """One model's learning curve: (epoch, value) of each seed, and what to draw thick."""

    name: str
    shade: str
    seeds: list[list[tuple[float, float]]]
    middle: list[tuple[float, float]]  # the only seed, or the mean over seeds
    best: tuple[float, float]  # epoch and value


def lines(drawn: list[Line], axes: tuple[str, str], says: str) -> str:
    """Lines by epoch, each named at its end; names that would lie upon each other are moved apart."""
    height = max(340, 24 * len(drawn) + 20)
    ends = [epoch for line in drawn for seed in line.seeds for epoch, _ in seed]
    tops = [value for line in drawn for seed in line.seeds for _, value in seed]
    across, up = Axis.over(min(min(ends), 1), max(ends), 8), Axis.over(0, max(tops) * 1.04)

    def x(epoch: float) -> float:
        return round(100 * (epoch - across.low) / (across.high - across.low), 2)

    def y(value: float) -> float:
        return round(100 - 100 * value / up.high, 2)

    def path(points: list[tuple[float, float]], kind: str) -> str:
        return f'<polyline class="{kind}" points="{" ".join(f"{x(epoch)},{y(value)}" for epoch, value in points)}"/>'

    grid = "".join(f'<line class="grid" x1="0" x2="100%" y1="{y(tick)}%" y2="{y(tick)}%"/>' for tick in up.ticks)
    below = "".join(
        f'<text x="{x(tick)}%" y="{height + 20}">{across.label(tick)}</text>'
        for tick in across.ticks
        if tick == round(tick)
    )
    beside = "".join(f'<text x="100%" y="{y(tick)}%" dx="-8" dy="5">{up.label(tick)}</text>' for tick in up.ticks)
    drawing, dots = "", ""
    for line in drawn:
        thin = "".join(path(seed, "thin") for seed in line.seeds) if len(line.seeds) > 1 else ""
        drawing += f'<g class="{line.shade}"><title>{escape(line.name)}</title>{thin}{path(line.middle, "thick")}</g>'
        dots += f'<circle class="best {line.shade}" cx="{x(line.best[0])}%" cy="{y(line.best[1])}%" r="6"/>'
    places = _apart([height * y(line.middle[-1][1]) / 100 for line in drawn], height)
    names = "".join(
        f'<g class="{line.shade}"><line class="key" x1="6" x2="26" y1="{place:.0f}" y2="{place:.0f}"/>'
        f'<text x="32" y="{place + 5:.0f}">{escape(line.name)}</text></g>'
        for line, place in zip(drawn, places, strict=True)
    )
    return (
        f'<div class="lines" role="img" aria-label="{escape(says)}" style="--high: {height}px">'
        f'<svg class="beside" aria-hidden="true">{beside}</svg><svg class="plot" aria-hidden="true">{grid}{below}'
        f'<svg viewBox="0 0 100 100" preserveAspectRatio="none" width="100%" height="100%">{drawing}</svg>{dots}</svg>'
        f'<svg class="names" aria-hidden="true">{names}</svg><span class="under">{escape(axes[0])}</span></div>'
    )


def _apart(wanted: list[float], height: float, least: float = 22) -> list[float]:
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
