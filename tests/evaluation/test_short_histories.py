"""Histories of which a scorer is told a few items only."""

import numpy as np
import pytest

from molar.core.errors import MolarError
from molar.evaluation.ranking import evaluate_ranks
from molar.evaluation.short_histories import ShortHistories


class Spy:
    """Ranks what it is told of first."""

    name = "spy"

    def __init__(self):
        self.told: list[list[int]] = []

    def scores(self, histories, users=None):
        assert users is None
        self.told += [list(history) for history in histories]
        scores = np.zeros((len(histories), 31), np.float32)
        for row, history in zip(scores, histories, strict=True):
            row[history] = 1
        return scores


@pytest.mark.parametrize("end, part", [("last", slice(-2, None)), ("first", slice(0, 2))])
def test_it_is_told_one_end_of_each_history(tiny, end, part):
    spy, users = Spy(), tiny.split.evaluation_users("validation")
    ranks = evaluate_ranks(ShortHistories(spy, 2, end), tiny.split, "validation")
    assert spy.told == [list(history[part]) for history in tiny.split.histories_of(users, "validation")]
    # What was left out is no candidate all the same, so every item of the history is out of the ranking.
    lengths = tiny.split.history_lengths(users, "validation")
    np.testing.assert_array_equal(ranks, 30 - lengths)


def test_more_than_there_is_is_all_there_is(tiny):
    spy, users = Spy(), tiny.split.evaluation_users("validation")
    evaluate_ranks(ShortHistories(spy, 100), tiny.split, "validation")
    assert spy.told == [list(history) for history in tiny.split.histories_of(users, "validation")]


@pytest.mark.parametrize("items, end", [(0, "last"), (2, "middle")])
def test_what_cannot_be_told_is_refused(items, end):
    with pytest.raises(MolarError, match="items must be at least 1 and end one of last, first"):
        ShortHistories(Spy(), items, end)
