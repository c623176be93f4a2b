"""The one dataset format, for the demo, for real data and for uploads: a folder of items.csv, interactions.csv, images/.

items.csv         item_id, title; optional description, image (a file name under images/), available_from (in the unit of
                  timestamp; empty: always); other columns are attributes
interactions.csv  user_id, item_id, and timestamp or order; optional rating
dataset.json      optional: name, note (shown on the page), encoded_columns (what of items.csv enters the prompt)
"""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from molar.core import schema as c
from molar.core.errors import MolarError
from molar.data.images import IMAGES_FOLDER, decoding_error
from molar.data.problems import Problem
from molar.data.text_columns import encoded_columns
from molar.data.validation import DatasetError, Inspection, inspect


@dataclass(frozen=True, eq=False)  # compared by identity: arrays have no one truth value
class Dataset:
    """Items and histories, checked. Item numbers are 1 … n_items in the order of items.csv; 0 is padding."""

    root: Path
    name: str
    items: pd.DataFrame  # RangeIndex; row r is item number r + 1; every cell a str, "" when empty
    item_ids: np.ndarray  # (n_items + 1,) object; [0] == ""
    user_ids: np.ndarray  # (n_users,) object, in order of first appearance in interactions.csv
    sequence: np.ndarray  # (n_interactions,) int32 item numbers: users concatenated, each in time order
    offsets: np.ndarray  # (n_users + 1,) int64: history of user u = sequence[offsets[u]:offsets[u + 1]]
    times: np.ndarray | None  # (n_interactions,) int64 timestamps along `sequence`; None where only `order` is given
    available_from: np.ndarray | None  # (n_items + 1,) int64, see `molar.data.availability`; None without it
    encoded_columns: tuple[str, ...]  # the columns of `items` that enter the prompt, in prompt order
    note: str  # what the page says about the data, "" when nothing
    data_hash: str  # 16 hex digits over items and histories; pictures have keys of their own in the vector cache

    @property
    def n_items(self) -> int:
        """How many items there are; their numbers are 1 … n_items."""
        return len(self.items)

    @property
    def n_users(self) -> int:
        """How many users there are; their indices begin at 0."""
        return len(self.user_ids)

    @cached_property
    def _number_of(self) -> dict[str, int]:
        return {item_id: number for number, item_id in enumerate(self.item_ids) if number != c.PAD}

    def history(self, u: int) -> np.ndarray:
        """All item numbers of user index `u` in time order, int32; a view."""
        return self.sequence[self.offsets[u] : self.offsets[u + 1]]

    def item_number(self, item_id: str) -> int:
        """The number of an item id. Raises MolarError for an id that items.csv does not hold."""
        number = self._number_of.get(item_id)
        if number is None:
            raise MolarError(f'there is no item "{item_id}" in {self.name}; its ids look like "{self.item_ids[1]}"')
        return number

    def image_path(self, number: int) -> Path | None:
        """The picture of item `number`; None where it has none."""
        name = self.items.at[number - 1, c.IMAGE] if c.IMAGE in self.items else ""
        return self.root / IMAGES_FOLDER / name if name else None

    def title(self, number: int) -> str:
        """The title of item `number`."""
        return self.items.at[number - 1, c.TITLE]


def load_dataset(
    root: str | Path, *, interactions: str | None = "interactions.csv", decode_pictures: bool = True
) -> Dataset:
    """Read, check and number a dataset folder; a million interactions take a few seconds.

    `interactions` names the file of histories inside the folder; None loads the catalogue alone. Histories are sorted
    by `order` where it is given, else by `timestamp`; rows of one time keep their order in the file, so that the
    leave-one-out targets are the same on every machine. `decode_pictures=False` trusts the pictures to be whole, which
    saves a second for each few thousand: for data that have been encoded already.

    Raises DatasetError, which lists every problem with file, row and column (see `molar.data.validation`).
    """
    dataset, problems = open_dataset(root, interactions=interactions, decode_pictures=decode_pictures)
    if dataset is None:
        raise DatasetError(Path(root), problems)
    return dataset


def open_dataset(
    root: str | Path, *, interactions: str | None = "interactions.csv", decode_pictures: bool = True
) -> tuple[Dataset | None, list[Problem]]:
    """The dataset together with its warnings, or None together with every error: one pass over the files."""
    root = Path(root)
    found = inspect(root, interactions, error_of=decoding_error if decode_pictures else None)
    return None if found.errors else number_dataset(root, found), found.problems


def number_dataset(root: Path, found: Inspection) -> Dataset:
    """The dataset of what was read and found without an error."""
    items = found.items.reset_index(drop=True)
    sequence, offsets, times = _histories(found)
    return Dataset(
        root=root,
        name=found.settings.get("name") or root.resolve().name,
        items=items,
        item_ids=np.array(["", *items[c.ITEM]], dtype=object),
        user_ids=found.user_ids,
        sequence=sequence,
        offsets=offsets,
        times=times,
        available_from=found.available_from,
        encoded_columns=encoded_columns(items, found.settings.get("encoded_columns"))[0],
        note=found.settings.get("note", ""),
        data_hash=_hash(items, found.user_ids, sequence, offsets, times),
    )


def _histories(found: Inspection) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Users concatenated, each in time order: (sequence, offsets, times)."""
    keys = found.order if found.order is not None else found.times
    by_time = np.lexsort((keys, found.users)) if keys is not None else np.empty(0, dtype=np.int64)  # stable
    counts = np.bincount(found.users, minlength=len(found.user_ids))
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    times = found.times[by_time] if found.times is not None else None
    return found.numbers[by_time].astype(np.int32), offsets, times


def _hash(items: pd.DataFrame, user_ids, sequence, offsets, times) -> str:
    """Over what is computed with, so that quoting, line ends and the order of columns do not matter."""
    digest = hashlib.sha256()
    for part in ({column: list(items[column]) for column in sorted(items)}, list(user_ids)):
        digest.update(json.dumps(part).encode())
    for array in (sequence, offsets, times):
        digest.update(b"none" if array is None else array.astype("<i8").tobytes())
    return digest.hexdigest()[:16]


def describe_dataset(dataset: Dataset) -> str:
    """What was loaded and what of it enters the prompt, in a few lines."""
    left_out = [column for column in dataset.items if column not in dataset.encoded_columns]
    return "\n".join(
        [
            f"{dataset.name}: {dataset.n_items:,} items, {dataset.n_users:,} users, {len(dataset.sequence):,} purchases",
            f"in the prompt: {', '.join(dataset.encoded_columns)}",
            f"not in the prompt: {', '.join(left_out)}",
            f"data hash: {dataset.data_hash}",
        ]
    )
