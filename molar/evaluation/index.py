"""Exact top-k search by inner product over the item vectors of one model (FAISS `IndexFlatIP`)."""

import numpy as np

from molar.core.errors import MolarError


class ItemIndex:
    """Ranks items for user vectors: score = user · item + bias, items already seen left out.

    Arguments:
        matrix: (n_items + 1, dim) item vectors by item number; row 0 (padding) is never ranked.
        bias: (n_items + 1,), it travels as one more coordinate, for which every user has a 1.
        unscorable: (n_items + 1,) bool, items this model knows nothing about; they are never returned.
    """

    def __init__(self, matrix: np.ndarray, bias: np.ndarray, unscorable: np.ndarray | None = None):
        import faiss

        matrix = np.ascontiguousarray(np.column_stack([matrix, bias]), dtype=np.float32)
        if not np.isfinite(matrix).all():
            raise MolarError("The item vectors hold values that are not finite; train or encode them again.")
        kept = np.ones(len(matrix), dtype=bool) if unscorable is None else ~unscorable
        kept[0] = False
        self.matrix, self.kept = matrix, kept
        self.numbers = np.flatnonzero(kept)  # position in the index -> item number
        self.index = faiss.IndexFlatIP(matrix.shape[1])
        self.index.add(matrix[self.numbers])

    def top(self, user: np.ndarray, seen: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """The k best unseen items for one user: numbers (≤ k,) and scores (≤ k,), best first.

        `user` is (dim,), `seen` holds item numbers. Fewer than k come back only when fewer unseen items exist.
        """
        wanted = min(k + len(set(seen.tolist())), len(self.numbers))
        if wanted == 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        query = np.append(user, 1.0).astype(np.float32)[None]
        scores, places = self.index.search(query, wanted)
        numbers = self.numbers[places[0]]
        fresh = ~np.isin(numbers, seen)
        return numbers[fresh][:k], scores[0][fresh][:k]

    def scores(self, users: np.ndarray) -> np.ndarray:
        """Scores (users, n_items + 1) of all items for user vectors (users, dim); -inf where nothing is ranked."""
        queries = np.column_stack([users, np.ones(len(users), np.float32)])
        return np.where(self.kept, queries @ self.matrix.T, -np.inf)
