"""How long a baseline remembers: the half-life of a history's items that validation prefers."""

import numpy as np

from molar.data.splits import Split
from molar.evaluation.metrics import ndcg
from molar.evaluation.ranking import evaluate_ranks
from molar.models.baselines import HALF_LIVES, ContentKNN, ItemKNN


def choose_half_life(scorer: ItemKNN | ContentKNN, split: Split, *, users: np.ndarray | None = None) -> float | None:
    """Set the half-life with the best validation NDCG@10 and return it; None stands for no decay at all.

    users: (n,) validation users who choose, all of them when not given."""

    def quality(half_life: float) -> float:
        scorer.half_life = half_life
        return ndcg(evaluate_ranks(scorer, split, "validation", users), 10).mean()

    scorer.half_life = max(HALF_LIVES, key=quality)
    return scorer.half_life if np.isfinite(scorer.half_life) else None
