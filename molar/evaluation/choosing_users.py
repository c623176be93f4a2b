"""Which validation users choose what is tried in many ways: weights, offsets, half-lives."""

import numpy as np

from molar.data.splits import Split

MOST_USERS = 10_000
MOST_SCORES = 2**27  # of items, for all of them together


def choosing_users(split: Split) -> np.ndarray:
    """(n,) validation users, evenly spread: all of them, or so many that neither number is exceeded."""
    users = split.evaluation_users("validation")
    most = max(1, min(MOST_USERS, MOST_SCORES // (split.dataset.n_items + 1)))
    return users[:: -(-len(users) // most) or 1]
