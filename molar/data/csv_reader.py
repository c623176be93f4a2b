"""Read a CSV table as a spreadsheet shows it, and note every mistake with its file, row and column."""

import csv
import gzip
import io
import zlib
from pathlib import Path

import numpy as np
import pandas as pd

from molar.data.problems import Problem

SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}

LONGEST_CELL = 2**24  # characters; a long description is no mistake, the default of 128 KiB would make it one


def stored_table(path: Path) -> Path:
    """Where a table is: at `path`, or, where only that is there, gzipped beside it (`interactions.csv.gz`)."""
    packed = path.with_name(f"{path.name}.gz")
    return packed if packed.is_file() and not path.is_file() else path


def read_table(path: Path) -> tuple[pd.DataFrame | None, list[Problem]]:
    """The cells of a CSV file as text ("" when empty), indexed by spreadsheet row, and what is wrong with the file.

    A line break inside quotes stays inside its cell, so it does not shift the row numbers; empty rows are left out but
    counted. Bytes that are not UTF-8 are reported cell by cell. The table is None where no cell can be trusted.
    A file of that name with `.gz` behind it will do as well (`stored_table`).
    """
    path = stored_table(path)
    name = path.name
    if not path.is_file():
        return None, [Problem(name, None, None, "this file is missing")]
    raw = path.read_bytes()
    if name.endswith(".gz"):
        try:
            raw = gzip.decompress(raw)
        except (OSError, EOFError, zlib.error):
            return None, [
                Problem(name, None, None, "the file cannot be unpacked; pack it again with gzip, or leave it unpacked")
            ]
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return None, [Problem(name, 1, None, "the file is written in UTF-16; save it as CSV in UTF-8")]
    try:
        text, broken = raw.decode("utf-8-sig"), False
    except UnicodeDecodeError:
        text, broken = raw.decode("utf-8-sig", errors="surrogateescape"), True
    if not text.strip():
        return None, [Problem(name, None, None, "the file is empty")]

    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    problems: list[Problem] = []
    try:
        header = [cell.strip() for cell in next(reader)]
        problems += _header_problems(name, header)
        cells, rows = plain_rows(text, len(header)) or parsed_rows(reader, name, len(header), problems)
    except csv.Error as error:
        what = f"a quotation mark is opened and not closed, or followed by stray text ({error})"
        return None, [*problems, Problem(name, _records(text), None, what)]
    if len(set(header)) < len(header):
        return None, problems
    grid = np.array(cells, dtype=object).reshape(len(rows), len(header))
    table = pd.DataFrame({column: grid[:, at] for at, column in enumerate(header)}, index=rows, dtype=object)
    if broken:
        problems += _wrong_bytes(name, table, header)
        table = table.map(_printable).rename(columns=_printable)
        if not table.columns.is_unique:
            return None, problems
    if not rows:
        problems.append(Problem(name, None, None, "the table has a header and no rows"))
    return table, problems


def plain_rows(text: str, width: int) -> tuple[list[str], list[int]] | None:
    """What `parsed_rows` would give, ten times as fast, of a table that needs no parser: no quotes, each line a whole row
    with something in it. None for any other."""
    lines = text.removesuffix("\n").split("\n")[1:]
    if any(mark in text for mark in '"\r\0') or "," * (width - 1) in lines:
        return None
    if any(line.count(",") != width - 1 for line in lines):
        return None
    return ",".join(lines).split(",") if lines else [], list(range(2, len(lines) + 2))


def parsed_rows(reader, name: str, width: int, problems: list[Problem]) -> tuple[list[str], list[int]]:
    """All cells row by row in one flat list (a million short lists would cost far more), and their row numbers."""
    cells: list[str] = []
    rows: list[int] = []
    for number, row in enumerate(reader, start=2):
        if len(row) != width:
            if not any(row):
                continue
            if any(row[width:]) or len(row) < width:
                problems.append(Problem(name, number, None, f"{len(row)} cells where the header has {width}"))
            row = (row + [""] * width)[:width]
        elif not any(row):
            continue
        cells += row
        rows.append(number)
    return cells, rows


def _header_problems(name: str, header: list[str]) -> list[Problem]:
    problems = []
    if len(header) == 1:
        for mark, word in SEPARATORS.items():
            if mark in header[0]:
                problems.append(Problem(name, 1, None, f"the cells are separated by {word}; save the file with commas"))
    for column in sorted({column for column in header if header.count(column) > 1}):
        problems.append(
            Problem(name, 1, _printable(column) or None, "two columns have this name" if column else "unnamed columns")
        )
    return problems


def _wrong_bytes(name: str, table: pd.DataFrame, header: list[str]) -> list[Problem]:
    """`surrogateescape` has left each wrong byte b as the character U+DC00 + b, so the cells themselves show them."""
    problems = []
    for column in header:
        if _wrong_byte(column):
            problems.append(Problem(name, 1, None, f"byte {_wrong_byte(column)} is not UTF-8; save the file as UTF-8"))
        for row, cell in table[column].items():
            if byte := _wrong_byte(cell):
                problems.append(
                    Problem(name, row, _printable(column), f"byte {byte} is not UTF-8; save the file as UTF-8")
                )
    return problems


def _wrong_byte(cell: str) -> str:
    return next((f"0x{ord(letter) - 0xDC00:02x}" for letter in cell if "\udc80" <= letter <= "\udcff"), "")


def _printable(cell: str) -> str:
    """Later messages quote cells, and a lone surrogate cannot be printed."""
    return cell.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _records(text: str) -> int:
    """The number of the row at which strict reading stops."""
    count = 0
    try:
        for _ in csv.reader(io.StringIO(text, newline=""), strict=True):
            count += 1
    except csv.Error:
        pass
    return count + 1


def read_numbers(name: str, cells: pd.Series, *, whole: bool, needed: bool) -> tuple[np.ndarray, list[Problem]]:
    """The cells as int64 (`whole`) or float64, and the cells that are no such number."""
    values = pd.to_numeric(cells, errors="coerce").to_numpy()
    if values.dtype == np.int64:
        return values, []
    values = values.astype(np.float64)
    wrong = ~np.isfinite(values) | (np.abs(values) >= 2.0**53)  # from there on float64 would merge neighbours
    if whole:
        with np.errstate(invalid="ignore"):
            wrong |= values != np.floor(values)
    if not needed:
        wrong &= (cells != "").to_numpy()
    kind = "a whole number" if whole else "a number"
    problems = [Problem(name, row, cells.name, f'"{cell}" is not {kind}') for row, cell in cells[wrong].items()]
    return (values.astype(np.int64) if whole and not problems else values), problems
