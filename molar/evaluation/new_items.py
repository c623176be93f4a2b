"""How high new items stand among the others: one offset, in logits, on every cold item.

What a model knows of cold items is one thing, how it weighs them against warm ones another: a training softmax in which no
cold item is ever a target pushes them all down alike. The first shows where cold targets are ranked among cold items
alone, which no offset changes; the second is a number that validation can choose.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from molar.data.splits import Split
from molar.evaluation.metrics import ndcg
from molar.evaluation.ranking import ranks_of, score_blocks
from molar.models.interface import LogitScorer

OFFSETS = tuple(quarter / 4 for quarter in range(-16, 17))  # logits
AS_TRAINED = 0.0
NEW_ITEMS_OFFSET = "new_items_offset"  # what the chosen offset is called beside a model and in rows of results


class Offset:
    """A scorer with `offset` logits added to every cold item; what it cannot rank it still cannot.

    Offset(scorer, split, choose_offset(scorer, split)) ranks new items as high as validation finds best."""

    def __init__(self, scorer: LogitScorer, split: Split, offset: float):
        self.name, self.scorer, self.offset = scorer.name, scorer, offset
        self.added = np.where(split.cold, np.float32(offset / scorer.logit_scale), np.float32(0))  # (n_items + 1,)

    @property
    def logit_scale(self) -> float:
        """That of the scorer."""
        return self.scorer.logit_scale

    def scores(self, histories: Sequence[np.ndarray], users: np.ndarray | None = None) -> np.ndarray:
        """(n, n_items + 1) float32, -inf for what the scorer cannot rank."""
        return self.scorer.scores(histories, users) + self.added


@dataclass(frozen=True, eq=False)
class OffsetCurve:
    """NDCG@10 of one scorer at every offset: of all users, and of those whose target is warm or cold, (offsets,) each.

    among_cold: of cold targets where cold items are the only candidates, at any offset the same. n, n_cold: users."""

    offsets: tuple[float, ...]
    all: np.ndarray
    warm: np.ndarray
    cold: np.ndarray
    among_cold: float
    n: int
    n_cold: int

    @property
    def best(self) -> float:
        """The offset with the best NDCG@10 of all users; of equals the one nearest to none."""
        return max(zip(self.all.tolist(), self.offsets), key=lambda one: (one[0], -abs(one[1])))[1]


def offset_curve(
    scorer: LogitScorer,
    split: Split,
    subset: str = "validation",
    *,
    users: np.ndarray | None = None,
    offsets: Sequence[float] = OFFSETS,
) -> OffsetCurve | None:
    """What each of `offsets` does on the users (n,) of a subset, all of them when not given.

    None where there is nothing to trade: no users of both kinds, or a scorer that ranks no cold item."""
    users = split.evaluation_users(subset) if users is None else users
    asked_cold = split.cold[split.targets_of(users, subset)]
    if not asked_cold.any() or asked_cold.all():
        return None
    ranks, among = np.empty((len(offsets), len(users)), np.int64), np.empty(len(users), np.int64)
    added = [np.float32(offset / scorer.logit_scale) for offset in offsets]
    ranks_cold = False
    for part, scores, places, targets in score_blocks(scorer, split, subset, users):
        ranks_cold |= bool((scores[:, split.cold] > -np.inf).any())
        for row, offset in enumerate(added):
            ranks[row, part] = ranks_of(np.where(split.cold, scores + offset, scores), places, targets)
        among[part] = ranks_of(np.where(split.cold, scores, -np.inf), places, targets)
    if not ranks_cold:
        return None
    gains = np.array([ndcg(row, 10) for row in ranks])  # (offsets, n)
    return OffsetCurve(
        tuple(offsets),
        all=gains.mean(1),
        warm=gains[:, ~asked_cold].mean(1),
        cold=gains[:, asked_cold].mean(1),
        among_cold=float(ndcg(among[asked_cold], 10).mean()),
        n=len(users),
        n_cold=int(asked_cold.sum()),
    )


def choose_offset(
    scorer: LogitScorer, split: Split, *, users: np.ndarray | None = None, offsets: Sequence[float] = OFFSETS
) -> float:
    """The offset in logits of cold items with the best NDCG@10 over the validation users (`offset_curve`); 0 where
    validation cannot tell."""
    curve = offset_curve(scorer, split, users=users, offsets=offsets)
    return curve.best if curve else AS_TRAINED
