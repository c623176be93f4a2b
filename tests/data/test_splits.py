import dataclasses
import itertools
import json
from pathlib import Path

import numpy as np
import pytest

from molar.core.errors import MolarError
from molar.data.dataset import load_dataset
from molar.data.lists import UserList
from molar.data.splits import (
    describe_asked,
    leave_one_out,
    of_asked_users,
    of_train_users,
    split_dataset,
    temporal_split,
)


def test_targets_are_the_last_two_items(tiny):
    history = tiny.dataset.history(0)
    assert tiny.split.target(0, "test") == history[-1]
    assert tiny.split.target(0, "validation") == history[-2]
    assert list(tiny.split.train_history(0)) == list(history[:-2])


def test_validation_item_is_history_at_test(tiny):
    history = tiny.dataset.history(0)
    assert list(tiny.split.history_for(0, "test")) == list(history[:-1])
    assert list(tiny.split.history_for(0, "validation")) == list(history[:-2])


def test_users_with_two_items_train_only(tiny):
    assert len(tiny.dataset.history(1)) == 2
    assert len(tiny.split.train_history(1)) == 2
    assert 1 not in tiny.split.evaluation_users("test")
    assert len(tiny.split.evaluation_users("validation")) == tiny.dataset.n_users - 1


def test_cold_items_are_in_no_training_prefix(tiny):
    trained = set(np.concatenate([tiny.split.train_history(u) for u in range(tiny.dataset.n_users)]).tolist())
    assert {29, 30} <= set(np.flatnonzero(tiny.split.cold).tolist())
    assert set(np.flatnonzero(tiny.split.cold).tolist()) == set(range(1, 31)) - trained


def test_train_counts_count_training_prefixes(tiny):
    trained = np.concatenate([tiny.split.train_history(u) for u in range(tiny.dataset.n_users)])
    assert tiny.split.train_counts().tolist() == np.bincount(trained, minlength=31).tolist()


def test_held_out_depends_on_the_user_id_alone(tiny):
    from molar.data.splits import share_of

    assert [share_of(user) < 0.1 for user in tiny.dataset.user_ids] == tiny.split.held_out.tolist()
    shares = np.array([share_of(f"user {n}") for n in range(2000)])
    assert 0.08 < (shares < 0.1).mean() < 0.12


def test_unknown_target_is_refused(tiny):
    with pytest.raises(ValueError, match='not "dev"'):
        tiny.split.target(0, "dev")


def test_the_demos_split_is_the_one_that_its_models_name():
    dataset = load_dataset("assets/demo", decode_pictures=False)
    assert leave_one_out(dataset).split_hash == "f029803970b4e1d8"
    saved = json.loads(Path("checkpoints/demo/sasrec/config.json").read_text(encoding="utf-8"))
    assert saved["meta"]["split_hash"] == "f029803970b4e1d8"


def test_a_user_without_a_target_is_not_asked_about(tiny):
    with pytest.raises(ValueError, match="user 1 has no test target"):
        tiny.split.target(1, "test")


def histories_at(tiny, *histories):
    """A world of these histories, each a list of (item, time)."""
    lengths = [len(history) for history in histories]
    pairs = np.array([pair for history in histories for pair in history])
    return dataclasses.replace(
        tiny.dataset,
        user_ids=np.array([f"u{user}" for user in range(len(histories))], dtype=object),
        sequence=pairs[:, 0].astype(np.int32),
        times=pairs[:, 1].astype(np.int64),
        offsets=np.concatenate([[0], np.cumsum(lengths)]),
    )


@pytest.fixture
def by_time(tiny):
    """20 interactions at the times 0 … 19, so that the moments are 16 and 18."""
    return temporal_split(
        histories_at(
            tiny,
            [(1, 0), (2, 1), (3, 2), (4, 16), (5, 17), (6, 18)],  # both targets
            [(1, 3), (2, 4), (3, 5), (7, 19)],  # a test target alone
            [(1, 6), (2, 7), (3, 8), (4, 9), (5, 10), (6, 11), (7, 12), (8, 13), (9, 14), (10, 15)],  # trains only
        )
    )


def test_what_lies_before_the_first_moment_trains(by_time):
    assert by_time.train_ends.tolist() == [3, 3, 10]
    assert by_time.dataset.times[by_time.train_mask()].max() < 16 <= by_time.dataset.times[~by_time.train_mask()].min()


def test_targets_by_time_are_the_first_after_each_moment(by_time):
    assert by_time.evaluation_users("validation").tolist() == [0]
    assert by_time.evaluation_users("test").tolist() == [0, 1]
    assert [by_time.target(0, "validation"), by_time.target(0, "test"), by_time.target(1, "test")] == [4, 6, 7]


def test_a_history_by_time_is_all_that_stands_before_the_target(by_time):
    assert by_time.history_for(0, "validation").tolist() == [1, 2, 3]
    assert by_time.history_for(0, "test").tolist() == [1, 2, 3, 4, 5]
    assert by_time.history_for(1, "test").tolist() == [1, 2, 3]


def test_a_new_user_is_asked_about_once_he_has_a_history(tiny):
    many = [(item, time) for time, item in enumerate(range(1, 17))]
    split = temporal_split(histories_at(tiny, many, [(1, 16), (2, 17), (3, 18)], [(4, 19)]))
    assert split.train_ends.tolist() == [16, 0, 0]
    assert split.evaluation_users("validation").tolist() == []
    assert split.evaluation_users("test").tolist() == [1] and split.history_for(1, "test").tolist() == [1, 2]


def test_another_order_of_times_within_a_user_leaks_nothing(tiny):
    """`order` may contradict the timestamps: the training prefix ends at the first thing that is late."""
    many = [(item, time) for time, item in enumerate(range(1, 18))]
    split = temporal_split(histories_at(tiny, many, [(1, 19), (2, 3), (3, 18)]))
    assert split.train_ends[1] == 0


def test_the_two_splits_have_different_hashes(tiny):
    assert temporal_split(tiny.dataset).split_hash != tiny.split.split_hash
    assert temporal_split(tiny.dataset).split_hash == split_dataset(tiny.dataset, "temporal").split_hash


def test_data_without_timestamps_are_not_split_by_time(tiny):
    with pytest.raises(MolarError, match=r"has no timestamps.*use the leave-one-out split"):
        temporal_split(dataclasses.replace(tiny.dataset, times=None))


def test_data_of_one_moment_are_not_split_by_time(tiny):
    with pytest.raises(MolarError, match="the same timestamp"):
        temporal_split(dataclasses.replace(tiny.dataset, times=np.zeros_like(tiny.dataset.times)))


def test_an_unknown_method_is_refused(tiny):
    with pytest.raises(MolarError, match="known are leave-one-out, temporal"):
        split_dataset(tiny.dataset, "random")


def test_a_part_of_the_users_trains_and_everybody_is_asked_about(tiny):
    part = of_train_users(tiny.split, 0.5)
    trains = part.train_ends > 0
    assert 0 < trains.sum() < tiny.dataset.n_users and (part.train_ends[trains] == tiny.split.train_ends[trains]).all()
    for subset in ("validation", "test"):
        users = part.evaluation_users(subset)
        np.testing.assert_array_equal(users, tiny.split.evaluation_users(subset))
        for one, other in zip(part.histories_of(users, subset), tiny.split.histories_of(users, subset), strict=True):
            np.testing.assert_array_equal(one, other)
    assert part.split_hash == tiny.split.split_hash and (part.held_out == tiny.split.held_out).all()
    bought = np.unique(np.concatenate([tiny.dataset.history(u)[: part.train_ends[u]] for u in np.flatnonzero(trains)]))
    np.testing.assert_array_equal(np.flatnonzero(~part.cold), [0, *bought])
    np.testing.assert_array_equal(np.flatnonzero(part.train_counts()), bought)


def test_who_trains_in_a_small_part_trains_in_a_larger_one(tiny):
    ends = [of_train_users(tiny.split, share).train_ends > 0 for share in (0.2, 0.5, 0.8, 1.0)]
    assert all((less <= more).all() for less, more in itertools.pairwise(ends)) and ends[-1].all()
    assert not (ends[0] == tiny.split.held_out).all(), "the two hashes are not one"


@pytest.mark.parametrize("share", [0, -0.1, 1.5, float("nan")])
def test_a_share_that_is_none_is_refused(tiny, share):
    with pytest.raises(MolarError, match="above 0 and at most 1"):
        of_train_users(tiny.split, share)


def test_a_part_of_a_part_is_refused(tiny):
    part = of_train_users(tiny.split, 0.5)
    assert of_train_users(part, 0.5) is part and of_train_users(tiny.split, 1.0) is tiny.split
    with pytest.raises(MolarError, match=r"0\.5 of the users already"):
        of_train_users(part, 0.2)


def some_users(*users):
    return UserList("some", np.array(users), "0" * 16)


def test_a_list_of_users_is_asked_and_everybody_trains(tiny):
    part = of_asked_users(tiny.split, some_users(1, 3, 7))  # user 1 has no target
    assert [part.evaluation_users(subset).tolist() for subset in ("validation", "test")] == [[3, 7], [3, 7]]
    assert (
        describe_asked(part.asked, part, "test") == "3 users of some: 2 with a test target are asked, 1 without are not"
    )
    assert part.split_hash == tiny.split.split_hash
    assert (part.train_counts() == tiny.split.train_counts()).all() and (part.cold == tiny.split.cold).all()
    assert of_train_users(part, 0.5).asked is part.asked


def test_a_list_of_whom_nobody_can_be_asked_is_refused(tiny):
    with pytest.raises(MolarError, match="None of the 1 users of some has a validation target"):
        of_asked_users(tiny.split, some_users(1))
