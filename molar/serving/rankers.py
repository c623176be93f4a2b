"""What the shop asks for a ranking: one trained model, or several joined, and how high new items stand in it.

New items are those that nobody has bought in training. Each ranker has an offset in logits for them, chosen on validation
(`molar.evaluation.new_items`); `new_items` is added to it: 0 as chosen, below it fewer of them, above it more.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from molar.core.schema import PAD
from molar.data.splits import Split
from molar.evaluation.new_items import AS_TRAINED
from molar.evaluation.ranking import ItemIndex, ModelScorer, best_items
from molar.evaluation.score_fusion import FusedScorer


class Ranker(Protocol):
    """Something that ranks the catalogue after a history."""

    offset: float  # logits on new items that validation chose

    def scores(self, histories: Sequence[np.ndarray], seen: np.ndarray, new_items: float = 0.0) -> np.ndarray:
        """(B, n_items + 1) float32 after B histories, -inf for what it cannot rank. seen: what the user has (numbers), which
        may be more than is in a history."""
        ...

    def best(self, history: np.ndarray, k: int, new_items: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
        """The k best items that are not in the history and can be had now, exactly: numbers and scores, best first."""
        ...


class ModelRanker:
    """A trained model: user vector · item vector + item bias."""

    def __init__(self, scorer: ModelScorer, split: Split, unavailable: np.ndarray, offset: float = AS_TRAINED):
        """unavailable: numbers of what cannot be had now."""
        self.scorer, self.cold, self.offset = scorer, split.cold, offset
        warm, new = (np.flatnonzero(one) for one in (~split.cold, split.cold))
        self.warm_items, self.new_items = (ItemIndex(scorer, np.union1d(other, unavailable)) for other in (new, warm))

    def scores(self, histories: Sequence[np.ndarray], seen: np.ndarray, new_items: float = 0.0) -> np.ndarray:
        """As `Ranker.scores`; what the user has makes no difference."""
        scores = self.scorer.scores(histories)
        scores[:, self.cold] += self._added(new_items)
        return scores

    def best(self, history: np.ndarray, k: int, new_items: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
        """As `Ranker.best`; the best of the others and of the new ones are merged."""
        user = self.scorer.model.user_vectors([history])[0]  # (dim,)
        numbers, scores = self.warm_items.top(user, history, k)
        new, of_new = self.new_items.top(user, history, k)
        numbers, scores = np.append(numbers, new), np.append(scores, of_new + self._added(new_items))
        order = np.argsort(-scores, kind="stable")[:k]
        return numbers[order], scores[order]

    def _added(self, new_items: float) -> np.float32:
        return np.float32((self.offset + new_items) / self.scorer.logit_scale)


class JoinedRanker:
    """Several models joined; scores are logarithms of probabilities among the items that have a past."""

    def __init__(self, scorer: FusedScorer, split: Split, unavailable: np.ndarray):
        self.scorer, self.cold, self.unavailable, self.offset = scorer, split.cold, unavailable, scorer.offset

    def scores(self, histories: Sequence[np.ndarray], seen: np.ndarray, new_items: float = 0.0) -> np.ndarray:
        """As `Ranker.scores`."""
        scores = self.scorer.joined(self.scorer.logarithms(histories, seen=[seen] * len(histories)))
        scores[:, self.cold] += np.float32(new_items)
        return scores

    def best(self, history: np.ndarray, k: int, new_items: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
        """As `Ranker.best`."""
        return best_of(self.scores([history], history, new_items)[0], np.append(history, self.unavailable), k)


def best_of(scores: np.ndarray, left_out: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The k best of scores (n_items + 1,) without the item numbers `left_out`: numbers and scores, best first."""
    numbers = best_items(scores[None], left_out.astype(np.int64), k)[0]
    numbers = numbers[numbers != PAD]
    return numbers, scores[numbers]
