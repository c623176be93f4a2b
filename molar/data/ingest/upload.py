"""A received catalogue through the loader's checks, and what is left of it without its bad rows."""

from dataclasses import dataclass, replace

from molar.core import schema as c
from molar.core.errors import MolarError
from molar.data.csv_reader import ERROR, Problem
from molar.data.dataset import Dataset, open_dataset
from molar.data.images import IMAGES_FOLDER
from molar.data.ingest.archive import Received
from molar.data.validation import ITEMS_FILE, inspect

MOST_ITEMS = 500  # about a second an item on two cores, and one encoder serves all visitors
MOST_COLUMNS = 60


@dataclass(frozen=True)
class Checked:
    """What the checks say. `dataset` is None where there are errors; `dropped` names the rows that can be left out."""

    dataset: Dataset | None
    problems: list[Problem]
    dropped: list[tuple[int, str]]  # (spreadsheet row, title or item id), [] when leaving rows out does not help
    left: int  # items without them

    @property
    def errors(self) -> list[Problem]:
        """The problems that keep the catalogue from being used; the others are warnings."""
        return [problem for problem in self.problems if problem.severity == ERROR]


def check_upload(received: Received) -> Checked:
    """Check the folder as `molar.data.validation` does, without histories. Raises MolarError for a catalogue that is too large,
    and for a table whose pictures were left behind."""
    dataset, problems = open_dataset(received.root, interactions=None)
    found = inspect(received.root, None) if dataset is None else None
    items = found.items if found else dataset.items
    if len(items) > MOST_ITEMS or len(items.columns) > MOST_COLUMNS:
        raise MolarError(
            f"The table has {len(items):,} rows and {len(items.columns)} columns; up to {MOST_ITEMS} rows and "
            f"{MOST_COLUMNS} columns are taken here. For more, use python -m molar encode on your own machine."
        )
    if dataset is not None:
        return Checked(dataset, problems, [], dataset.n_items)
    named = int((items[c.IMAGE] != "").sum()) if c.IMAGE in items else 0
    if named and not received.refused and not any((received.root / IMAGES_FOLDER).glob("*")):
        raise MolarError(
            f"The table names {named:,} pictures and none came with it: choose the table and its pictures together, or one "
            "zip of both."
        )
    problems = [_with_reason(problem, items, received.refused) for problem in problems]
    errors = [problem for problem in problems if problem.severity == ERROR]
    rows = sorted({problem.row for problem in errors if _in_row(problem)})
    left = len(items) - len(rows)
    if left < 1 or not all(map(_in_row, errors)):
        return Checked(None, problems, [], 0)
    name = c.TITLE if c.TITLE in items else c.ITEM
    return Checked(None, problems, [(row, items.at[row, name]) for row in rows if row in items.index], left)


def without_bad_rows(received: Received, checked: Checked) -> Checked:
    """Rewrite items.csv without the rows in `checked.dropped`, and check it again."""
    path = received.root / ITEMS_FILE
    items = inspect(received.root, None).items.drop(index=[row for row, _ in checked.dropped])
    path.write_text(items.to_csv(index=False), encoding="utf-8", newline="")
    return check_upload(received)


def _in_row(problem: Problem) -> bool:
    return problem.file == ITEMS_FILE and problem.row is not None and problem.row > 1


def _with_reason(problem: Problem, items, refused: dict[str, str]) -> Problem:
    """A picture that was refused at reading is missing in the folder: tell why instead."""
    if problem.column == c.IMAGE and problem.row in items.index:
        name = items.at[problem.row, c.IMAGE]
        if name in refused:
            return replace(problem, what=f'"{name}": {refused[name]}')
    return problem
