"""What all evaluations share."""

import numpy as np

from molar.experiments import evaluate
from molar.models.baselines import ContentKNN


def test_the_half_life_is_chosen_on_validation(tiny, tiny_vectors, monkeypatch):
    def ranks(scorer, split, subset):
        assert subset == "validation"
        return np.array([1 if scorer.half_life == 3.0 else 9])

    monkeypatch.setattr(evaluate, "evaluate_ranks", ranks)
    scorer = ContentKNN(tiny.split, tiny_vectors)
    assert evaluate.choose_half_life(scorer, tiny.split) == scorer.half_life == 3.0
