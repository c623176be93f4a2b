"""Histories as right-padded arrays, and the training batches of an epoch, without a loop over users."""

from collections.abc import Iterator

import numpy as np

from molar.core.schema import PAD
from molar.data.splits import Split
from molar.models.sequences import Batch

SMALLEST_BATCH, STEPS_AN_EPOCH = 16, 50
POOL = 16  # batches whose windows are sorted by length together: little padding, still well mixed


def training_targets(split: Split) -> int:
    """How many items an epoch asks to predict: all but the first of each training prefix."""
    return int(np.maximum(split.train_ends - 1, 0).sum())


def fitting_batch_size(split: Split, largest: int, max_length: int) -> int:
    """At most `largest` windows a batch, and so few on a small dataset that an epoch still has about fifty steps."""
    windows = int((-(-np.maximum(split.train_ends - 1, 0) // max_length)).sum())
    return min(largest, max(SMALLEST_BATCH, windows // STEPS_AN_EPOCH))


def epoch_batches(split: Split, *, seed: int, epoch: int, batch_size: int, max_length: int) -> Iterator[Batch]:
    """The batches of one epoch; they depend on the data, `seed`, `epoch`, `batch_size` and `max_length` alone.

    Every item of every training prefix but the first is a target once. Windows of similar length share a batch."""
    rng = np.random.default_rng([seed, epoch])
    users, starts, lengths = _windows(split, max_length, rng)
    order = rng.permutation(len(users))
    pool = np.arange(len(order)) // (POOL * batch_size)
    order = order[np.lexsort((lengths[order], pool))]
    sequence = split.dataset.sequence
    for batch in rng.permutation(-(-len(order) // batch_size)):
        rows = order[batch * batch_size : (batch + 1) * batch_size]
        length = lengths[rows]
        steps = np.arange(length.max())
        inside = steps < length[:, None]  # (batch, length)
        places = np.where(inside, starts[rows, None] + steps, 0)
        yield Batch(
            users=users[rows],
            starts=starts[rows],
            items=np.where(inside, sequence[places], PAD).astype(np.int64),
            targets=np.where(inside, sequence[places + 1], PAD).astype(np.int64),
            prefixes=rng.integers(length),
        )


def _windows(split: Split, max_length: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """User, place in `sequence` of the first input item, and number of inputs of each window.

    Longer prefixes are cut in windows of `max_length`, at another place each epoch, so that no item always comes
    first. A window's inputs are followed by its last target, still inside the training prefix."""
    targets = np.maximum(split.train_ends - 1, 0).astype(np.int64)
    phase = np.where(targets > max_length, rng.integers(max_length, size=len(targets)), 0)
    counts = -(-(targets + phase) // max_length)
    counts[targets == 0] = 0
    users = np.repeat(np.arange(len(targets)), counts)
    turn = np.arange(len(users)) - np.repeat(np.cumsum(counts) - counts, counts)
    first = np.maximum(turn * max_length - phase[users], 0)
    last = np.minimum((turn + 1) * max_length - phase[users], targets[users])
    return users, split.dataset.offsets[users] + first, last - first
