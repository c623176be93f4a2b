"""A received catalogue through the loader's checks, and what is left of it without its bad rows.

The table is parsed once and each picture opened once (at reception): leaving rows out works on what was parsed.
"""

from dataclasses import dataclass, replace

from molar.core import schema as c
from molar.core.errors import MolarError
from molar.data.dataset import Dataset, number_dataset
from molar.data.images import IMAGES_FOLDER
from molar.data.ingest.archive import Received
from molar.data.ingest.limits import MAX_COLUMNS, MAX_ITEMS
from molar.data.problems import ERROR, Problem
from molar.data.validation import ITEMS_FILE, Inspection, inspect, without_rows


@dataclass(frozen=True)
class Checked:
    """What the checks say. `dataset` is None where there are errors; `dropped` names the rows that can be left out."""

    found: Inspection
    dataset: Dataset | None
    problems: list[Problem]  # as `found` has them, with the reason where a picture was refused at reception
    dropped: list[tuple[int, str]]  # (spreadsheet row, title or item id), [] when leaving rows out does not help
    left: int  # items without them

    @property
    def errors(self) -> list[Problem]:
        """The problems that keep the catalogue from being used; the others are warnings."""
        return [problem for problem in self.problems if problem.severity == ERROR]


def check_upload(received: Received) -> Checked:
    """Check the folder as `molar.data.validation` does, without histories. Raises MolarError for a catalogue that is too large,
    and for a table whose pictures were left behind."""
    return _checked(received, inspect(received.root, None, error_of=received.decoding_error))


def without_bad_rows(received: Received, checked: Checked) -> Checked:
    """Check what is left without the rows in `checked.dropped`. Raises MolarError as `check_upload` does."""
    rows = [row for row, _ in checked.dropped]
    return _checked(received, without_rows(received.root, checked.found, rows, error_of=received.decoding_error))


def _checked(received: Received, found: Inspection) -> Checked:
    items = found.items
    if len(items) > MAX_ITEMS or len(items.columns) > MAX_COLUMNS:
        raise MolarError(
            f"The table has {len(items):,} rows and {len(items.columns)} columns; up to {MAX_ITEMS} rows and "
            f"{MAX_COLUMNS} columns are taken here. For more, use python -m molar encode on your own machine."
        )
    if not found.errors:
        return Checked(found, number_dataset(received.root, found), found.problems, [], len(items))
    named = int((items[c.IMAGE] != "").sum()) if c.IMAGE in items else 0
    if named and not received.refused and not any((received.root / IMAGES_FOLDER).glob("*")):
        raise MolarError(
            f"The table names {named:,} pictures and none came with it: choose the table and its pictures together, or one "
            "zip of both."
        )
    problems = [_with_reason(problem, items, received.refused) for problem in found.problems]
    errors = [problem for problem in problems if problem.severity == ERROR]
    rows = sorted({problem.row for problem in errors if problem.row is not None and _in_row(problem)})
    left = len(items) - len(rows)
    if left < 1 or not all(map(_in_row, errors)):
        return Checked(found, None, problems, [], 0)
    name = c.TITLE if c.TITLE in items else c.ITEM
    return Checked(found, None, problems, [(row, items.at[row, name]) for row in rows if row in items.index], left)


def _in_row(problem: Problem) -> bool:
    return problem.file == ITEMS_FILE and problem.row is not None and problem.row > 1


def _with_reason(problem: Problem, items, refused: dict[str, str]) -> Problem:
    """A picture that was refused at reading is missing in the folder: the reason is reported instead."""
    if problem.column == c.IMAGE and problem.row in items.index:
        name = items.at[problem.row, c.IMAGE]
        if name in refused:
            return replace(problem, what=f'"{name}": {refused[name]}')
    return problem
