"""What could not be had yet when the target was bought is no candidate, for every scorer alike."""

import dataclasses

import numpy as np
import pytest

from molar.data.availability import ALWAYS
from molar.evaluation.new_items import offset_curve
from molar.evaluation.ranking import evaluate_ranks, left_out, rank_users, score_blocks
from molar.models.baselines import ContentKNN, ItemKNN, Popularity, Random


def with_availability(split, available_from):
    """The split over data in which items, number → time, come on sale later."""
    column = np.full(split.dataset.n_items + 1, ALWAYS)
    column[list(available_from)] = list(available_from.values())
    return dataclasses.replace(split, dataset=dataclasses.replace(split.dataset, available_from=column))


@pytest.fixture
def timed(tiny):
    """Items 3, 4 and 5 come on sale in the midst of the targets, 6 after all of them, 7 before all."""
    times = np.sort(tiny.split.times_of(tiny.split.evaluation_users("test"), "test"))
    middle = int(times[len(times) // 2])
    return with_availability(tiny.split, {3: middle, 4: middle + 1, 5: middle, 6: int(times[-1]) + 1, 7: int(times[0])})


@pytest.mark.parametrize("subset", ["validation", "test"])
def test_ranks_equal_those_among_candidates_by_hand(timed, subset):
    scorer, users = Random(timed), timed.evaluation_users(subset)
    scores = scorer.scores(timed.histories_of(users, subset), users)
    times, opens, expected = timed.times_of(users, subset), timed.available_from, []
    for row, user in enumerate(users):
        target, seen = timed.target(user, subset), set(timed.history_for(user, subset).tolist())
        rivals = [n for n in range(1, len(opens)) if n != target and n not in seen and opens[n] <= times[row]]
        expected.append(1 + sum(scores[row, n] >= scores[row, target] for n in rivals))
    assert evaluate_ranks(scorer, timed, subset).tolist() == expected
    always = dataclasses.replace(timed, dataset=dataclasses.replace(timed.dataset, available_from=None))
    assert expected != evaluate_ranks(scorer, always, subset).tolist()


@pytest.mark.parametrize("build", [Popularity, Random, ItemKNN, ContentKNN])
def test_lists_hold_nothing_that_is_not_yet_on_sale(timed, tiny_vectors, build):
    scorer = build(timed, tiny_vectors) if build is ContentKNN else build(timed)
    users = timed.evaluation_users("test")
    times, targets = timed.times_of(users, "test"), timed.targets_of(users, "test")
    lists = rank_users(scorer, timed, "test", users, k=30).lists
    late = (timed.available_from[lists] > times[:, None]) & (lists != targets[:, None])
    assert not late.any()


def test_a_target_bought_before_its_own_time_stays_a_candidate(tiny):
    late = int(tiny.dataset.times.max()) + 1
    everything = with_availability(tiny.split, dict.fromkeys(range(1, 31), late))
    users = everything.evaluation_users("test")
    found = rank_users(Random(everything), everything, "test", users)
    ranks, lists = found.ranks, found.lists
    assert ranks.tolist() == [1] * len(users)
    assert lists[:, 0].tolist() == everything.targets_of(users, "test").tolist() and not lists[:, 1:].any()


def test_without_the_column_only_what_was_bought_is_left_out(tiny):
    users = tiny.split.evaluation_users("test")
    places = left_out(tiny.split, "test", users)
    rows, numbers = np.divmod(places, 31)
    histories = tiny.split.histories_of(users, "test")
    assert [numbers[rows == row].tolist() for row in range(len(users))] == [history.tolist() for history in histories]


def test_blocks_leave_out_what_the_helper_says(timed, monkeypatch):
    monkeypatch.setattr("molar.evaluation.ranking.BLOCK_SCORES", 31 * 4)  # four users a block
    users = timed.evaluation_users("test")
    for part, scores, places, targets in score_blocks(Random(timed), timed, "test", users):
        assert places.tolist() == left_out(timed, "test", users[part]).tolist()
        assert len(targets) == len(scores) <= 4 and places.max() < scores.size


def test_the_offset_of_new_items_is_chosen_among_the_same_candidates(tiny):
    """With no cold item on sale but the targets, cold targets have no rival among cold items."""
    late = int(tiny.dataset.times.max()) + 1
    split = with_availability(tiny.split, dict.fromkeys(np.flatnonzero(tiny.split.cold).tolist(), late))

    class Logits(Random):
        logit_scale = 1.0

    assert offset_curve(Logits(split), split, "test").among_cold == 1.0
