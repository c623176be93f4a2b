"""What training costs: epochs, time and memory of every trained model of a results file."""

from collections.abc import Sequence
from statistics import mean

from molar.reporting import labels
from molar.reporting.rows import Results
from molar.reporting.tables import Column, Row, Section, Source, Table

TITLE = "What training costs"
NOTE = (
    "Epochs that each model had, seconds without validation, items predicted a second, and the most memory that the process held, "
    "data and libraries included; means over seeds. They are of whatever machine trained, and of what else ran there: compare "
    "orders of magnitude."
)
HEAD = ("epochs", "seconds", "seconds an epoch", "items a second", "peak memory, MB")


def cost(results: Results) -> Section | None:
    """One row a trained model, as far as rows or learning curves tell; None where nothing does."""
    rows, told = [], []
    for label in results.models:
        epochs, own, curves = results.epochs(label), results.rows_of(label), results.curves_of(label)
        seconds = _metric(own, "training_seconds") or _seconds(curves)
        if not epochs and not seconds:
            continue
        each = mean(seconds) / mean(results.epoch_counts(label)) if seconds and epochs else None
        cells = [
            epochs or "–",
            *map(_number, (mean(seconds) if seconds else None, each)),
            *(_number(_mean(_metric(own, name))) for name in ("targets_per_second", "peak_memory_mb")),
        ]
        rows.append(Row(labels.model(label), cells, label, seeds=results.seeds(label)))
        told += own or curves
    if not rows:
        return None
    table = Table("model", [Column(head) for head in HEAD], rows, layout="ev-numbers")
    return Section(TITLE, [NOTE], table=table, source=Source.of(told, results.splits))


def _metric(rows: Sequence[dict], name: str) -> list[float]:
    return [row["metrics"][name] for row in rows if name in row["metrics"]]


def _seconds(curves: Sequence[dict]) -> list[float]:
    """Of learning curves that tell them."""
    told = [curve["curve"] for curve in curves if curve["curve"]]
    return [sum(epoch["seconds"] for epoch in one) for one in told if all("seconds" in epoch for epoch in one)]


def _mean(values: Sequence[float]) -> float | None:
    return mean(values) if values else None


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}" if value >= 100 else f"{value:.1f}"
