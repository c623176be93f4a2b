"""What the encoder reads of an item: one text from its encoded columns, and its picture."""

import re
from pathlib import Path


def item_text(values: dict[str, str]) -> str:
    """One item's text from its encoded columns, in their order: the title bare, the others with their name.

    >>> item_text({"title": "Night ferry", "description": "A boat at dusk.", "artist": "I. Sol"})
    'Night ferry. A boat at dusk. artist: I. Sol.'
    """
    parts = []
    for column, value in values.items():
        value = re.sub(r"(?:\w+://|www\.)\S+", "", value)  # a link says nothing of the item
        value = " ".join(value.replace("|", ", ").split()).rstrip(".")
        if value:
            parts.append(f"{value}." if column in ("title", "description") else f"{column}: {value}.")
    return " ".join(parts)


def item_texts(dataset) -> list[str]:
    """Each item's prompt text from the dataset's encoded columns, in item order."""

    columns = list(dataset.encoded_columns)
    return [item_text(dict(zip(columns, row))) for row in dataset.items[columns].itertuples(index=False)]


def item_pictures(dataset) -> list[Path | None]:
    """Each item's picture in item order, None where it has none."""
    return [dataset.image_path(number) for number in range(1, dataset.n_items + 1)]
