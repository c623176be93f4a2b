import numpy as np
import pytest

from molar.core.errors import MolarError
from molar.data.segments import slices
from molar.evaluation import metrics
from molar.evaluation.ranking import ModelScorer, evaluate_ranks, rank_targets
from molar.models.baselines import Random


class Fixed:
    """Scores every history by a function of (histories, columns)."""

    name = "fixed"

    def __init__(self, split, function):
        self.columns, self.function = split.dataset.n_items + 1, function

    def scores(self, histories, users=None):
        return self.function(histories, self.columns)


def constant(value):
    return lambda histories, columns: np.full((len(histories), columns), value, np.float32)


def by_hand(scores, history, target):
    """The rank by sorting: numbers before NaN and -inf, the target after whatever it ties with."""
    value = np.nan_to_num(scores.astype(float), nan=-np.inf, posinf=np.inf, neginf=-np.inf)
    candidates = [i for i in range(1, len(scores)) if i == target or i not in set(history)]
    order = sorted(candidates, key=lambda i: (-value[i], i == target))
    return order.index(target) + 1


def test_ranks_equal_sorting_by_hand():
    rng = np.random.default_rng(0)
    scores = rng.integers(0, 5, (200, 13)).astype(np.float32)  # many ties
    scores[rng.random(scores.shape) < 0.2] = np.nan
    scores[rng.random(scores.shape) < 0.2] = -np.inf
    histories = [rng.choice(np.arange(1, 13), size=rng.integers(1, 6), replace=False) for _ in range(200)]
    targets = rng.integers(1, 13, 200)
    expected = [by_hand(*case) for case in zip(scores, histories, targets, strict=True)]
    assert rank_targets(scores, histories, targets).tolist() == expected


@pytest.mark.parametrize("value", [0.0, 1.0, np.nan, -np.inf, np.inf])
def test_scores_without_an_opinion_come_last(tiny, value):
    split = tiny.split
    users = split.evaluation_users("test")
    ranks = evaluate_ranks(Fixed(split, constant(value)), split, "test")
    seen = [len(set(split.history_for(user, "test")) - {split.target(user, "test")}) for user in users]
    assert ranks.tolist() == [split.dataset.n_items - n for n in seen]
    assert metrics.ndcg(ranks, 10).mean() <= metrics.ndcg(evaluate_ranks(Random(split), split, "test"), 10).mean()


def test_seen_items_and_padding_do_not_rank(tiny):
    def seen_first(histories, columns):
        scores = np.zeros((len(histories), columns), np.float32)
        scores[:, 0] = 9
        for row, history in enumerate(histories):
            scores[row, history] = 5
            scores[row, targets[row]] = 1
        return scores

    split = tiny.split
    targets = [split.target(user, "test") for user in split.evaluation_users("test")]
    assert evaluate_ranks(Fixed(split, seen_first), split, "test").tolist() == [1] * len(targets)


def test_validation_item_is_history_at_test(tiny):
    asked = {}
    split = tiny.split
    users = split.evaluation_users("test")
    for subset in ("validation", "test"):

        def listen(histories, columns, subset=subset):
            asked[subset] = histories
            return np.zeros((len(histories), columns), np.float32)

        evaluate_ranks(Fixed(split, listen), split, subset)
    for user, before, after in zip(users, asked["validation"], asked["test"], strict=True):
        assert after.tolist() == [*before, split.target(user, "validation")]


def test_blocks_do_not_change_ranks(tiny, monkeypatch):
    scorer = Random(tiny.split, seed=3)
    whole = evaluate_ranks(scorer, tiny.split, "test")
    monkeypatch.setattr("molar.evaluation.ranking.BLOCK_SCORES", 100)
    assert evaluate_ranks(scorer, tiny.split, "test").tolist() == whole.tolist()


def test_a_scorer_of_another_catalogue_is_refused(tiny):
    smaller = Fixed(tiny.split, lambda histories, columns: np.zeros((len(histories), columns - 1)))
    with pytest.raises(MolarError, match="trained on this dataset"):
        evaluate_ranks(smaller, tiny.split, "test")


def test_an_id_model_ranks_what_it_cannot_know_last(tiny):
    import torch

    from molar.models.sasrec import SASRec, SASRecConfig

    torch.manual_seed(0)
    split = tiny.split
    scorer = ModelScorer("sasrec", SASRec(SASRecConfig(split.dataset.n_items, dim=8)), split)
    users = split.evaluation_users("test")
    cold = users[slices(split, "test", users)["cold"]]
    ranks = evaluate_ranks(scorer, split, "test", cold)
    candidates = [split.dataset.n_items - len(set(split.history_for(user, "test"))) for user in cold]
    assert len(cold) and ranks.tolist() == candidates


def test_slices_follow_the_target(tiny):
    split = tiny.split
    users = split.evaluation_users("test")
    masks = slices(split, "test", users)
    assert masks["all"].all() and (masks["warm"] ^ masks["cold"]).all()
    assert {split.target(user, "test") for user in users[masks["cold"]]} <= set(np.flatnonzero(split.cold))
