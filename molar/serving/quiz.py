"""Questions of a quiz on real test shoppers: which of eight items did this one come to next?"""

import hashlib
from dataclasses import dataclass

import numpy as np

from molar.data.availability import unavailable
from molar.data.splits import Split

CHOICES = 8
LEAST_HISTORY = 4


@dataclass(frozen=True)
class Question:
    """A test shopper's past, the true next item, and what it is hidden among (all item numbers)."""

    user: int  # user index
    history: tuple[int, ...]  # everything before the target, oldest first
    target: int
    choices: tuple[int, ...]  # the target and others, in random order
    unavailable: tuple[int, ...] = ()  # what else could not be had when the target was bought


def question_users(split: Split) -> np.ndarray:
    """Indices of the test shoppers that make a question, in an order that follows from their ids alone."""
    users = split.evaluation_users("test")
    lengths = np.diff(split.dataset.offsets)[users]
    users = users[lengths > LEAST_HISTORY]
    return np.array(sorted(users, key=lambda u: _digest(split, u)), dtype=np.int64)


def draw_question(split: Split, user: int) -> Question:
    """The question about user index `user`, always the same one.

    The others are drawn without replacement from what the shopper does not own, in proportion to the purchases in the
    training histories plus one, among those that could be had when the target was bought: so popularity does not give the answer away, and new items appear too.
    """
    history, target = split.history_for(user, "test"), split.target(user, "test")
    weights = split.train_counts() + 1.0
    times = split.times_of(np.array([user]), "test")
    late = unavailable(split.available_from, None if times is None else int(times[0]))
    late = late[late != target]
    weights[[0, target, *history, *late]] = 0
    rng = np.random.default_rng(int.from_bytes(_digest(split, user)[:8], "big"))
    others = min(CHOICES - 1, int((weights > 0).sum()))
    choices = np.array([target], np.int64)
    if others:
        choices = np.append(choices, rng.choice(len(weights), size=others, replace=False, p=weights / weights.sum()))
    choices = rng.permutation(choices)
    return Question(int(user), tuple(history.tolist()), int(target), tuple(choices.tolist()), tuple(late.tolist()))


def _digest(split: Split, user: int) -> bytes:
    return hashlib.sha256(f"puzzle {split.dataset.user_ids[user]}".encode()).digest()
