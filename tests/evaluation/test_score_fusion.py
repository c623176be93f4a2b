"""Finished models joined in one list: content, ID and item-to-item."""

import dataclasses

import numpy as np
import pytest
import torch
from tiny_models import content_model, id_tower

from molar.data.availability import ALWAYS
from molar.evaluation import score_fusion
from molar.evaluation.metrics import ndcg
from molar.evaluation.ranking import ModelScorer, evaluate_ranks, rank_users
from molar.evaluation.score_fusion import CONTENT_WEIGHTS, FLOORS, ITEM_WEIGHTS, OFFSETS, FusedScorer

HISTORIES = [np.array([1, 2, 3]), np.array([9])]
HISTORY_ROWS, HISTORY_ITEMS = [0, 0, 0, 1], [1, 2, 3, 9]


class Neighbours:
    """An item-to-item model: the next item is the next number, and a little the one after it."""

    name = "neighbours"

    def __init__(self, cold: np.ndarray):
        self.cold, self.asked = cold, 0

    def scores(self, histories, users=None) -> np.ndarray:
        self.asked += 1
        scores = np.full((len(histories), len(self.cold)), -0.1, np.float32)
        for row, history in enumerate(histories):
            for step, share in ((1, 0.5), (2, 0.2)):
                scores[row, (history[-1] + step - 1) % 28 + 1] = share
        scores[:, self.cold] = -np.inf
        return scores


@pytest.fixture
def neighbours(tiny) -> Neighbours:
    return Neighbours(tiny.split.cold)


def scorer(tiny, vectors, **options) -> FusedScorer:
    return FusedScorer("fused", content_model(tiny, vectors), id_tower(tiny.split), tiny.split, **options)


def candidates(fused: FusedScorer) -> np.ndarray:
    """(2, n_items + 1): the warm items outside of HISTORIES."""
    among = np.tile(fused.warm, (2, 1))
    among[HISTORY_ROWS, HISTORY_ITEMS] = False
    return among


@pytest.mark.parametrize("weights, part", [((1.0, 0.0), 0), ((0.0, 1.0), 1)])
def test_a_whole_weight_is_that_model_alone_among_warm_items(tiny, tiny_vectors, weights, part):
    fused = scorer(tiny, tiny_vectors, weights=weights)
    plain = (fused.content, fused.ids)[part].scores(HISTORIES)[:, fused.warm]
    np.testing.assert_array_equal(fused.scores(HISTORIES)[:, fused.warm].argsort(1)[:, -5:], plain.argsort(1)[:, -5:])


def test_warm_candidates_are_probabilities_and_cold_items_are_contents_own(tiny, tiny_vectors, neighbours):
    fused = scorer(tiny, tiny_vectors, items=neighbours, weights=(0.5, 0.5, 0.4), offset=1.0)
    scores, among = fused.scores(HISTORIES), candidates(fused)
    np.testing.assert_allclose(np.where(among, np.exp(scores), 0).sum(1), 1, rtol=1e-5)
    logits = fused.content.scores(HISTORIES) * fused.content.model.logit_scale()
    total = np.log(np.where(among, np.exp(logits), 0).sum(1, keepdims=True))
    cold = tiny.split.cold
    np.testing.assert_allclose(scores[:, cold], (logits - total)[:, cold] + 1.0, rtol=1e-4)
    assert scores.shape == (2, 31) and np.isfinite(scores[:, 1:]).all()


def test_item_to_item_comes_in_as_the_logarithm_of_its_score(tiny, tiny_vectors, neighbours):
    without = scorer(tiny, tiny_vectors, weights=(0.5, 0.5)).scores(HISTORIES)
    joined = scorer(tiny, tiny_vectors, items=neighbours, weights=(0.5, 0.5, 0.4)).scores(HISTORIES)
    warm = np.flatnonzero(~tiny.split.cold)[1:]
    added = joined[:, warm] - without[:, warm]
    expected = 0.4 * np.log(np.maximum(neighbours.scores(HISTORIES), FLOORS[0]))[:, warm]
    constant = added[:, -1:] - expected[:, -1:]  # normalises
    np.testing.assert_allclose(added - constant, expected, atol=1e-4)


def test_a_weight_of_nought_drops_the_model(tiny, tiny_vectors, neighbours):
    without = scorer(tiny, tiny_vectors, weights=(0.5, 0.5))
    dropped = scorer(tiny, tiny_vectors, items=neighbours, weights=(0.5, 0.5, 0.0))
    np.testing.assert_array_equal(dropped.scores(HISTORIES), without.scores(HISTORIES))
    alone = scorer(tiny, tiny_vectors, weights=(1.0, 0.0))
    alone.ids.scores = None  # would raise if it were asked
    assert neighbours.asked == 0 and np.isfinite(alone.scores(HISTORIES)[:, 1:]).all()


def test_the_offset_lets_cold_items_in(tiny, tiny_vectors):
    users = tiny.split.evaluation_users("test")
    low, high = (
        rank_users(scorer(tiny, tiny_vectors, weights=(0.5, 0.5), offset=offset), tiny.split, "test", users, 2).lists
        for offset in (-50.0, 50.0)
    )
    assert not tiny.split.cold[low].any() and tiny.split.cold[high].all()


def test_who_has_every_warm_item_still_has_scores(tiny, tiny_vectors):
    fused = scorer(tiny, tiny_vectors, weights=(0.5, 0.5))
    assert np.isfinite(fused.scores([np.flatnonzero(fused.warm)])[:, 1:]).all()


@pytest.mark.parametrize("joins_items", [False, True])
def test_what_is_chosen_ranks_validation_best_and_reads_nothing_else(tiny, tiny_vectors, neighbours, joins_items):
    content, ids, items = content_model(tiny, tiny_vectors), id_tower(tiny.split), neighbours if joins_items else None
    fused = FusedScorer.fit("fused", content, ids, tiny.split, items)

    def quality(weights: tuple[float, ...], floor: float, offset: float) -> float:
        one = FusedScorer("x", content, ids, tiny.split, items, weights=weights, floor=floor, offset=offset)
        return ndcg(evaluate_ranks(one, tiny.split, "validation"), 10).mean()

    pairs = [(w, round(1 - w, 1)) for w in CONTENT_WEIGHTS]
    grid = [(weights, FLOORS[0]) for weights in pairs]
    if items:
        grid = [((*weights, 0.0), floor) for weights, floor in grid]
        grid += [((*weights, v), floor) for weights in pairs for v in ITEM_WEIGHTS for floor in FLOORS]
    reached = {(*one, offset): quality(*one, offset) for one in grid for offset in OFFSETS}
    assert len({round(one, 9) for one in reached.values()}) > 5
    best = max(reached.values())
    assert max(reached[fused.weights, fused.floor, offset] for offset in OFFSETS) == pytest.approx(best)
    assert (
        fused.validation == pytest.approx(quality(fused.weights, fused.floor, fused.offset))
        and fused.validation >= best - 1e-9
    )
    blind = dataclasses.replace(tiny.split, targets={"validation": tiny.split.targets["validation"], "test": None})
    again = FusedScorer.fit("fused", content, ids, blind, items)
    assert again.chosen() == fused.chosen()


def test_what_could_not_be_had_yet_is_no_candidate_while_choosing(tiny, tiny_vectors, monkeypatch):
    late = np.full(31, ALWAYS)
    late[[3, 4, 5, 6, 29]] = int(tiny.dataset.times.max())
    split = dataclasses.replace(tiny.split, dataset=dataclasses.replace(tiny.dataset, available_from=late))
    content, ids = content_model(tiny, tiny_vectors), id_tower(split)
    monkeypatch.setattr(score_fusion, "offset_curve", lambda *arguments, **options: None)  # the grid's own ranks
    monkeypatch.setattr(score_fusion, "OFFSETS", (0.0,))
    fused = FusedScorer.fit("fused", content, ids, split)
    assert fused.validation == pytest.approx(ndcg(evaluate_ranks(fused, split, "validation"), 10).mean())
    assert fused.validation != FusedScorer.fit("fused", content, ids, tiny.split).validation


def test_blocks_of_any_size_choose_alike(tiny, tiny_vectors, neighbours, monkeypatch):
    content, ids = content_model(tiny, tiny_vectors), id_tower(tiny.split)
    whole = FusedScorer.fit("fused", content, ids, tiny.split, neighbours)
    monkeypatch.setattr(score_fusion, "BLOCK_SCORES", 7 * 31)
    monkeypatch.setattr(score_fusion, "AT_ONCE", 3 * 31)
    assert FusedScorer.fit("fused", content, ids, tiny.split, neighbours).chosen() == whole.chosen()


def test_what_was_chosen_can_be_told(tiny, tiny_vectors, neighbours):
    fused = scorer(tiny, tiny_vectors, weights=(0.3, 0.7), offset=-1.0)
    assert fused.chosen() == {"weight": 0.3, "new_items_offset": -1.0, "validation_ndcg@10": None}
    fused = scorer(tiny, tiny_vectors, items=neighbours, weights=(0.3, 0.7, 0.2))
    assert (fused.chosen()["item_weight"], fused.chosen()["item_floor"]) == (0.2, FLOORS[0])


def test_below_the_floor_item_to_item_tells_no_items_apart(tiny, tiny_vectors, neighbours):
    """Its weight is then that of one constant, which is normalised away."""
    without = scorer(tiny, tiny_vectors, weights=(0.5, 0.5)).scores(HISTORIES)
    flat = scorer(tiny, tiny_vectors, items=neighbours, weights=(0.5, 0.5, 0.4), floor=0.9).scores(HISTORIES)
    np.testing.assert_allclose(flat[:, 1:], without[:, 1:], atol=1e-5)


def test_a_target_bought_before_is_ranked_as_the_protocol_ranks_it(tiny, tiny_vectors):
    """`evaluate_ranks` keeps it a candidate, without the other items of the history."""
    split, user = tiny.split, int(tiny.split.evaluation_users("validation")[0])
    sequence = tiny.dataset.sequence.copy()
    sequence[split.targets["validation"][user]] = split.train_history(user)[0]
    again = dataclasses.replace(split, dataset=dataclasses.replace(tiny.dataset, sequence=sequence))
    content, ids = content_model(tiny, tiny_vectors), id_tower(again)
    fused = FusedScorer.fit("fused", content, ids, again)
    chosen = FusedScorer("fused", content, ids, again, weights=fused.weights, offset=fused.offset)
    assert fused.validation == pytest.approx(ndcg(evaluate_ranks(chosen, again, "validation"), 10).mean())


def test_without_cold_targets_in_validation_the_offset_stays_nought(tiny, tiny_vectors):
    places = tiny.split.targets["validation"].copy()
    places[tiny.split.cold[tiny.dataset.sequence[np.maximum(places, 0)]]] = -1
    warm_only = dataclasses.replace(tiny.split, targets=tiny.split.targets | {"validation": places})
    assert FusedScorer.fit("fused", content_model(tiny, tiny_vectors), id_tower(tiny.split), warm_only).offset == 0


def test_content_scores_beside_a_model_scorer_are_the_training_logits(tiny, tiny_vectors):
    """User · item + bias, times the scale, is the cosine's logit plus the prior."""
    model = content_model(tiny, tiny_vectors)
    logits = ModelScorer("content", model, tiny.split).scores(HISTORIES) * model.logit_scale()
    with torch.no_grad():
        users = model.scaled_users(torch.from_numpy(model.user_vectors(HISTORIES)))
        trained = users @ model.item_matrix().T + model.prior
        np.testing.assert_allclose(logits[:, 1:], trained[:, 1:], rtol=1e-4, atol=1e-4)
    assert np.isneginf(logits[:, 0]).all()
