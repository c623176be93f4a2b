"""Lists of ten come from the same scoring as the ranks, and never hold what the user has."""

import numpy as np
import pytest

from molar.core.schema import PAD
from molar.evaluation.ranking import best_items, evaluate_ranks, ranks_and_lists, top_items
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
    lists = top_items(build(tiny.split), tiny.split, "test", users)
    histories = tiny.split.histories_of(users, "test")
    assert lists.dtype == np.int32 and lists.shape == (len(users), 10)
    assert all(not set(shown) & {PAD, *history} for shown, history in zip(lists.tolist(), histories, strict=True))


def test_lists_and_ranks_agree(tiny):
    scorer = Random(tiny.split)
    users = tiny.split.evaluation_users("test")
    ranks, lists = ranks_and_lists(scorer, tiny.split, "test", users)
    assert ranks.tolist() == evaluate_ranks(scorer, tiny.split, "test", users).tolist()
    hits = lists == tiny.split.targets_of(users, "test")[:, None]  # no ties between random numbers
    assert (hits.argmax(axis=1)[ranks <= 10] + 1).tolist() == ranks[ranks <= 10].tolist()
    assert hits.any(axis=1).tolist() == (ranks <= 10).tolist() and hits.any()


def test_a_scorer_is_told_whose_histories_it_reads(tiny, monkeypatch):
    monkeypatch.setattr("molar.evaluation.ranking.BLOCK_SCORES", 100)
    users = tiny.split.evaluation_users("test")[3:15]
    scorer = Listening(tiny.dataset.n_items + 1)
    evaluate_ranks(scorer, tiny.split, "test", users)
    assert scorer.asked == users.tolist()
