"""What of the histories trains, and which next items are targets: leave-one-out, or a global temporal split.

Leave-one-out: a user's last item is the test target, the one before it the validation target, the rest is training.
Temporal: what lies before a moment trains; a target is the first thing that a user chose after it.

Everything that is fitted (batches, negatives, popularity, normalisation) may read `train_history`, `train_counts` and
non-`cold` items, and nothing else of a split.

Of a part of the users (`of_train_users`), they alone train: to all that is fitted it is as if nobody else had come. The
targets and the histories before them stay everybody's. With a list of users (`of_asked_users`), they alone are asked.
"""

import dataclasses
import hashlib
from dataclasses import dataclass

import numpy as np

from molar.core.errors import MolarError
from molar.data.dataset import Dataset
from molar.data.lists import UserList

SUBSETS = ("validation", "test")
LEAVE_ONE_OUT, TEMPORAL = "leave-one-out", "temporal"
STRATEGIES = (LEAVE_ONE_OUT, TEMPORAL)
HELD_OUT_SHARE = 0.1
TRAIN_PERCENT, VALIDATION_PERCENT = 80, 10  # of all interactions, by time; the rest is the test period
NONE = -1  # a user without a target


@dataclass(frozen=True, eq=False)  # compared by identity: arrays have no one truth value
class Split:
    """Which part of every history trains, which items are targets, and which users and items are kept out."""

    dataset: Dataset
    train_ends: np.ndarray  # (n_users,) int64: length of each user's training prefix
    targets: dict[str, np.ndarray]  # of SUBSETS → (n_users,) int64: the target's place in `dataset.sequence`, or NONE
    cold: np.ndarray  # (n_items + 1,) bool: the item is in no training prefix; [0] is False
    held_out: np.ndarray  # (n_users,) bool: held out from alignment, which is measured on them
    split_hash: str  # 16 hex digits over every training prefix, target and held-out user
    strategy: str = LEAVE_ONE_OUT  # of STRATEGIES
    train_users: float = 1.0  # the share of the users who train; the prefixes of the others are empty
    asked: UserList | None = None  # who is asked, see `of_asked_users`; None: everybody

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

    def evaluation_users(self, subset: str) -> np.ndarray:
        """Indices of the users who have a target of `subset`, "validation" or "test", and a history before it, and who are
        asked at all."""
        users = np.flatnonzero(self._places(subset) != NONE)
        return users if self.asked is None else np.intersect1d(users, self.asked.users, assume_unique=True)

    def targets_of(self, users: np.ndarray, subset: str) -> np.ndarray:
        """The item numbers (n,) int64 that `users` (n,) of `evaluation_users(subset)` came to next."""
        return self.dataset.sequence[self._asked(users, subset)].astype(np.int64)

    def histories_of(self, users: np.ndarray, subset: str) -> list[np.ndarray]:
        """What a model may know of `users` (n,) of `evaluation_users(subset)`: all before the target, int32 views."""
        starts, ends = self.dataset.offsets[users], self._asked(users, subset)
        sequence = self.dataset.sequence
        return [sequence[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]

    def times_of(self, users: np.ndarray, subset: str) -> np.ndarray | None:
        """(n,) int64: when `users` (n,) of `evaluation_users(subset)` bought the target; None where the data have no times."""
        return None if self.dataset.times is None else self.dataset.times[self._asked(users, subset)]

    @property
    def available_from(self) -> np.ndarray | None:
        """(n_items + 1,) int64: the time from which each item can be bought; None where the data do not say."""
        return self.dataset.available_from

    def history_lengths(self, users: np.ndarray, subset: str) -> np.ndarray:
        """(n,) int64: how many items `histories_of(users, subset)` hold."""
        return self._asked(users, subset) - self.dataset.offsets[users]

    def history_for(self, u: int, subset: str) -> np.ndarray:
        """What a model may know of one user: under leave-one-out the validation item is a part of it at test."""
        return self.histories_of(np.array([u]), subset)[0]

    def target(self, u: int, subset: str) -> int:
        """The item number that user `u` of `evaluation_users(subset)` came to next."""
        return int(self.targets_of(np.array([u]), subset)[0])

    def _places(self, subset: str) -> np.ndarray:
        if subset not in self.targets:
            raise ValueError(f'a split has the targets "validation" and "test", not "{subset}"')
        return self.targets[subset]

    def _asked(self, users: np.ndarray, subset: str) -> np.ndarray:
        places = self._places(subset)[users]
        if len(places) and places.min() == NONE:
            raise ValueError(f"user {users[int(places.argmin())]} has no {subset} target")
        return places


def split_dataset(dataset: Dataset, strategy: str = LEAVE_ONE_OUT) -> Split:
    """Split by a strategy of STRATEGIES. Raises MolarError for another one, or where the data do not allow it."""
    if strategy not in STRATEGIES:
        raise MolarError(f"There is no split named {strategy}: known are {', '.join(STRATEGIES)}.")
    return temporal_split(dataset) if strategy == TEMPORAL else leave_one_out(dataset)


def leave_one_out(dataset: Dataset) -> Split:
    """Split a dataset; users with fewer than three interactions train only. The same data give the same split."""
    lengths = np.diff(dataset.offsets)
    train_ends = np.where(lengths >= 3, lengths - 2, lengths)
    ends = dataset.offsets[1:]
    targets = {"validation": np.where(lengths >= 3, ends - 2, NONE), "test": np.where(lengths >= 3, ends - 1, NONE)}
    # The targets follow from the lengths, so that the hash needs neither them nor the strategy's name.
    return _split(dataset, train_ends, targets, LEAVE_ONE_OUT, [])


def of_train_users(split: Split, share: float) -> Split:
    """The same targets, learnt from about `share` of the users: those with the least hashes of their id, so that the users
    of a smaller share are among those of a larger one.

    The hash is the split's, since targets and what stands before them are the same: a model of a part may be asked about
    everybody, and one of everybody may teach it. What nobody of the part has bought is cold *in this split*, so that it is
    no negative and no target in training; slices of an evaluation are those of the whole split. Raises MolarError for a
    share that is not above 0 and at most 1, and for a part of a part."""
    if share == split.train_users:
        return split
    if not 0 < share <= 1:
        raise MolarError(f"The share of the users who train must be above 0 and at most 1, not {share}.")
    if split.train_users < 1:
        raise MolarError(f"These are {split.train_users:g} of the users already: take a part of the whole split.")
    # Salted: the plain hash chooses who is held out from alignment, "subset" who is in a smaller dataset.
    trains = np.array([share_of(f"train {user_id}") < share for user_id in split.dataset.user_ids], bool)
    part = dataclasses.replace(split, train_ends=np.where(trains, split.train_ends, 0), train_users=share)
    return dataclasses.replace(part, cold=_cold(part))


def of_asked_users(split: Split, asked: UserList) -> Split:
    """The same split of which these users alone are asked, on validation and test alike: whatever is chosen on validation
    is chosen on them. Who trains stays as it is, and so does the hash. Raises MolarError where none of them has a validation
    target."""
    part = dataclasses.replace(split, asked=asked)
    if not len(part.evaluation_users("validation")):
        raise MolarError(f"None of the {asked} has a validation target and a history before it: nobody can be asked.")
    return part


def who_takes_part(split: Split) -> dict[str, float | str]:
    """What a training tells of its users besides the split's hash: the share who train, and the hash of the list whose
    validation targets choose; {} where it is everybody."""
    told: dict[str, float | str] = {"train_users": split.train_users} if split.train_users < 1 else {}
    return told | ({"validation_users": split.asked.sha} if split.asked else {})


def describe_asked(asked: UserList, split: Split, subset: str) -> str:
    """How many of a list are asked for their target of `subset`, and how many have none."""
    count = len(split.evaluation_users(subset))
    return f"{asked}: {count:,} with a {subset} target are asked, {len(asked) - count:,} without are not"


def temporal_split(dataset: Dataset) -> Split:
    """Split at two moments, the same for all users, so that nothing that trains is later than a target.

    With all n interactions sorted by time, the first moment is the time of number ⌊n · 80 %⌋ and the second that of
    number ⌊n · 90 %⌋, counted from 0. What lies *before* the first trains. A user's validation target is the first
    thing from the first moment on and before the second; their test target is the first thing from the second on. The
    history is all that stands before the target. Who has no target, or nothing before it, is not evaluated.

    Raises MolarError where the data have no timestamps, or where all lie at the same few moments.
    """
    if dataset.times is None:
        raise MolarError(
            f"{dataset.name} has no timestamps, only an order within each user, so it cannot be split by time: "
            "use the leave-one-out split."
        )
    in_time, n = np.sort(dataset.times), len(dataset.times)
    opening, closing = (in_time[n * percent // 100] for percent in (TRAIN_PERCENT, TRAIN_PERCENT + VALIDATION_PERCENT))
    if not in_time[0] < opening < closing:
        raise MolarError(
            f"Too many interactions of {dataset.name} have the same timestamp to split it by time: "
            "use the leave-one-out split."
        )
    later = [_first(dataset, dataset.times >= moment) for moment in (opening, closing)]  # two of (n_users,)
    starts, ends = dataset.offsets[:-1], dataset.offsets[1:]
    validation = np.where((later[0] < later[1]) & (later[0] > starts), later[0], NONE)
    test = np.where((later[1] < ends) & (later[1] > starts), later[1], NONE)
    targets = {"validation": validation, "test": test}
    return _split(dataset, later[0] - starts, targets, TEMPORAL, [validation, test])


def _first(dataset: Dataset, wanted: np.ndarray) -> np.ndarray:
    """(n_users,) int64: the first place in `sequence` where `wanted` (n_interactions,) is true, else the user's end."""
    places = np.append(np.flatnonzero(wanted), len(wanted))
    found = places[np.searchsorted(places, dataset.offsets[:-1])]
    return np.minimum(found, dataset.offsets[1:])


def _split(dataset: Dataset, train_ends, targets: dict[str, np.ndarray], strategy: str, hashed: list) -> Split:
    """The split of these prefixes and targets; `hashed` arrays enter its hash beside those that every split has."""
    held_out = np.array([share_of(user_id) < HELD_OUT_SHARE for user_id in dataset.user_ids], dtype=bool)
    digest = hashlib.sha256(dataset.data_hash.encode())
    for array in (dataset.sequence, dataset.offsets, train_ends, held_out, *hashed):
        digest.update(array.astype("<i8").tobytes())
    split = Split(dataset, train_ends, targets, np.empty(0, bool), held_out, digest.hexdigest()[:16], strategy)
    return dataclasses.replace(split, cold=_cold(split))


def _cold(split: Split) -> np.ndarray:
    """(n_items + 1,) bool: the items of no training prefix."""
    return (split.train_counts() == 0) & (np.arange(split.dataset.n_items + 1) > 0)


def share_of(user_id: str) -> float:
    """A number in [0, 1) that depends on the id alone, so that a user stays held out when others come or go."""
    return int.from_bytes(hashlib.sha256(user_id.encode()).digest()[:8], "big") / 2**64
