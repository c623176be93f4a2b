"""Offsets of cold items beside ranks of scores that were shifted by hand, and the choice between them."""

import dataclasses

import numpy as np
import pytest

from molar.evaluation.metrics import ndcg
from molar.evaluation.new_items import OFFSETS, Offset, choose_offset, offset_curve
from molar.evaluation.ranking import evaluate_ranks
from molar.models.baselines import ItemKNN


class Drawn:
    """Fixed scores of every item, the same for all users, cold ones low; half a score is a logit."""

    name, logit_scale = "drawn", 2.0

    def __init__(self, split, low=-2.0):
        self.values = np.random.default_rng(5).normal(size=split.dataset.n_items + 1).astype(np.float32)
        self.values[split.cold] += low

    def scores(self, histories, users=None):
        return np.tile(self.values, (len(histories), 1))


def gains(scorer, split, subset="validation"):
    return ndcg(evaluate_ranks(scorer, split, subset), 10)


def test_an_offset_is_told_in_logits_and_moves_cold_items_alone(tiny):
    scorer = Drawn(tiny.split)
    moved = Offset(scorer, tiny.split, 3.0).scores([np.array([1])]) - scorer.scores([np.array([1])])
    np.testing.assert_allclose(moved[0, tiny.split.cold], 1.5, rtol=1e-5)
    assert not moved[0, ~tiny.split.cold].any() and Offset(scorer, tiny.split, 3.0).logit_scale == 2.0


def test_what_cannot_be_ranked_stays_so(tiny):
    class IDs(ItemKNN):
        logit_scale = 1.0

    scores = Offset(IDs(tiny.split), tiny.split, 4.0).scores([np.array([1, 2])])
    assert np.isneginf(scores[:, tiny.split.cold]).all()
    assert offset_curve(IDs(tiny.split), tiny.split) is None and choose_offset(IDs(tiny.split), tiny.split) == 0


def test_the_curve_is_that_of_the_evaluation_at_every_offset(tiny):
    split, scorer = tiny.split, Drawn(tiny.split)
    curve = offset_curve(scorer, split)
    asked_cold = split.cold[split.targets_of(split.evaluation_users("validation"), "validation")]
    for place, offset in enumerate(OFFSETS):
        found = gains(Offset(scorer, split, offset), split)
        assert curve.all[place] == pytest.approx(found.mean())
        assert curve.warm[place] == pytest.approx(found[~asked_cold].mean())
        assert curve.cold[place] == pytest.approx(found[asked_cold].mean())
    assert (curve.n, curve.n_cold) == (len(asked_cold), asked_cold.sum())
    assert curve.all[OFFSETS.index(curve.best)] == curve.all.max() and curve.best == 2.25


def test_among_cold_items_alone_no_offset_matters(tiny):
    split = tiny.split
    low, high = (offset_curve(Drawn(split, low), split) for low in (-30.0, 30.0))
    assert low.among_cold == high.among_cold == pytest.approx(max(high.cold))
    assert low.cold.max() == 0


def test_of_equal_offsets_the_one_nearest_to_none_is_chosen(tiny):
    assert choose_offset(Drawn(tiny.split, -30.0), tiny.split) == 0


def test_validation_alone_chooses(tiny):
    blind = dataclasses.replace(tiny.split, targets={"validation": tiny.split.targets["validation"], "test": None})
    assert choose_offset(Drawn(tiny.split), blind) == choose_offset(Drawn(tiny.split), tiny.split)


def test_without_cold_targets_in_validation_nothing_is_chosen(tiny):
    places = tiny.split.targets["validation"].copy()
    places[tiny.split.cold[tiny.dataset.sequence[np.maximum(places, 0)]]] = -1
    warm_only = dataclasses.replace(tiny.split, targets=tiny.split.targets | {"validation": places})
    assert choose_offset(Drawn(tiny.split), warm_only) == 0


def test_what_an_id_model_scores_are_its_logits(tiny):
    from molar.evaluation.ranking import ModelScorer
    from molar.models.sasrec import SASRec, SASRecConfig

    assert ModelScorer("sasrec", SASRec(SASRecConfig(tiny.dataset.n_items, dim=8)), tiny.split).logit_scale == 1
