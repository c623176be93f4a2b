"""Search by words over the catalogue's text: every word must begin some word of the item."""

import re
import unicodedata
from functools import cached_property

import numpy as np
import pandas as pd

from molar.core.schema import TECHNICAL, TITLE


def fold(text: str) -> str:
    """Lower case without accents, words separated by single blanks: `Café-Bar` -> `cafe bar`."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(re.findall(r"\w+", plain))


class WordIndex:
    """Items by words of title, description and attributes; ids, file names and availability are not searched.

    Arguments:
        items: (n_items rows) the catalogue, row r is item number r + 1.
        weight: (n_items + 1,) larger comes first among equal matches (popularity).
    """

    def __init__(self, items: pd.DataFrame, weight: np.ndarray):
        self._items = items
        self.order = np.argsort(-weight[1:], kind="stable")

    # Made at the first search, not at the start. A leading blank before every word turns "begins some word" into a plain
    # substring test.
    @cached_property
    def titles(self) -> list[str]:
        """The folded title of each row."""
        return [" " + fold(title) for title in self._items[TITLE]]

    @cached_property
    def texts(self) -> list[str]:
        """All folded words of each row."""
        columns = [column for column in self._items.columns if column not in TECHNICAL]
        return [" " + fold(" ".join(row)) for row in self._items[columns].itertuples(index=False)]

    def find(self, query: str) -> list[int]:
        """Item numbers that match every word of `query`: matches in the title first, then by weight. "" finds all."""
        starts = [" " + word for word in fold(query).split()]
        if not starts:
            return (self.order + 1).tolist()
        found = [row for row in self.order if all(start in self.texts[row] for start in starts)]
        in_title = [all(start in self.titles[row] for start in starts) for row in found]
        return [int(row) + 1 for want in (True, False) for row, hit in zip(found, in_title) if hit is want]
