"""Filters over the gallery, made from the dataset's own attribute columns."""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from molar.core.schema import NO_ATTRIBUTES

MOST_FACETS = 4
MOST_VALUES = 40
FEW_NUMBERS = 12  # more different numbers than that become ranges
RANGES = 4
SHARE = 0.01  # a value must belong to this share of the items to be worth a choice


@dataclass(frozen=True, eq=False)
class Facet:
    """One column to filter by: each value with the items that have it, (n_items + 1,) bool by item number."""

    column: str
    values: dict[str, np.ndarray]

    @property
    def label(self) -> str:
        return self.column.replace("_", " ")


def facets(items: pd.DataFrame) -> list[Facet]:
    """The first columns that divide the catalogue into few large parts, in the order of items.csv.

    Numbers with many values become ranges that hold about as many items each. `Comedy|Drama` counts for both.
    """
    found = []
    for column in items:
        if column in NO_ATTRIBUTES:
            continue
        values = _ranges(items[column]) or _values(items[column])
        if len(values) > 1:
            found.append(Facet(column, values))
    return found[:MOST_FACETS]


def chosen_items(found: list[Facet], chosen: dict[str, str]) -> np.ndarray | None:
    """(n_items + 1,) bool of the items that all chosen values hold for; None when nothing is chosen.

    `chosen` comes from a browser: what is no column or no value of these facets is left out.
    """
    masks = [
        facet.values[value]
        for facet in found
        if isinstance(value := chosen.get(facet.column), str) and value in facet.values
    ]
    return np.logical_and.reduce(masks) if masks else None


def _ranges(cells: pd.Series) -> dict[str, np.ndarray]:
    numbers = pd.to_numeric(cells[cells != ""], errors="coerce")
    if numbers.empty or numbers.isna().any() or numbers.nunique() <= FEW_NUMBERS:
        return {}
    edges = sorted(set(numbers.quantile(np.linspace(0, 1, RANGES + 1)).tolist()))
    column = pd.to_numeric(cells, errors="coerce").to_numpy()
    found = {}
    for low, high in pairwise(edges):
        last = high == edges[-1]
        inside = (column >= low) & ((column <= high) if last else (column < high))
        if inside.any():
            held = column[inside]
            found[f"{_short(held.min())} – {_short(held.max())}"] = _by_number(inside)
    return found


def _values(cells: pd.Series) -> dict[str, np.ndarray]:
    parts = [{part.strip() for part in cell.split("|") if part.strip()} for cell in cells]
    counts = pd.Series([part for row in parts for part in row], dtype=object).value_counts()
    common = list(counts[counts >= max(2, math.ceil(SHARE * len(cells)))].index[:MOST_VALUES])
    filled = [row for row in parts if row]
    if not filled or sum(bool(row & set(common)) for row in filled) < len(filled) / 2:
        return {}  # mostly single values: search finds those
    common.sort(key=lambda value: (float(value), "") if _is_number(value) else (math.inf, value))
    return {value: _by_number(np.array([value in row for row in parts])) for value in common}


def _by_number(rows: np.ndarray) -> np.ndarray:
    return np.concatenate([[False], rows])


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _short(number: float) -> str:
    return f"{number:g}" if number != int(number) else str(int(number))
