"""Candidates in training are candidates in ranking: what each position of a batch must tell its target from.

Ranking leaves out what a user already has, and what was not on sale yet. If training kept both, the softmax would push
away from a user all that he owns; a model that reads content pushes away what looks like it, too, new items first, and the
more the longer the history (SASRec's own sampler never draws a user's items either).
"""

from collections.abc import Sequence

import numpy as np
import torch

from molar.core.schema import PAD
from molar.data.splits import Split
from molar.models.sequences import Batch

MOST_REPEATS = 0.01  # share of the training targets; where people buy more of what they have, it stays a candidate


def repeat_share(split: Split) -> float:
    """The share of the training targets, all but the first item of each prefix, that the user had before."""
    inside = split.train_mask()
    users = np.repeat(np.arange(split.dataset.n_users), np.diff(split.dataset.offsets))[inside]
    pairs = users.astype(np.int64) * (split.dataset.n_items + 1) + split.dataset.sequence[inside]
    targets = np.maximum(split.train_ends - 1, 0).sum()
    return float((len(pairs) - len(np.unique(pairs))) / max(targets, 1))


class Candidates:
    """What is no candidate at a position of a split's training windows.

    unseen: the items of the whole prefix are left out, also those before the window; without it only what was not on
    sale yet is (`Dataset.available_from`)."""

    def __init__(self, split: Split, *, unseen: bool):
        self.unseen, self.sequence, self.offsets = unseen, split.dataset.sequence, split.dataset.offsets
        self.columns = split.dataset.n_items + 1
        self.times, available = split.dataset.times, split.dataset.available_from
        self.late = np.empty(0, np.int64)  # the items that come later than the first purchase
        if available is not None and self.times is not None and len(self.times):
            self.late = np.flatnonzero(available > self.times.min())
            self.available_from = available[self.late]

    def left_out(self, batch: Batch) -> "LeftOut":
        """Of every position of a batch."""
        lengths = (batch.targets != PAD).sum(axis=1)
        parts = ([self._owned(batch, lengths)] if self.unseen else []) + self._not_yet(batch, lengths)
        windows, items, first, last = map(np.concatenate, zip(*parts)) if parts else (np.empty(0, np.int64),) * 4
        # Sorted by window and item, each pair once: its earliest place in a history, which comes before "not yet".
        keys, places = np.unique(windows * self.columns + items, return_index=True)
        return LeftOut(lengths, self.columns, keys, first[places], last[places])

    def _owned(self, batch: Batch, lengths: np.ndarray) -> tuple[np.ndarray, ...]:
        """Window, item, and the steps from which and before which the item is out: everything up to a window's last input."""
        opening = self.offsets[batch.users]
        counts = batch.starts + lengths - opening
        windows = np.repeat(np.arange(len(counts)), counts)
        places = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts) + opening[windows]
        since = np.maximum(places - batch.starts[windows], 0)
        return windows, self.sequence[places].astype(np.int64), since, lengths[windows]

    def _not_yet(self, batch: Batch, lengths: np.ndarray) -> list[tuple[np.ndarray, ...]]:
        """The same of items whose time has not come when a target is bought; [] where there are none."""
        if not len(self.late) or self.times is None:
            return []
        found: list[tuple[np.ndarray, ...]] = []
        for window, (start, length) in enumerate(zip(batch.starts.tolist(), lengths.tolist(), strict=True)):
            until = np.searchsorted(self.times[start + 1 : start + 1 + length], self.available_from)
            some = np.flatnonzero(until)
            found.append((np.full(len(some), window), self.late[some], np.zeros(len(some), np.int64), until[some]))
        return found


class LeftOut:
    """Which items are no candidates at the positions of a batch, counted window by window, padding left out."""

    def __init__(self, lengths: np.ndarray, columns: int, keys: np.ndarray, first: np.ndarray, last: np.ndarray):
        """keys: window · columns + item, sorted; out at the steps first ≤ t < last of the window."""
        self.columns, self.keys, self.first, self.last = columns, keys, first, last
        self.ends = np.cumsum(lengths)
        self.begins = self.ends - lengths
        self.window_of = np.repeat(np.arange(len(lengths)), lengths)  # (positions,)
        self.step_of = np.arange(len(self.window_of)) - self.begins[self.window_of]

    def holds(self, items: np.ndarray) -> np.ndarray:
        """(positions,) bool: whether items (positions,) are out, one a position."""
        if not len(self.keys):
            return np.zeros(len(items), bool)
        wanted = self.window_of * self.columns + items
        places = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        inside = (self.first[places] <= self.step_of) & (self.step_of < self.last[places])
        return (self.keys[places] == wanted) & inside

    def among(self, others: np.ndarray, targets: np.ndarray, device: torch.device) -> "Mask":
        """The mask over scores (positions, n) of `others` (n,), sorted item numbers, some perhaps more than once; each
        position's own target (positions,) is out, too: it is counted apart."""
        items = self.keys % self.columns
        from_, counts = _places(others, items)
        entry = np.repeat(np.arange(len(items)), counts)
        places = _counted(from_, counts)
        windows = (self.keys // self.columns)[entry]
        bounds = np.searchsorted(windows, np.arange(len(self.ends) + 1))
        from_, counts = _places(others, targets)
        own = np.repeat(np.arange(len(targets)), counts), _counted(from_, counts)
        return Mask(self, bounds, (places, self.first[entry], self.last[entry]), own, device)


class Mask:
    """Fills what is no candidate in a block of scores, in place."""

    def __init__(self, left_out: LeftOut, bounds: np.ndarray, entries: Sequence, own: Sequence, device: torch.device):
        self.begins, self.ends = left_out.begins, left_out.ends
        self.bounds = bounds.tolist()
        self.places, self.first, self.last = (torch.from_numpy(each).to(device) for each in entries)
        self.own_rows = own[0]
        self.own = tuple(torch.from_numpy(each).to(device) for each in own)

    def fill(self, block: torch.Tensor, start: int, value: float | bool = -torch.inf) -> torch.Tensor:
        """`block` (rows, n), the scores of positions from `start` on, with `value` where an item is no candidate."""
        stop = start + len(block)
        one, other = np.searchsorted(self.own_rows, (start, stop))
        block[self.own[0][one:other] - start, self.own[1][one:other]] = value
        opened, closed = np.searchsorted(self.ends, (start, stop - 1), side="right").tolist()
        for window in range(opened, closed + 1):
            some = slice(self.bounds[window], self.bounds[window + 1])
            if some.start == some.stop:
                continue
            opening = int(self.begins[window])
            top, bottom = max(opening, start), min(int(self.ends[window]), stop)
            steps = torch.arange(top - opening, bottom - opening, device=block.device)[:, None]
            out = (self.first[some] <= steps) & (steps < self.last[some])  # (rows of this window, entries)
            rows, places = block[top - start : bottom - start], self.places[some]
            rows[:, places] = rows[:, places].masked_fill(out, value)
        return block


def _places(others: np.ndarray, items: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where each of `items` begins in the sorted `others`, and how often it is there."""
    begin = np.searchsorted(others, items)
    return begin, np.searchsorted(others, items, side="right") - begin


def _counted(begins: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """begins[0], begins[0] + 1, … counts[0] of them, then those of begins[1], and so on."""
    return np.repeat(begins - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())
