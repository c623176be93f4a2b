import ir_measures
import numpy as np
import pytest
from ir_measures import R, nDCG

from molar.evaluation import metrics


def test_equal_to_ir_measures():
    rng = np.random.default_rng(0)
    n_items = 120
    ranks = np.concatenate([np.arange(1, 61), rng.integers(1, n_items + 1, 60)])
    qrels, run = [], []
    for user, rank in enumerate(ranks):
        qrels.append(ir_measures.Qrel(str(user), f"d{rank}", 1))
        run += [ir_measures.ScoredDoc(str(user), f"d{place}", float(-place)) for place in range(1, n_items + 1)]
    measures = {f"ndcg@{k}": nDCG @ k for k in metrics.CUTOFFS} | {f"recall@{k}": R @ k for k in metrics.CUTOFFS}
    theirs = ir_measures.calc_aggregate(measures.values(), qrels, run)
    ours = metrics.averages(ranks)
    assert set(ours) == set(measures)
    for name, measure in measures.items():
        assert ours[name] == pytest.approx(theirs[measure], abs=1e-6)


def test_values_by_hand():
    ranks = np.array([1, 3, 10, 11])
    assert metrics.ndcg(ranks, 10).tolist() == [1.0, 0.5, 1 / np.log2(11), 0.0]
    assert metrics.recall(ranks, 10).tolist() == [1, 1, 1, 0]
    assert metrics.per_user(ranks).shape == (4, len(metrics.NAMES))


@pytest.mark.parametrize("ranks", [[0, 1], [-1], [np.nan], [[1]]])
def test_impossible_ranks_are_refused(ranks):
    with pytest.raises(ValueError, match="count from 1"):
        metrics.recall(np.array(ranks), 10)


def test_no_user_has_no_average():
    with pytest.raises(ValueError, match="no ranks"):
        metrics.averages(np.array([], dtype=int))


def test_coverage_gini_and_popularity_by_hand():
    # Five items; 1 is shown three times, 2 twice, 3 once, the others never; the last list has an empty place.
    lists = np.array([[1, 2], [1, 3], [2, 1], [0, 0]], np.int32)
    counts = np.array([0, 8, 4, 0, 6, 2])
    targets = np.array([2, 2, 4, 5])  # bought 4, 4, 6 and 2 times: 4 on average
    found = metrics.beyond_accuracy(lists, targets, counts)
    assert found["coverage@2"] == pytest.approx(3 / 5)
    # Ascending shares 0, 0, 1/6, 2/6, 3/6 with the weights -4, -2, 0, 2, 4, divided by n - 1 = 4
    assert found["gini@2"] == pytest.approx((2 * 2 / 6 + 4 * 3 / 6) / 4)
    # Lists of the mean popularity 6, 4, 6 against targets of 4
    assert found["popularity_bias@2"] == pytest.approx((6 + 4 + 6) / 3 / 4)


@pytest.mark.parametrize("shown, expected", [([2, 2, 2, 2], 0.0), ([0, 0, 0, 9], 1.0), ([5], 0.0)])
def test_gini_at_its_ends(shown, expected):
    assert metrics.gini(np.array(shown)) == pytest.approx(expected)


def test_lists_without_an_item_cover_nothing():
    assert metrics.beyond_accuracy(np.zeros((3, 2), np.int32), np.array([1, 1, 1]), np.array([0, 1])) == {
        "coverage@2": 0
    }
