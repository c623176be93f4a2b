"""What any learned model has to beat: random, popularity, item-knn and content-knn.

Each is a `molar.models.interface.Scorer`; none of them asks who the users are.
They learn from training prefixes alone; a cold item has therefore no popularity, no neighbours, only its content.
"""

import zlib
from collections.abc import Sequence

import numpy as np
from scipy import sparse

from molar.data.splits import Split
from molar.models.interface import trained_items

# The score of a history item falls by half with every HALF_LIVES[i] later purchases; inf weighs all alike.
HALF_LIVES = (0.5, 1.0, 3.0, 10.0, 30.0, float("inf"))


class Random:
    """Uniform scores, the same for one history under one seed in whatever block it is asked."""

    name = "random"

    def __init__(self, split: Split, seed: int = 0):
        self.seed, self.columns = seed, split.dataset.n_items + 1

    def scores(self, histories: Sequence[np.ndarray], users: np.ndarray | None = None) -> np.ndarray:
        """(B, n_items + 1) float32, drawn from a history's own seed."""
        keys = [zlib.crc32(np.asarray(history, np.int32).tobytes()) for history in histories]
        draws = [np.random.default_rng([self.seed, key]).random(self.columns, np.float32) for key in keys]
        return np.stack(draws)


class Popularity:
    """How often an item was bought in the training prefixes, the same for every user."""

    name = "popularity"

    def __init__(self, split: Split):
        self.counts = split.train_counts().astype(np.float32)

    def scores(self, histories: Sequence[np.ndarray], users: np.ndarray | None = None) -> np.ndarray:
        """(B, n_items + 1) float32, a read-only view of one row."""
        return np.broadcast_to(self.counts, (len(histories), len(self.counts)))


class ItemKNN:
    """Sum over the history of the cosine between items as sets of training users (Sarwar et al. 2001).

    Each item keeps its `neighbours` nearest; `half_life` discounts older history items (see `HALF_LIVES`).
    """

    name = "item-knn"

    def __init__(self, split: Split, *, neighbours: int = 200, half_life: float = float("inf")):
        self.half_life = half_life
        self.similarity = _cooccurrence(split, neighbours)  # (n_items + 1, n_items + 1) sparse
        self.unseen = ~trained_items(split)

    def scores(self, histories: Sequence[np.ndarray], users: np.ndarray | None = None) -> np.ndarray:
        """(B, n_items + 1) float32, -inf for items of no training prefix."""
        weights = history_weights(histories, self.half_life, self.similarity.shape[0])
        scores = (weights @ self.similarity).toarray()
        scores[:, self.unseen] = -np.inf
        return scores


class ContentKNN:
    """Cosine between an item's vector and the weighted mean of the history's vectors.

    vectors: (n_items + 1, dim) float32, row 0 ignored. Columns are standardised by the mean and deviation of the
    training items (a fitted statistic must not see cold items), then rows are brought to length one.
    """

    name = "content-knn"

    def __init__(self, split: Split, vectors: np.ndarray, *, half_life: float = float("inf")):
        warm = trained_items(split)
        if not warm.any():
            raise ValueError("no item occurs in a training prefix")
        mean, deviation = vectors[warm].mean(axis=0), vectors[warm].std(axis=0)
        standard = (vectors - mean) / np.where(deviation > 1e-8, deviation, 1.0)
        standard[0] = 0
        lengths = np.linalg.norm(standard, axis=1, keepdims=True)
        self.vectors = (standard / np.maximum(lengths, 1e-12)).astype(np.float32)
        self.half_life = half_life

    def scores(self, histories: Sequence[np.ndarray], users: np.ndarray | None = None) -> np.ndarray:
        """(B, n_items + 1) float32, for cold items too."""
        # The length of the user's own vector does not change the order of his items, so it is left out.
        users = history_weights(histories, self.half_life, len(self.vectors)) @ self.vectors  # (B, dim)
        return users @ self.vectors.T


def history_weights(histories: Sequence[np.ndarray], half_life: float, columns: int) -> sparse.csr_array:
    """(B, columns) float32: the weight of each item in each history, 1 for the last one, halved every `half_life`."""
    lengths = np.array([len(history) for history in histories], np.int64)
    ends = np.cumsum(lengths)
    items = np.concatenate(histories) if len(histories) else np.empty(0, np.int64)
    age = np.repeat(ends, lengths) - 1 - np.arange(len(items))
    weights = np.exp2(-age / half_life).astype(np.float32)
    offsets = np.concatenate([[0], ends])
    matrix = sparse.csr_array((weights, items.astype(np.int64), offsets), shape=(len(histories), columns))
    matrix.sum_duplicates()
    return matrix


def _cooccurrence(split: Split, neighbours: int, block: int = 512) -> sparse.csr_array:
    """Cosine of item columns of the binary (training user, item) matrix, each row cut to its largest entries."""
    columns = split.dataset.n_items + 1
    histories = [split.train_history(user) for user in range(split.dataset.n_users)]
    bought = history_weights(histories, float("inf"), columns)
    bought.data[:] = 1.0
    norms = np.sqrt(np.maximum(bought.sum(axis=0), 1.0)).astype(np.float32)
    by_item = bought.T.tocsr()
    keep = min(neighbours, columns - 1)
    rows = []
    for start in range(0, columns, block):  # dense one block at a time: the whole product need not fit in memory
        part = (by_item[start : start + block] @ bought).toarray()
        part /= norms[start : start + len(part), None]
        part /= norms
        part[np.arange(len(part)), np.arange(start, start + len(part))] = 0  # an item is not its own neighbour
        least = np.partition(part, -keep, axis=1)[:, -keep, None]
        part[part < least] = 0
        rows.append(sparse.csr_array(part))
    return sparse.vstack(rows, format="csr")
