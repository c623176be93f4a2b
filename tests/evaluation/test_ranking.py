"""Lists of ten come from the same scoring as the ranks, and never hold what the user has."""

import numpy as np
import pytest
import torch

from molar.core.errors import MolarError
from molar.core.schema import PAD
from molar.evaluation.ranking import (
    ItemIndex,
    ModelScorer,
    best_columns,
    best_items,
    evaluate_ranks,
    rank_all,
    rank_users,
)
from molar.models.baselines import ItemKNN, Popularity, Random


class Listening:
    """Remembers which users it was asked about; scores nothing."""

    name = "listening"

    def __init__(self, columns):
        self.columns, self.asked = columns, []

    def scores(self, histories, users=None):
        self.asked += list(users)
        return np.zeros((len(histories), self.columns), np.float32)


def test_best_items_equal_sorting_by_hand():
    rng = np.random.default_rng(0)
    scores = rng.integers(0, 6, (50, 13)).astype(np.float32)  # many ties
    scores[rng.random(scores.shape) < 0.2] = np.nan
    scores[rng.random(scores.shape) < 0.1] = -np.inf
    seen = rng.choice(scores.size, 100, replace=False)
    left = np.where(np.isnan(scores), -np.inf, scores)
    left.reshape(-1)[seen] = -np.inf
    for row, found in zip(left, best_items(scores, seen, 4), strict=True):
        order = [item for item in sorted(range(1, 13), key=lambda item: (-row[item], item)) if row[item] > -np.inf]
        assert found.tolist() == (order + [PAD] * 4)[:4]


def test_a_list_is_filled_up_where_the_catalogue_is_smaller():
    assert best_items(np.array([[9.0, 1.0, 2.0]], np.float32), np.empty(0, np.int64), 5).tolist() == [[2, 1, 0, 0, 0]]


@pytest.mark.parametrize("build", [Popularity, Random, ItemKNN])
def test_lists_hold_nothing_that_was_seen(tiny, build):
    users = tiny.split.evaluation_users("test")
    lists = rank_users(build(tiny.split), tiny.split, "test", users).lists
    histories = tiny.split.histories_of(users, "test")
    assert lists.dtype == np.int32 and lists.shape == (len(users), 10)
    assert all(not set(shown) & {PAD, *history} for shown, history in zip(lists.tolist(), histories, strict=True))


def test_lists_and_ranks_agree(tiny):
    scorer = Random(tiny.split)
    users = tiny.split.evaluation_users("test")
    found = rank_users(scorer, tiny.split, "test", users)
    ranks, lists = found.ranks, found.lists
    assert ranks.tolist() == evaluate_ranks(scorer, tiny.split, "test", users).tolist()
    hits = lists == tiny.split.targets_of(users, "test")[:, None]  # no ties between random numbers
    assert (hits.argmax(axis=1)[ranks <= 10] + 1).tolist() == ranks[ranks <= 10].tolist()
    assert hits.any(axis=1).tolist() == (ranks <= 10).tolist() and hits.any()


def test_cold_targets_are_ranked_among_cold_items_alone(tiny):
    split, scorer = tiny.split, Random(tiny.split)
    users = split.evaluation_users("test")
    found = rank_users(scorer, split, "test", users)
    histories, targets = split.histories_of(users, "test"), split.targets_of(users, "test")
    asked = split.cold[targets]
    for user, history, target in zip(np.flatnonzero(asked), np.array(histories, object)[asked], targets[asked]):
        scores = scorer.scores([history])[0]
        rivals = set(np.flatnonzero(split.cold)) - set(history.tolist()) - {target}
        assert found.among_cold[user] == 1 + sum(scores[rival] >= scores[target] for rival in rivals)
    assert asked.any() and not found.among_cold[~asked].any()
    assert rank_users(ItemKNN(split), split, "test", users).among_cold is None
    assert rank_users(scorer, split, "test", users[~asked]).among_cold is None


def test_a_scorer_is_told_whose_histories_it_reads(tiny, monkeypatch):
    monkeypatch.setattr("molar.evaluation.ranking.BLOCK_SCORES", 100)
    users = tiny.split.evaluation_users("test")[3:15]
    scorer = Listening(tiny.dataset.n_items + 1)
    evaluate_ranks(scorer, tiny.split, "test", users)
    assert scorer.asked == users.tolist()


def test_best_columns_have_no_padding_and_keep_the_order_of_equals():
    scores = np.array([[2.0, 1.0, 2.0, 3.0], [0.0, 0.0, 0.0, 0.0]], np.float32)
    assert best_columns(scores, 3).tolist() == [[3, 0, 2], [0, 1, 2]]
    assert best_columns(np.array([[np.nan, 1, 2], [np.nan] * 3], np.float32), 2).tolist() == [[2, 1], [0, 1]]


def test_every_item_is_ranked_and_ties_count_against_it():
    scores = np.array([9.0, 1.0, 5.0, 5.0, -np.inf, np.nan, 0.0], np.float32)
    assert rank_all(scores).tolist() == [0, 3, 2, 2, 0, 0, 4]


class Model:
    """A model that is asked with the user vectors themselves in place of histories."""

    requires = ()

    def __init__(self, vectors: np.ndarray, scorable: np.ndarray):
        self.vectors, self.known = vectors, scorable

    def user_vectors(self, histories, users=None):
        return np.stack(histories)

    def item_matrix(self):
        return torch.from_numpy(self.vectors)

    def item_bias(self):
        return torch.linspace(0, 1, len(self.vectors))

    def scorable(self, split):
        return self.known


def drawn_scorer(tiny) -> ModelScorer:
    rng = np.random.default_rng(0)
    known = rng.random(31) < 0.7
    known[0] = False
    return ModelScorer("drawn", Model(rng.normal(size=(31, 8)).astype(np.float32), known), tiny.split)


def test_the_index_finds_what_scores_and_sorting_find(tiny):
    scorer, users = drawn_scorer(tiny), np.random.default_rng(1).normal(size=(20, 8)).astype(np.float32)
    index, scores = ItemIndex(scorer), scorer.scores(list(users))
    for k, seen in ((5, [3, 3, 9]), (10, []), (31, [1])):
        for user, row in zip(users, scores, strict=True):
            numbers, values = index.top(user, np.array(seen, np.int64), k)
            wanted = best_items(row[None], np.array(seen, np.int64), k)[0]
            assert numbers.tolist() == wanted[wanted != PAD].tolist()
            np.testing.assert_allclose(values, row[numbers], rtol=1e-5, atol=1e-6)


def test_an_index_of_nothing_finds_nothing(tiny):
    nothing = ModelScorer("x", Model(np.zeros((31, 8), np.float32), np.zeros(31, bool)), tiny.split)
    assert [len(part) for part in ItemIndex(nothing).top(np.zeros(8), np.array([1]), 5)] == [0, 0]


def test_vectors_that_are_not_finite_are_refused_where_they_are_served(tiny):
    scorer = drawn_scorer(tiny)
    scorer.items[np.flatnonzero(scorer.scorable)[0]] = np.nan
    with pytest.raises(MolarError, match="finite"):
        ItemIndex(scorer)
