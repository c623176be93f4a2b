"""Which columns of items.csv enter the prompt. Ids, counts, links and file names never do."""

import pandas as pd

from molar.core import schema as c

# A cell that is no wording: a link or file name; an id, number or date (one token with a digit); a quantity ("81 min",
# "30 × 40 cm", "€ 12").
LINK = r"(?:\w+://|www\.)\S*|\S+\.(?:jpe?g|png|webp|gif|bmp|tiff?|svg|avif)"
NO_WORDS = LINK + r"|\S*\d\S*|[-+€$£¥]?\s*\d.*"


def encoded_columns(items: pd.DataFrame, chosen: list[str] | None = None) -> tuple[tuple[str, ...], list[str]]:
    """The encoded columns in prompt order, and what is wrong with the choice.

    Without a choice: title, description, then every further column of which most filled cells are words. A choice may
    add a number that has a meaning in itself, such as a year; it may not name the item id, the picture, when items come on sale, or links.
    """
    if chosen is None:
        attributes = [column for column in items if column not in c.NO_ATTRIBUTES]
        first = [column for column in (c.TITLE, c.DESCRIPTION) if column in items]
        return (*first, *(column for column in attributes if holds_words(column, items[column]))), []
    wrong = [f'"{column}" is not a column of items.csv' for column in chosen if column not in items]
    wrong += [f'"{column}" never enters a prompt' for column in chosen if column in c.TECHNICAL or _names_an_id(column)]
    wrong += [
        f'"{column}" holds links or file names, which never enter a prompt'
        for column in chosen
        if column in items and column not in c.TECHNICAL and _holds_links(items[column])
    ]
    if len(set(chosen)) < len(chosen):
        wrong.append("a column is named twice")
    return tuple(chosen), wrong


def holds_words(name: str, cells: pd.Series) -> bool:
    """Whether at least half of the filled cells are wording; a column named `id` or `…_id` never counts as such."""
    filled = cells[cells.str.strip() != ""]
    if _names_an_id(name) or filled.empty:
        return False
    return bool((~filled.str.strip().str.fullmatch(NO_WORDS, case=False)).mean() >= 0.5)


def _names_an_id(column: str) -> bool:
    return column.lower() == "id" or column.lower().endswith("_id")


def _holds_links(cells: pd.Series) -> bool:
    filled = cells[cells.str.strip() != ""].str.strip()
    return bool(len(filled) and filled.str.fullmatch(LINK, case=False).mean() >= 0.5)
