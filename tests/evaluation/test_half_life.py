"""How long a baseline remembers."""

import numpy as np

from molar.evaluation import half_life
from molar.models.baselines import ContentKNN


def test_the_half_life_is_chosen_on_validation(tiny, tiny_vectors, monkeypatch):
    def ranks(scorer, split, subset, users):
        assert subset == "validation" and users is None
        return np.array([1 if scorer.half_life == 3.0 else 9])

    monkeypatch.setattr(half_life, "evaluate_ranks", ranks)
    scorer = ContentKNN(tiny.split, tiny_vectors)
    assert half_life.choose_half_life(scorer, tiny.split) == scorer.half_life == 3.0
