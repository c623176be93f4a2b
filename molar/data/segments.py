"""Which users a table's column speaks of: all, by what their target is, and by how long their history is."""

from collections.abc import Sequence

import numpy as np

from molar.data.splits import Split

MAIN = ("all", "warm", "cold")
AMONG_COLD = "among cold"  # the users of "cold", whose targets are ranked among cold items alone
VARIANT, NO_VARIANT = "a variant of something owned", "not a variant of something owned"
POPULARITY, HISTORY = "popularity ", "history "  # how the names of buckets begin
POPULARITY_BUCKETS, HISTORY_BUCKETS = 4, 3


def is_bucket(name: str) -> bool:
    """Whether a slice is one of several buckets that part the users, for which few numbers are kept."""
    return name.startswith((POPULARITY, HISTORY))


def slices(split: Split, subset: str, users: np.ndarray, groups: np.ndarray | None = None) -> dict[str, np.ndarray]:
    """Masks (n,) over `users`: all; warm and cold by whether the target occurs in any training prefix.

    The others part the warm users by the popularity of their target, from "popularity 1 (…)", the head, to 4, the
    tail (`popularity_buckets`), and all users by the length of their history, in thirds as equal as whole lengths
    allow: "history 1 (…)" are the shortest. The brackets hold how many items the bucket has, or its lengths.

    groups (`molar.data.lists.read_groups`) give VARIANT and NO_VARIANT, by whether the history holds another item of the
    target's group.
    """
    targets = split.targets_of(users, subset)
    cold = split.cold[targets]
    masks = {"all": np.ones(len(users), bool), "warm": ~cold, "cold": cold}
    if groups is not None:
        variant = owns_variant(groups, targets, split.histories_of(users, subset))
        masks |= {VARIANT: variant, NO_VARIANT: ~variant}
    buckets = popularity_buckets(split.train_counts())
    for bucket in range(1, POPULARITY_BUCKETS + 1):
        items = int((buckets == bucket).sum())
        masks[f"{POPULARITY}{bucket} ({items:,} item{'s' * (items != 1)})"] = buckets[targets] == bucket
    return masks | _by_history(split.history_lengths(users, subset))


def owns_variant(groups: np.ndarray, targets: np.ndarray, histories: Sequence[np.ndarray]) -> np.ndarray:
    """(n,) bool: whether a history holds an item of the group of its target (n,), but for the target itself.

    groups: (n_items + 1,) int64, 0 for items of no group."""
    lengths = np.fromiter(map(len, histories), np.int64, len(histories))
    owned = np.concatenate([*histories, np.empty(0, np.int32)])
    row = np.repeat(np.arange(len(histories)), lengths)
    same = (groups[owned] == groups[targets][row]) & (groups[owned] > 0) & (owned != targets[row])
    return np.bincount(row[same], minlength=len(histories)) > 0


def popularity_buckets(train_counts: np.ndarray) -> np.ndarray:
    """(n_items + 1,) int: 1 … 4 from head to tail for items of the training prefixes, 0 for the others.

    Items are sorted by purchases in the training prefixes, the most bought first, equals by their number. The first
    bucket ends with the item that brings it to a quarter of all purchases, the second with the one that reaches a half,
    and so on: so bucket 1 holds few very popular items, bucket 4 many rare ones, and each stands for about as many
    purchases.
    """
    order = np.argsort(-train_counts, kind="stable")
    order = order[train_counts[order] > 0]
    before = np.cumsum(train_counts[order]) - train_counts[order]  # purchases of the items that sell better
    buckets = np.zeros(len(train_counts), np.int64)
    buckets[order] = 1 + POPULARITY_BUCKETS * before // max(1, train_counts.sum())
    return buckets


def _by_history(lengths: np.ndarray) -> dict[str, np.ndarray]:
    if not len(lengths):
        return {}
    # "lower": an edge is a length that occurs, so that the names say exactly who is inside.
    edges = np.quantile(lengths, np.arange(1, HISTORY_BUCKETS) / HISTORY_BUCKETS, method="lower").tolist()
    masks, least = {}, 0
    for bucket, most in enumerate([*edges, None], start=1):
        mask = (lengths > least) & ((lengths <= most) if most is not None else True)
        lengths_in_words = (
            f"{least + 1:,} or more"
            if most is None
            else f"up to {most:,}"
            if bucket == 1
            else f"{least + 1:,} to {most:,}"
        )
        masks[f"{HISTORY}{bucket} ({lengths_in_words} items)"] = mask
        least = most or least
    return masks
