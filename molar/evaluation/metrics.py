"""NDCG and Recall at 10, 20 and 50 from the rank of the one relevant item; what lists of ten do to the catalogue.

With a single relevant item the ideal DCG is 1, so NDCG@k = 1 / log2(rank + 1) where rank ≤ k, and Recall@k is the
hit rate (Järvelin & Kekäläinen 2002; the numbers equal those of `ir_measures`, see tests/evaluation/test_metrics.py).
"""

import numpy as np

from molar.core.schema import PAD

CUTOFFS = (10, 20, 50)
NAMES = tuple(f"{metric}@{k}" for metric in ("ndcg", "recall") for k in CUTOFFS)


def ndcg(ranks: np.ndarray, k: int) -> np.ndarray:
    """NDCG@k of each user, (n,) float64. `ranks` (n,) counts from 1."""
    ranks = _checked(ranks)
    return np.where(ranks <= k, 1.0 / np.log2(ranks + 1.0), 0.0)


def recall(ranks: np.ndarray, k: int) -> np.ndarray:
    """Recall@k of each user, (n,) float64: 1 where the item is among the first k. `ranks` (n,) counts from 1."""
    return (_checked(ranks) <= k).astype(np.float64)


def per_user(ranks: np.ndarray) -> np.ndarray:
    """All metrics of each user, (n, 6) float64, columns in the order of `NAMES`."""
    return np.stack([ndcg(ranks, k) for k in CUTOFFS] + [recall(ranks, k) for k in CUTOFFS], axis=1)


def averages(ranks: np.ndarray) -> dict[str, float]:
    """The mean over users of every metric in `NAMES`; raises ValueError when there is no user."""
    if len(ranks) == 0:
        raise ValueError("no ranks to average")
    return dict(zip(NAMES, per_user(ranks).mean(axis=0).tolist(), strict=True))


def beyond_accuracy(lists: np.ndarray, targets: np.ndarray, train_counts: np.ndarray) -> dict[str, float]:
    """What lists (n, k) of item numbers, PAD where a place is empty, do to the catalogue as a whole.

    targets: (n,) what these users came to next; train_counts: (n_items + 1,) purchases in the training prefixes.
    Every item of the catalogue is a candidate. A measure that is not defined (nothing is shown, nothing sells) is absent.
    """
    k = lists.shape[1]
    shown = np.bincount(lists.ravel(), minlength=len(train_counts))[1:]  # (n_items,)
    if not shown.any():
        return {f"coverage@{k}": 0.0}
    found = {f"coverage@{k}": float((shown > 0).mean()), f"gini@{k}": gini(shown)}
    typical = train_counts[targets].mean()
    if typical > 0:
        found[f"popularity_bias@{k}"] = average_popularity(lists, train_counts) / typical
    return found


def gini(shown: np.ndarray) -> float:
    """The Gini index of how often each of n items is shown, (n,): 0 for all alike, 1 for one item alone.

    Shani and Gunawardana, Evaluating Recommendation Systems (Recommender Systems Handbook, 2011, section 8.3.3), as is
    catalogue coverage: Σ_j (2j - n - 1) p_j / (n - 1), the shares p in ascending order.
    """
    n = len(shown)
    if n < 2:
        return 0.0
    shares = np.sort(shown) / shown.sum()
    return float(((2 * np.arange(1, n + 1) - n - 1) * shares).sum() / (n - 1))


def average_popularity(lists: np.ndarray, train_counts: np.ndarray) -> float:
    """ARP, average recommendation popularity: the mean over users of the mean training count of what they are shown.

    Yin et al., Challenging the Long Tail Recommendation (VLDB 2012). The rows' `popularity_bias@10` divides it by the
    mean training count of the users' targets: 1 where models show what is as popular as what people choose.
    """
    filled = lists != PAD
    some = filled.any(axis=1)  # a user who is shown nothing has no mean
    return float((np.where(filled, train_counts[lists], 0).sum(axis=1)[some] / filled.sum(axis=1)[some]).mean())


def _checked(ranks: np.ndarray) -> np.ndarray:
    ranks = np.asarray(ranks)
    if ranks.ndim != 1 or not np.all(ranks >= 1):  # a NaN fails the comparison too
        raise ValueError("ranks must be one row of numbers that count from 1")
    return ranks
