"""A visitor's history: what can be done to it, and how to read one that comes from outside."""

from collections.abc import Iterable
from dataclasses import dataclass

from molar.core.errors import MolarError
from molar.data.dataset import Dataset

MOST_ITEMS = 50  # as many as the models read
MOST_UNDONE = 50


@dataclass(frozen=True)
class History:
    """Item numbers, oldest first, and the histories before it, for undo. Every change makes a new one."""

    items: tuple[int, ...] = ()
    past: tuple[tuple[int, ...], ...] = ()

    def to(self, items: Iterable[int]) -> "History":
        """Another list of items, which can be undone; the oldest are forgotten beyond MOST_ITEMS."""
        items = tuple(items)[-MOST_ITEMS:]
        return self if items == self.items else History(items, (*self.past, self.items)[-MOST_UNDONE:])

    def toggle(self, number: int) -> "History":
        """Adds an item, or takes it back."""
        return self.drop(number) if number in self.items else self.to((*self.items, number))

    def drop(self, number: int) -> "History":
        return self.to(one for one in self.items if one != number)

    def move(self, number: int, place: int) -> "History":
        """Puts an item at another place, 0 being the oldest; a place outside becomes the nearest inside."""
        if number not in self.items:
            return self
        rest = [one for one in self.items if one != number]
        place = min(max(place, 0), len(rest))
        return self.to((*rest[:place], number, *rest[place:]))

    def undo(self) -> "History":
        return History(self.past[-1], self.past[:-1]) if self.past else self


def read_items(dataset: Dataset, ids: object) -> tuple[tuple[int, ...], int]:
    """Item numbers of ids that a browser or a link sent, repeated ones once, and how many are unknown."""
    found, unknown = [], 0
    for one in dict.fromkeys(str(one) for one in ids) if isinstance(ids, list) else ():
        try:
            found.append(dataset.item_number(one))
        except MolarError:
            unknown += 1
    return tuple(found[-MOST_ITEMS:]), unknown
