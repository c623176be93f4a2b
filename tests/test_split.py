import numpy as np
import pytest


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
    from molar.split import _share

    assert [_share(user) < 0.1 for user in tiny.dataset.user_ids] == tiny.split.held_out.tolist()
    shares = np.array([_share(f"user {n}") for n in range(2000)])
    assert 0.08 < (shares < 0.1).mean() < 0.12


def test_unknown_target_is_refused(tiny):
    with pytest.raises(ValueError, match="not \"dev\""):
        tiny.split.target(0, "dev")
