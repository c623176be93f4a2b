"""NDCG and Recall at 10, 20 and 50 from the rank of the one relevant item (leave-one-out).

With a single relevant item the ideal DCG is 1, so NDCG@k = 1 / log2(rank + 1) where rank ≤ k, and Recall@k is the
hit rate (Järvelin & Kekäläinen 2002; the numbers equal those of `ir_measures`, see tests/test_metrics.py).
"""

import numpy as np

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


def _checked(ranks: np.ndarray) -> np.ndarray:
    ranks = np.asarray(ranks)
    if ranks.ndim != 1 or not np.all(ranks >= 1):  # a NaN fails the comparison too
        raise ValueError("ranks must be one row of numbers that count from 1")
    return ranks
