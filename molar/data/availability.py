"""From when an item can be had: the column `available_from` of items.csv, in the unit of `timestamp` of the histories.

What could not be bought at the time of a purchase was no alternative to it: it is no candidate there (evaluation), and what
cannot be bought now is not recommended (serving). The column is neither shown nor encoded.
"""

import numpy as np
import pandas as pd

from molar.core import schema as c
from molar.data.csv_reader import read_numbers
from molar.data.problems import Problem

ALWAYS = int(np.iinfo(np.int64).min)  # earlier than every purchase


def read_availability(name: str, items: pd.DataFrame) -> tuple[np.ndarray | None, list[Problem]]:
    """(n_items + 1,) int64, ALWAYS for empty cells and the padding id, of a table by its rows; and the cells that are no time.

    None without the column, and where a cell is wrong. name: the file that problems name."""
    if c.AVAILABLE_FROM not in items:
        return None, []
    cells = items[c.AVAILABLE_FROM]
    filled = (cells.str.strip() != "").to_numpy(bool)
    times, problems = read_numbers(name, cells[filled], whole=True, needed=True)
    if problems:
        return None, problems
    found = np.full(len(items) + 1, ALWAYS, np.int64)
    found[1:][filled] = times
    return found, []


def bought_too_early(available_from: np.ndarray, numbers: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Which purchases, (n,) bool, of items `numbers` (n,) at `times` (n,) were made before the item could be had."""
    return available_from[numbers] > times


def unavailable(available_from: np.ndarray | None, time: int | None) -> np.ndarray:
    """The numbers (m,) of the items that cannot be had at `time`; none where the data have no such column or no times."""
    if available_from is None or time is None:
        return np.empty(0, np.int64)
    return np.flatnonzero(available_from > time)


def not_yet_available(available_from: np.ndarray, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All pairs of a time and an item that cannot be had then: places in `times` (n,) and item numbers, (m,) each, by time."""
    late = np.flatnonzero(available_from > times.min()) if len(times) else np.empty(0, np.int64)  # few, or none
    places, columns = np.nonzero(available_from[late] > times[:, None])
    return places, late[columns]
