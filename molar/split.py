"""Leave-one-out: a user's last item is the test target, the one before it the validation target, the rest is training.

Everything that is fitted (batches, negatives, popularity, normalisation) may read `train_history`, `train_counts` and
non-`cold` items, and nothing else of a split.
"""

import hashlib
from dataclasses import dataclass

import numpy as np

from molar.data import Dataset

TARGETS_FROM_END = {"validation": 2, "test": 1}
HELD_OUT_SHARE = 0.1


@dataclass(frozen=True, eq=False)  # compared by identity: arrays have no one truth value
class Split:
    """Which part of every history trains, and which users and items are kept out."""

    dataset: Dataset
    train_ends: np.ndarray  # (n_users,) int64: length of each user's training prefix
    cold: np.ndarray  # (n_items + 1,) bool: the item is in no training prefix; [0] is False
    held_out: np.ndarray  # (n_users,) bool: users that the alignment loss never sees; alignment is measured on them
    split_hash: str  # 16 hex digits over every training prefix, target and held-out user

    def train_history(self, u: int) -> np.ndarray:
        """The training prefix of user index `u`: item numbers, int32, a view."""
        return self.dataset.history(u)[: self.train_ends[u]]

    def train_mask(self) -> np.ndarray:
        """(n_interactions,) bool along `dataset.sequence`: True where the position is in a training prefix."""
        starts = self.dataset.offsets[:-1]
        lengths = np.diff(self.dataset.offsets)
        position = np.arange(len(self.dataset.sequence)) - np.repeat(starts, lengths)
        return position < np.repeat(self.train_ends, lengths)

    def train_counts(self) -> np.ndarray:
        """(n_items + 1,) int64: purchases of every item in the training prefixes alone."""
        return np.bincount(self.dataset.sequence[self.train_mask()], minlength=self.dataset.n_items + 1)

    def evaluation_users(self, which: str) -> np.ndarray:
        """Indices of the users who have a target of `which`, "validation" or "test": those with three items or more."""
        _from_end(which)
        return np.flatnonzero(np.diff(self.dataset.offsets) >= 3)

    def history_for(self, u: int, which: str) -> np.ndarray:
        """What a model may know of user `u` when it predicts: at test, the validation item is a part of it."""
        return self.dataset.history(u)[: -_from_end(which)]

    def target(self, u: int, which: str) -> int:
        """The item number that user `u` of `evaluation_users(which)` came to next."""
        return int(self.dataset.history(u)[-_from_end(which)])


def leave_one_out(dataset: Dataset) -> Split:
    """Split a dataset; users with fewer than three interactions train only. The same data give the same split."""
    lengths = np.diff(dataset.offsets)
    train_ends = np.where(lengths >= 3, lengths - 2, lengths)
    held_out = np.array([_share(user_id) < HELD_OUT_SHARE for user_id in dataset.user_ids], dtype=bool)
    digest = hashlib.sha256(dataset.data_hash.encode())
    for array in (dataset.sequence, dataset.offsets, train_ends, held_out):
        digest.update(array.astype("<i8").tobytes())
    split = Split(dataset, train_ends, np.zeros(dataset.n_items + 1, dtype=bool), held_out, digest.hexdigest()[:16])
    split.cold[1:] = split.train_counts()[1:] == 0
    return split


def _from_end(which: str) -> int:
    if which not in TARGETS_FROM_END:
        raise ValueError(f'a split has the targets "validation" and "test", not "{which}"')
    return TARGETS_FROM_END[which]


def _share(user_id: str) -> float:
    """A number in [0, 1) that depends on the id alone, so that a user stays held out when others come or go."""
    return int.from_bytes(hashlib.sha256(user_id.encode()).digest()[:8], "big") / 2**64
