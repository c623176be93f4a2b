"""The paired randomisation test and Holm's correction, against values worked by hand."""

from itertools import product

import numpy as np
import pytest

from molar.evaluation.significance import crossed_means, holm, resampled_means, sign_flip_p_values


def test_equal_to_all_sign_flips():
    differences = np.array([0.5, 0.2, -0.1, 0.4, 0.3, 0.0, 0.25])
    means = [abs((differences * signs).sum()) for signs in product((-1, 1), repeat=7)]
    exact = np.mean([mean >= abs(differences.sum()) - 1e-12 for mean in means])
    assert sign_flip_p_values(differences[:, None], flips=40_000)[0] == pytest.approx(exact, abs=0.01)


def test_no_difference_at_all_is_certain_chance():
    assert sign_flip_p_values(np.zeros((30, 1))).tolist() == [1.0]


def test_the_least_p_value_is_one_of_all_flips():
    assert sign_flip_p_values(np.ones((200, 1)), flips=999).tolist() == [0.001]


def test_the_direction_does_not_matter_and_columns_stand_alone():
    differences = np.random.default_rng(0).normal(0.1, 1.0, (150, 3))
    p_values = sign_flip_p_values(differences)
    assert np.array_equal(sign_flip_p_values(-differences), p_values)
    assert sign_flip_p_values(differences[:, 1:2])[0] == p_values[1]


def test_true_nulls_are_found_as_often_as_promised():
    differences = np.random.default_rng(1).normal(0.0, 1.0, (80, 400))
    assert 0.02 < (sign_flip_p_values(differences, flips=2_000) <= 0.05).mean() < 0.09


def test_holm_by_hand():
    # ascending .01 × 4, .02 × 3, .03 × 2, .04 × 1, each at least the one before
    assert holm(np.array([0.04, 0.01, 0.03, 0.02])) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert holm(np.array([0.6, 0.5])).tolist() == [1.0, 1.0]
    assert holm(np.array([0.03])).tolist() == [0.03]


def test_crossed_means_are_over_users_and_seeds():
    rng = np.random.default_rng(0)
    one = rng.normal(size=(400, 2))
    np.testing.assert_array_equal(crossed_means(one[None]), resampled_means(one))
    shifted = np.stack([one - 1, one, one + 1])  # seeds apart by far more than users tell
    means = crossed_means(shifted)
    assert means.shape == (1000, 2) and abs(means.mean() - one.mean()) < 0.1
    spread = np.sqrt(2 / 3 / 3 + one.var(0) / 400)  # of the mean of three draws from -1, 0, 1, and of users
    np.testing.assert_allclose(means.std(0), spread, rtol=0.1)
