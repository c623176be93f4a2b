"""The three tasks of fine-tuning (paper §3.3), drawn from a dataset: what is read, and the words to be written after it.

it: an item's picture → its description.
sa: its title and attributes, as far as they enter the prompt → its description.
ub: a history, each item with text and picture → the next item: its title, and its description where both are short.

A cold item is in no sample, and histories and their next items lie inside training prefixes. What the held-out loss is
measured on is kept apart: items whose description no training sample asks for, in any task; users of whom no history
trains. Both are chosen by a hash of their ids, so that nothing else about the data can move one across.
"""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path

import numpy as np

from molar.core import schema as c
from molar.data.csv_reader import stored_table
from molar.data.dataset import load_dataset
from molar.data.item_text import item_text, item_texts
from molar.data.splits import Split, split_dataset

TASKS = ("it", "sa", "ub")
HELD_OUT_SHARE = 0.1  # of the described items, and of the users
FEWEST = 4  # items or users: with less there is nothing to hold out
LONGEST_NEXT = 240  # characters of title and description together; longer, the title alone is the next item


@dataclass(frozen=True)
class Shown:
    """One item as it is read: its text, "" for none, and the number of the item whose picture is shown, PAD for none."""

    text: str
    picture: int = c.PAD


@dataclass(frozen=True)
class Sample:
    """What is read, one item or a history with the oldest first, and the words to be written after it."""

    task: str
    items: tuple[Shown, ...]
    answer: str


def open_split(dataset_dir: Path, interactions: str, strategy: str) -> Split:
    """The dataset of a folder, split. A folder without that file of histories is a catalogue of which no item is cold."""
    there = stored_table(Path(dataset_dir) / interactions).is_file() or interactions != "interactions.csv"
    return split_dataset(load_dataset(dataset_dir, interactions=interactions if there else None), strategy)


class Tasks:
    """Draws samples from a split.

    Attributes:
        items: (n,) numbers of the items that may be read and written: all that are not cold.
        longest_history: how many items a history holds at most.
    """

    def __init__(self, split: Split, longest_history: int = 4):
        self.split, self.longest_history = split, longest_history
        numbers = np.arange(1, split.dataset.n_items + 1)
        self.items = numbers[~split.cold[1:]] if split.dataset.n_users else numbers
        self._texts = item_texts(split.dataset)

    def draw(self, task: str, count: int, seed: int, held_out: int) -> tuple[list[Sample], list[Sample]]:
        """`count` samples to train on and at most `held_out` others. Who or what is drawn comes again only after all
        others have come. Only for tasks of which nothing is `missing`."""
        rng = np.random.default_rng([seed, TASKS.index(task)])
        whom = self._users if task == "ub" else self._seen if task == "it" else self._described
        kept = self._kept_users if task == "ub" else self.kept_items
        training = list(islice(self._samples(task, whom[~np.isin(whom, kept)], rng), count))
        apart = whom[np.isin(whom, kept)]
        return training, list(islice(self._samples(task, apart, rng, True), min(held_out, len(apart))))

    def missing(self, task: str) -> str:
        """Why there can be no samples of a task, "" where there can."""
        if task == "ub":
            few = "fewer than four users have a training history of two items or more"
            return few if len(self._users) < FEWEST else ""
        if len(self._described) < FEWEST:
            return "fewer than four items that are not cold have a description"
        return (
            "fewer than four of the described items have a picture" if task == "it" and len(self._seen) < FEWEST else ""
        )

    def whole(self, count: int, seed: int) -> list[Shown]:
        """At most `count` items with all that encoding reads of them."""
        some = np.random.default_rng([seed, len(TASKS)]).permutation(self.items)[:count]
        return [self.shown(number) for number in some.tolist()]

    def _samples(self, task: str, whom: np.ndarray, rng: np.random.Generator, kept: bool = False):
        """One sample after the other, for ever. kept: of those that are held out, where any next item may be asked for."""
        while len(whom):
            made = 0
            for one in rng.permutation(whom).tolist():
                place = rng.random()
                sample = self.next_item(one, place, kept) if task == "ub" else self._described_by(task, one)
                if sample is not None:
                    made += 1
                    yield sample
            if not made:
                return

    def _described_by(self, task: str, number: int) -> Sample:
        shown = Shown("", number) if task == "it" else Shown(self.attributes(number))
        return Sample(task, (shown,), self.description(number))

    def next_item(self, user: int, place: float, kept: bool) -> Sample | None:
        """A history of `user` with its next item, `place` of the way along what trains; None where all are held out."""
        history = self.split.train_history(user)
        asked = 1 + np.flatnonzero(kept | ~np.isin(history[1:], self.kept_items))
        if not len(asked):
            return None
        end = int(asked[int(place * len(asked))])
        before = history[max(0, end - self.longest_history) : end].tolist()
        return Sample("ub", tuple(map(self.shown, before)), self.named(int(history[end])))

    def shown(self, number: int) -> Shown:
        """An item with all that encoding reads of it."""
        return Shown(self._texts[number - 1], number if self.split.dataset.image_path(number) else c.PAD)

    def _cell(self, column: str, number: int) -> str:
        items = self.split.dataset.items
        return items.at[number - 1, column] if column in items else ""

    def description(self, number: int) -> str:
        """An item's description as the prompt has it, "" for none."""
        return item_text({c.DESCRIPTION: self._cell(c.DESCRIPTION, number)})

    def attributes(self, number: int) -> str:
        """What the prompt holds of an item but its description, always with the title."""
        columns = [name for name in self.split.dataset.encoded_columns if name not in (c.TITLE, c.DESCRIPTION)]
        return item_text({name: self._cell(name, number) for name in (c.TITLE, *columns)})

    def named(self, number: int) -> str:
        """What is written of a next item."""
        whole = {name: self._cell(name, number) for name in (c.TITLE, c.DESCRIPTION)}
        long = len(item_text(whole)) > LONGEST_NEXT
        return item_text({c.TITLE: whole[c.TITLE]} if long else whole)

    @cached_property
    def _described(self) -> np.ndarray:
        return np.array([number for number in self.items.tolist() if self.description(number)], dtype=int)

    @cached_property
    def _seen(self) -> np.ndarray:
        """The described ones that have a picture."""
        has = [self.split.dataset.image_path(number) is not None for number in self._described.tolist()]
        return self._described[np.array(has, dtype=bool)]

    @cached_property
    def _users(self) -> np.ndarray:
        return np.flatnonzero(self.split.train_ends >= 2)

    @cached_property
    def kept_items(self) -> np.ndarray:
        """Items whose description no training sample asks for."""
        names = self.split.dataset.item_ids
        return np.union1d(_apart(self._described, names), _apart(self._seen, names))

    @cached_property
    def _kept_users(self) -> np.ndarray:
        return _apart(self._users, self.split.dataset.user_ids)


def _apart(numbers: np.ndarray, names: np.ndarray) -> np.ndarray:
    """About a tenth of `numbers`, those whose names have the smallest hashes: one at least, a quarter at most."""
    shares = np.array([_share(names[number]) for number in numbers.tolist()])
    count = min(max(1, int((shares < HELD_OUT_SHARE).sum())), len(numbers) // FEWEST)
    return numbers[np.argsort(shares, kind="stable")[:count]]


def _share(name: str) -> float:
    """A number in [0, 1) that depends on an id alone, and on words that stay: others would hold out other items and users."""
    return int.from_bytes(hashlib.sha256(f"stage 1 {name}".encode()).digest()[:8], "big") / 2**64
