"""Sections as HTML for the page. Text enters through a template that escapes it; only our own pictures do not."""

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import groupby
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from molar.reporting import charts, labels
from molar.reporting.charts import Axis
from molar.reporting.tables import (
    DIFFERENCES,
    SHARES,
    VALUES,
    Cell,
    Column,
    Difference,
    Measured,
    Quoted,
    Row,
    Section,
    Table,
)

SHOWN_WEIGHTS, SHOWN_COMMANDS = 6, 3  # more are folded away


def sections_html(sections: Iterable[Section]) -> Markup:
    """The sections, one under the other."""
    return Markup(_template("sections.html").render(sections=[_section(one) for one in sections]))


@cache
def _template(name: str):
    folder = FileSystemLoader(Path(__file__).parent / "templates")
    made = Environment(loader=folder, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.globals.update(shown_weights=SHOWN_WEIGHTS, shown_commands=SHOWN_COMMANDS)
    return made.get_template(name)


def number(value: float, sign: str = "") -> str:
    """A number with a true minus sign. Large ones need fewer digits."""
    return format(value, f"{sign}.{3 if abs(value) < 10 else 1}f").replace("-", "−")


def said(cell: Cell) -> list[str]:
    """A cell's number, and what stands behind it: spread over seeds, interval, p-value, the same of shuffled pairs."""
    if isinstance(cell, Quoted):
        return [" / ".join(map(number, cell.values))]
    if not isinstance(cell, Measured):
        return [cell or "–"]
    sign = "+" if isinstance(cell, Difference) else ""
    told = [number(cell.value, sign)]
    if cell.sd is not None and not sign:
        told.append(f"± {number(cell.sd)}")
    if cell.ci:
        told.append(f"[{number(cell.ci[0], sign)}, {number(cell.ci[1], sign)}]")
    if isinstance(cell, Difference) and cell.p is not None:
        told[-1] += ","
        told.append(_probability(cell.p, cell.corrected))
    if cell.shuffled is not None:
        told.append(f"shuffled {number(cell.shuffled)}")
    return told


def _probability(p: float, corrected: bool) -> str:
    """A p-value, as it stands behind a difference."""
    told = "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
    return f"{told} after Holm’s correction" if corrected else f"{told}, uncorrected"


def _section(section: Section) -> dict:
    return {
        "title": section.title,
        "notes": [*section.notes, *filter(None, [section.legend])],
        "after": section.after,
        "curves": charts.curves_html(section.curves) if section.curves else section.picture,
        "table": _table(section.table, section.title) if section.table else None,
        "source": section.source,
    }


def _table(table: Table, title: str) -> dict:
    """What the template needs of a table: heads with their axes, groups of rows, parts to be folded away."""
    scales = {name: scale for name in (VALUES, SHARES, DIFFERENCES) if (scale := _scale(table, name))}
    parts = [table.rows]
    if table.shown and len(table.rows) > table.shown:
        parts = [table.rows[: table.shown], table.rows[table.shown :]]
    beyond = any(
        isinstance(cell, Measured) and column.axis in scales and cell.value > scales[column.axis].high
        for row in table.rows
        for column, cell in zip(table.columns, row.cells, strict=True)
    )
    return {
        "title": title,
        "layout": table.layout,
        "first": table.first,
        "width": len(table.columns) + 1,
        "heads": [(one, charts.axis(scales[one.axis]) if one.axis in scales else "") for one in table.columns],
        "parts": [
            [
                (name, [_row(row, table.columns, scales) for row in rows])
                for name, rows in groupby(part, lambda row: row.group)
            ]
            for part in parts
        ],
        "folded": len(parts[-1]) if len(parts) > 1 else 0,
        "beyond": beyond,
    }


def _scale(table: Table, name: str) -> Axis | None:
    """The axis that all columns of this name share. That of values fits the models: oracles would press them all to the
    left edge. A share has an end of its own, 1."""
    cells = [
        (row, cell)
        for row in table.rows
        for column, cell in zip(table.columns, row.cells, strict=True)
        if column.axis == name and isinstance(cell, Measured | Quoted)
    ]
    if not cells:
        return None
    if name == SHARES:
        return Axis.over(0, 1)
    edges = [edge for row, cell in cells if row.label not in labels.LIMITS for edge in cell.edges]
    edges = edges or [edge for _, cell in cells for edge in cell.edges]
    return Axis.over(min(0.0, *edges), max(0.0, *edges))


def _row(row: Row, columns: Sequence[Column], scales: dict[str, Axis]) -> dict:
    cells = [_cell(row, column, cell, scales.get(column.axis)) for column, cell in zip(columns, row.cells, strict=True)]
    kind = "elsewhere" if row.elsewhere else row.shade or charts.shade_of(row.label)
    return {"name": row.name, "epochs": row.epochs, "kind": kind, "cells": cells, "elsewhere": row.elsewhere}


def _cell(row: Row, column: Column, cell: Cell, scale: Axis | None) -> dict:
    """The number and what stands behind it; with an axis, its picture."""
    told, metric = said(cell), labels.metric_name(column.metric)
    says = f"{column.head}:" if metric in column.head else f"{column.head}: {metric}"
    picture = _picture(row, cell, scale, f"{row.name}, {says} {' '.join(told)}")
    instead = cell is None or (column.axis and isinstance(cell, str))  # of a number
    kind = "none" if instead else "text" if isinstance(cell, str) else ""
    return {"kind": kind, "told": told[0], "behind": told[1:], "picture": picture}


def _picture(row: Row, cell: Cell, scale: Axis | None, says: str) -> str:
    if scale is None or not isinstance(cell, Measured | Quoted):
        return ""
    if isinstance(cell, Quoted):
        return charts.squares(scale, cell.values, says)
    if isinstance(cell, Difference):
        way = ("up" if cell.value > 0 else "down") if cell.significant else "same"
        hollow, shade = not cell.significant, f"way-{way}"
    else:
        hollow, shade = row.label in labels.LIMITS, charts.shade_of(row.label)
    return charts.strip(scale, cell.value, cell.ci, says, shade=shade, seeds=cell.seeds, hollow=hollow)
