"""Check a dataset folder whole, before anything is computed from it, and report all problems together.

What is an error (nothing is loaded) and what a warning (it is loaded, and this is what happens):

- A missing column, an empty or repeated item id, an empty title, a row of the wrong width, a byte that is not UTF-8,
  a purchase of an unknown item, the same user and item twice (an item seen before is never ranked), a cell that must
  be a number and is not: errors.
- A picture that is named but absent, unreadable, or outside `images/`: an error. An empty `image`: a warning, the item
  is encoded from its text alone.
- Order of histories: `order` gives positions within a user, so a position used twice is an error; where `timestamp` is
  given too, it must not contradict `order`. With `timestamp` alone, rows are sorted by time and rows of one time keep
  their order in the file. Rows that the file does not hold in time order are a warning: they are sorted.
- `available_from` of items.csv holds what `timestamp` would hold, or nothing: anything else is an error. A purchase before
  that time is a warning (it stays); so is the column where histories have no `timestamp` to compare it with (it is ignored).
"""

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from molar.core import schema as c
from molar.core.errors import MolarError
from molar.data.availability import bought_too_early, read_availability
from molar.data.csv_reader import read_numbers, read_table
from molar.data.images import IMAGES_FOLDER, ErrorOf, decoding_error, picture_problem
from molar.data.problems import ERROR, WARNING, Problem, describe
from molar.data.text_columns import encoded_columns

ITEMS_FILE = "items.csv"
SETTINGS_FILE = "dataset.json"


class DatasetError(MolarError):
    """A dataset folder has errors; `problems` lists them all."""

    def __init__(self, root: Path, problems: list[Problem]):
        self.problems = problems
        super().__init__(f"the dataset {root} cannot be used:\n{describe(problems)}")


@dataclass
class Inspection:
    """What was read, and what is wrong with it. Arrays are only to be used when there is no error."""

    items: pd.DataFrame = field(default_factory=pd.DataFrame)
    settings: dict = field(default_factory=dict)
    user_ids: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=object))
    users: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.int64))  # (n,) index into user_ids
    numbers: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.int64))  # (n,) item number, 0 = unknown
    times: np.ndarray | None = None  # (n,) int64
    order: np.ndarray | None = None  # (n,) int64
    available_from: np.ndarray | None = None  # (n_items + 1,) int64, see `molar.data.availability`
    problems: list[Problem] = field(default_factory=list)

    @property
    def errors(self) -> list[Problem]:
        """The problems that keep the dataset from being used; the others are warnings."""
        return [problem for problem in self.problems if problem.severity == ERROR]


def inspect(root: Path, interactions: str | None, *, error_of: ErrorOf | None = decoding_error) -> Inspection:
    """Read and check everything; the one pass behind `load_dataset`. Never raises for what the folder holds.

    `error_of`: how pictures are decoded, see `molar.data.images.picture_problem`.
    """
    found = Inspection()
    if not root.is_dir():
        found.problems.append(Problem(str(root), None, None, "there is no such dataset folder"))
        return found
    items, problems = read_table(root / ITEMS_FILE)
    found.problems += problems
    if items is not None:
        found.items = items
        _check_items(root, found, error_of)
    _read_settings(root, found)
    _check_encoded_columns(found)
    if interactions is not None:
        _check_interactions(root / interactions, found)
    return found


def without_rows(
    root: Path, found: Inspection, rows: list[int], *, error_of: ErrorOf | None = decoding_error
) -> Inspection:
    """A catalogue without histories as it would be without these rows of items.csv, checked again from the parsed table.

    Rows keep the numbers that they have in the file.
    """
    left = Inspection(items=found.items.drop(index=rows), settings=found.settings)
    _check_items(root, left, error_of)
    _check_encoded_columns(left)
    return left


def _check_items(root: Path, found: Inspection, error_of: ErrorOf | None) -> None:
    items, problems = found.items, found.problems
    missing = [column for column in (c.ITEM, c.TITLE) if column not in items]
    problems += [Problem(ITEMS_FILE, 1, column, "this column is missing") for column in missing]
    problems += _empty_cells(ITEMS_FILE, items, [column for column in (c.ITEM, c.TITLE) if column in items])
    if c.ITEM in items:
        first_rows: dict[str, int] = {}
        for row, item_id in items[c.ITEM].items():
            if item_id.strip() and first_rows.setdefault(item_id, row) != row:
                what = f'item "{item_id}" is already in row {first_rows[item_id]}'
                problems.append(Problem(ITEMS_FILE, row, c.ITEM, what))
    found.available_from, no_times = read_availability(ITEMS_FILE, items)
    problems += no_times
    if c.IMAGE not in items:
        what = "there is no such column: items are encoded from their text alone"
        problems.append(Problem(ITEMS_FILE, 1, c.IMAGE, what, WARNING))
        return
    if (root / IMAGES_FOLDER).is_symlink():
        problems.append(Problem(IMAGES_FOLDER, None, None, "this folder is a link; put the pictures themselves here"))
        return
    wrong = {name: picture_problem(root, name, error_of) for name in dict.fromkeys(items[c.IMAGE]) if name}
    for row, name in items[c.IMAGE].items():
        if not name:
            what = "no picture is named: the item is encoded from its text alone"
            problems.append(Problem(ITEMS_FILE, row, c.IMAGE, what, WARNING))
        elif wrong[name]:
            problems.append(Problem(ITEMS_FILE, row, c.IMAGE, wrong[name]))


def _read_settings(root: Path, found: Inspection) -> None:
    """`dataset.json` may give `name`, `encoded_columns` and `note`."""
    path, problems = root / SETTINGS_FILE, found.problems
    if not path.exists():
        return
    try:
        settings = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        problems.append(Problem(SETTINGS_FILE, None, None, f"this is not readable JSON ({error})"))
        return
    if not isinstance(settings, dict):
        problems.append(Problem(SETTINGS_FILE, None, None, 'a JSON object is needed, such as {"name": "Shop"}'))
        return
    for key, value in settings.items():
        if key not in ("name", "note", "encoded_columns"):
            problems.append(Problem(SETTINGS_FILE, None, key, "unknown key; known are name, note, encoded_columns"))
        elif key == "encoded_columns":
            if not isinstance(value, list) or not all(isinstance(column, str) for column in value):
                problems.append(Problem(SETTINGS_FILE, None, key, "a list of column names is needed"))
                return
        elif not isinstance(value, str):
            problems.append(Problem(SETTINGS_FILE, None, key, "a text is needed"))
            return
    found.settings = settings


def _check_encoded_columns(found: Inspection) -> None:
    if not found.items.empty:
        wrong = encoded_columns(found.items, found.settings.get("encoded_columns"))[1]
        found.problems += [Problem(SETTINGS_FILE, None, "encoded_columns", what) for what in wrong]


def _check_interactions(path: Path, found: Inspection) -> None:
    table, problems = read_table(path)
    found.problems += problems
    if table is None:
        return
    missing = [column for column in (c.USER, c.ITEM) if column not in table]
    if c.TIMESTAMP not in table and c.ORDER not in table:
        missing.append(f"{c.TIMESTAMP} or {c.ORDER}")
    found.problems += [Problem(path.name, 1, column, "this column is missing") for column in missing]
    present = [column for column in (c.USER, c.ITEM) if column in table]
    found.problems += _empty_cells(path.name, table, present)
    for column in (c.TIMESTAMP, c.ORDER, c.RATING):
        if column in table:
            values, wrong = read_numbers(path.name, table[column], whole=column != c.RATING, needed=column != c.RATING)
            found.problems += wrong
            if column != c.RATING and not wrong:
                setattr(found, "times" if column == c.TIMESTAMP else "order", values)
    if c.ITEM in table and c.ITEM in found.items:
        known = pd.Series(range(1, len(found.items) + 1), index=found.items[c.ITEM])
        known = known[~known.index.duplicated()]
        found.numbers = known.index.get_indexer(table[c.ITEM]) + 1
        for row, item_id in table[c.ITEM][(found.numbers == 0) & (table[c.ITEM] != "").to_numpy()].items():
            found.problems.append(Problem(path.name, row, c.ITEM, f'item "{item_id}" is not in {ITEMS_FILE}'))
    if c.USER in table:
        found.users, found.user_ids = pd.factorize(table[c.USER].to_numpy())
    if len(present) == 2:
        for row in table.index[table.duplicated([c.USER, c.ITEM])]:
            user, item = table.at[row, c.USER], table.at[row, c.ITEM]
            what = f'user "{user}" has item "{item}" twice; keep the first row only'
            found.problems.append(Problem(path.name, row, c.ITEM, what))
    if c.USER in table:
        found.problems += _order_problems(path.name, table.index.to_numpy(), found)
    if found.available_from is not None and c.TIMESTAMP not in table:
        what = f"ignored: {path.name} has no column {c.TIMESTAMP} to compare it with; add it, or leave this one out"
        found.problems.append(Problem(ITEMS_FILE, 1, c.AVAILABLE_FROM, what, WARNING))
        found.available_from = None
    elif found.available_from is not None and found.times is not None and len(found.numbers):
        early = bought_too_early(found.available_from, found.numbers, found.times)
        what = f"bought before the item's `{c.AVAILABLE_FROM}` in {ITEMS_FILE}, and kept; are both times in one unit?"
        found.problems += [
            Problem(path.name, int(row), c.TIMESTAMP, what, WARNING) for row in table.index.to_numpy()[early]
        ]


def _order_problems(name: str, rows: np.ndarray, found: Inspection) -> list[Problem]:
    """Histories out of order, see the rules at the head of this file."""
    problems = []
    column, keys = (c.ORDER, found.order) if found.order is not None else (c.TIMESTAMP, found.times)
    if keys is None:
        return []
    by_user = np.argsort(found.users, kind="stable")  # users concatenated, rows in the order of the file
    same_user = found.users[by_user][1:] == found.users[by_user][:-1]
    for at in np.flatnonzero(same_user & (np.diff(keys[by_user]) < 0)):
        what = "not in time order within the user: the history is sorted"
        problems.append(Problem(name, int(rows[by_user[at + 1]]), column, what, WARNING))
    if found.order is None:
        return problems
    by_order = np.lexsort((found.order, found.users))
    same_user = found.users[by_order][1:] == found.users[by_order][:-1]
    for at in np.flatnonzero(same_user & (np.diff(found.order[by_order]) == 0)):
        user, position = found.user_ids[found.users[by_order[at]]], found.order[by_order[at]]
        what = f'user "{user}" has position {position} already in row {rows[by_order[at]]}'
        problems.append(Problem(name, int(rows[by_order[at + 1]]), c.ORDER, what))
    if found.times is not None:
        for at in np.flatnonzero(same_user & (np.diff(found.times[by_order]) < 0)):
            what = f"earlier than the row before it by `{c.ORDER}`, row {rows[by_order[at]]}; which one is right?"
            problems.append(Problem(name, int(rows[by_order[at + 1]]), c.TIMESTAMP, what))
    return problems


def _empty_cells(name: str, table: pd.DataFrame, needed: list[str]) -> list[Problem]:
    problems = []
    for column in needed:
        blank = [cell for cell in set(table[column]) if not cell.strip()]  # far fewer different cells than rows
        rows = table.index[table[column].isin(blank)] if blank else []
        problems += [Problem(name, row, column, "this cell is empty") for row in rows]
    return problems
