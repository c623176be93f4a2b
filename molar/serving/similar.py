"""Content alone: which items are like this one, which are like these. No model is asked, nothing is learned."""

from collections.abc import Sequence

import numpy as np

from molar.core.errors import MolarError
from molar.core.schema import PAD
from molar.evaluation.ranking import best_items


class ContentNeighbours:
    """Cosine between item vectors, after the catalogue's own mean is taken off what all its items have in common.

    vectors: (n_items + 1, dim) float; row 0 is padding. A row of zeros is an item not encoded yet: never an answer.
    """

    def __init__(self, vectors: np.ndarray):
        vectors = np.asarray(vectors, dtype=np.float32)
        self.known: np.ndarray = np.any(vectors != 0, axis=1)
        self.known[PAD] = False
        centred = vectors - (vectors[self.known].mean(axis=0) if self.known.any() else 0)
        lengths = np.linalg.norm(centred, axis=1, keepdims=True)
        self.units = np.where(self.known[:, None], centred / np.maximum(lengths, 1e-12), 0)  # (n_items + 1, dim)

    def like(
        self, numbers: list[int], k: int, without: Sequence[int] | np.ndarray = ()
    ) -> tuple[np.ndarray, np.ndarray]:
        """The k items most like the mean of these: item numbers (≤ k,) and mean cosines (≤ k,), best first.

        The items themselves are left out, and those of `without`; ties keep the order of the catalogue. Raises MolarError for a number that is
        not in the catalogue or has no vector yet.
        """
        unknown = [number for number in numbers if not (0 < number < len(self.known) and self.known[number])]
        if unknown:
            raise MolarError(f"Item number {unknown[0]} has no vector here: encode it first, then ask what is like it.")
        scores = self.units @ self.units[numbers].mean(axis=0)
        scores[~self.known] = -np.inf
        best = best_items(scores[None], np.array([*numbers, *without], np.int64), k)[0]
        best = best[best != PAD]
        return best, scores[best]
