"""Learning curves as a plain SVG: validation NDCG@10 by epoch, a colour a model, a line a seed, its best epoch marked.

Written by hand rather than by a plotting library, so that the same curves give the same bytes everywhere and a
difference in the file is a difference in the numbers.
"""

from math import ceil, floor, log10
from xml.sax.saxutils import escape

COLOURS = ("#0b6e75", "#c8452d", "#5b4fa2", "#b07a10", "#2f7d32", "#a3246b", "#3b6fb6", "#6b6b6b", "#8a4b1f", "#111111")
WIDTH, HEIGHT = 860, 420
LEFT, RIGHT, TOP, BOTTOM = 64, 210, 44, 48  # margins; the legend stands in the right one
TICKS = 6


def curves_svg(curves: list[dict], title: str) -> str:
    """The SVG of `curves`, as `molar.experiments.curves` keeps them, each with one epoch or more."""
    values = [point["ndcg@10"] for curve in curves for point in curve["curve"]]
    last = max(point["epoch"] for curve in curves for point in curve["curve"])
    models = list(dict.fromkeys(curve["model"] for curve in curves))
    colours = {model: COLOURS[place % len(COLOURS)] for place, model in enumerate(models)}
    ticks = nice_ticks(0.0, max(values))

    def x(epoch: float) -> float:
        return LEFT + (epoch - 1) / max(1, last - 1) * (WIDTH - LEFT - RIGHT)

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - value / ticks[-1] * (HEIGHT - TOP - BOTTOM)

    told = f"{title}: validation NDCG@10 by epoch of {', '.join(models)}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        'font-family="sans-serif" font-size="13">',
        f"<title>{escape(told)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="24" font-size="15" font-weight="600">{escape(title)}</text>',
        *_axes(ticks, last, x, y),
    ]
    for curve in curves:
        parts += _line(curve["curve"], colours[curve["model"]], x, y)
    for place, model in enumerate(models):
        seeds = sum(curve["model"] == model for curve in curves)
        name = f"{model}, {seeds} seeds" if seeds > 1 else model
        height = TOP + 10 + 22 * place
        parts.append(f'<path d="M{WIDTH - RIGHT + 18} {height}h24" stroke="{colours[model]}" stroke-width="3"/>')
        parts.append(f'<text x="{WIDTH - RIGHT + 50}" y="{height + 4}">{escape(name)}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _axes(ticks: list[float], last: int, x, y) -> list[str]:
    parts = []
    for tick in ticks:
        parts.append(f'<path d="M{LEFT} {y(tick):.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y(tick) + 4:.1f}" text-anchor="end" fill="#444">{tick:.3g}</text>')
    for epoch in whole_ticks(last):
        parts.append(
            f'<text x="{x(epoch):.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle" fill="#444">{epoch}</text>'
        )
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text x="{middle:.1f}" y="{HEIGHT - 8}" text-anchor="middle" fill="#444">epoch</text>')
    parts.append(
        f'<text transform="translate(16 {(TOP + HEIGHT - BOTTOM) / 2:.1f}) rotate(-90)" text-anchor="middle" '
        'fill="#444">validation NDCG@10</text>'
    )
    return parts


def _line(points: list[dict], colour: str, x, y) -> list[str]:
    places = " ".join(f"{x(point['epoch']):.1f},{y(point['ndcg@10']):.1f}" for point in points)
    best = max(points, key=lambda point: point["ndcg@10"])  # the first of equals, as training keeps it
    return [
        f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="1.8" stroke-linejoin="round"/>',
        f'<circle cx="{x(best["epoch"]):.1f}" cy="{y(best["ndcg@10"]):.1f}" r="4" fill="{colour}"/>',
    ]


def nice_ticks(low: float, high: float) -> list[float]:
    """About TICKS round numbers from `low` to the first one not below `high`, which must be above `low`."""
    high = high if high > low else low + 0.1
    rough = (high - low) / TICKS
    power = 10.0 ** floor(log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))
    return [round(low + step * place, 10) for place in range(ceil((high - low) / step - 1e-9) + 1)]


def whole_ticks(last: int) -> list[int]:
    """A few epochs from 1 to `last`."""
    step = max(1, round(nice_ticks(0, last)[1]))
    return [1, *range(step if step > 1 else 2, last + 1, step)]
