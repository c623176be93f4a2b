"""Sections and tables as Markdown for the documents."""

from collections.abc import Sequence

from molar.reporting import labels
from molar.reporting.tables import Cell, Column, Difference, Quoted, Row, Section, Source, Table

BOLD = (labels.DEFAULT, "molar-fused")  # the models whose names are printed bold


def section_lines(section: Section, *, level: int = 2, picture: str = "", source: bool = True) -> list[str]:
    """A section under a heading of this level; `picture` names the files that show its curves, less `Curves.key`
    and the suffix."""
    lines = [f"{'#' * level} {escaped(section.title)}", "", *_paragraphs(section.notes)]
    if section.curves and picture:
        lines += [f"![{escaped(section.title)}: {section.curves.up}]({picture}{section.curves.key}.svg)", ""]
    lines += [*table_lines(section.table), ""] if section.table else []
    lines += _paragraphs(section.after)
    return [*lines, *source_lines(section.source), ""] if source and section.source else lines


def _paragraphs(found: Sequence[str]) -> list[str]:
    return [line for one in found for line in (one.replace("<", "&lt;"), "")]


def table_lines(table: Table) -> list[str]:
    """The lines of a table. The group of its rows has a column where it needs one, and so have seeds and epochs where rows
    tell them."""
    seeds, epochs = any(row.seeds for row in table.rows), any(row.epochs for row in table.rows)
    heads = [table.groups] * bool(table.groups) + [table.first] + ["seeds"] * seeds + ["epochs"] * epochs
    heads += map(_head, table.columns)
    lines = [_line(list(map(escaped, heads))), "|---" * len(heads) + "|"]
    for row in table.rows:
        first = [row.group] * bool(table.groups) + [_name(row)] + [row.seeds] * seeds + [row.epochs] * epochs
        lines.append(_line([*map(escaped, first), *map(cell_text, row.cells)]))
    return lines


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def escaped(text: str) -> str:
    """A bar would end a cell, an angle bracket might begin a tag."""
    return text.replace("|", "\\|").replace("<", "&lt;")


def _head(column: Column) -> str:
    return f"{column.head} ({column.small})" if column.small else column.head


def _name(row: Row) -> str:
    if row.elsewhere:
        return f"*{row.name}*"
    return f"**{row.name}**" if row.label in BOLD else row.name


def cell_text(cell: Cell) -> str:
    """A cell: a value with its interval, or mean ± standard deviation over seeds; a difference with p; text as it is."""
    if cell is None:
        return "–"
    if isinstance(cell, str):
        return escaped(cell)
    if isinstance(cell, Quoted):
        return " / ".join(f"{value:.4f}".removeprefix("0") for value in cell.values)
    if isinstance(cell, Difference):
        return _difference(cell)
    told = f"{cell.value:.3f}"
    if cell.sd is not None:
        told += f" ± {cell.sd:.3f}"
    elif cell.ci:
        told += f" [{cell.ci[0]:.3f}, {cell.ci[1]:.3f}]"
    return told if cell.shuffled is None else f"{told} (shuffled {cell.shuffled:.3f})"


def _difference(cell: Difference) -> str:
    told = f"{cell.value:+.3f}" + (f" [{cell.ci[0]:+.3f}, {cell.ci[1]:+.3f}]" if cell.ci else "")
    if cell.p is None:
        return told
    return f"{told}, p {'< .001' if cell.p < 0.001 else f'= {cell.p:.3f}'.replace('0.', '.', 1)}"


def source_lines(source: Source, *, weights: bool = True) -> list[str]:
    """What made numbers: data, split, commands, weights."""
    told = f"Data {_codes(source.data)}"
    told += f", split {_codes(source.splits)}" if source.splits else ""
    lines = [f"{told}, by {_codes(source.commands)}."]
    if weights and source.weights:
        lines.append(f"Weights: {', '.join(f'{escaped(name)} `{digits}`' for name, digits in source.weights)}.")
    return lines


def _codes(found: Sequence[str]) -> str:
    return ", ".join(f"`{one}`" for one in found)
