import dataclasses

import numpy as np
import pytest

from molar.data.splits import leave_one_out
from molar.models.baselines import ContentKNN, ItemKNN, Popularity, Random, history_weights


def with_targets(tiny, change):
    """The same world with other validation and test items: `change` maps (user, number) to a number."""
    dataset = tiny.dataset
    sequence = dataset.sequence.copy()
    for user in tiny.split.evaluation_users("test"):
        for position in (dataset.offsets[user + 1] - 2, dataset.offsets[user + 1] - 1):
            sequence[position] = change(user, sequence[position])
    return leave_one_out(dataclasses.replace(dataset, sequence=sequence))


def histories(split):
    return [split.train_history(user) for user in range(split.dataset.n_users)]


@pytest.mark.parametrize("build", [Popularity, ItemKNN, lambda split: ContentKNN(split, SENTINELS)])
def test_nothing_is_learned_from_targets(tiny, build):
    other = with_targets(tiny, lambda user, number: 1 + (number + user) % 28)
    other = dataclasses.replace(other, cold=tiny.split.cold)
    expected, found = (build(split).scores(histories(tiny.split)) for split in (tiny.split, other))
    np.testing.assert_array_equal(expected, found)


SENTINELS = np.random.default_rng(0).normal(size=(31, 6)).astype(np.float32)


def test_content_statistics_do_not_see_cold_items(tiny):
    changed = SENTINELS.copy()
    changed[tiny.split.cold] = 1e6
    warm = ~tiny.split.cold
    before, after = (ContentKNN(tiny.split, vectors).vectors[warm] for vectors in (SENTINELS, changed))
    np.testing.assert_array_equal(before, after)


def test_random_depends_on_seed_and_history_alone(tiny):
    some = histories(tiny.split)
    scores = Random(tiny.split, seed=1).scores(some)
    assert np.array_equal(scores[5:6], Random(tiny.split, seed=1).scores(some[5:6]))
    assert not np.array_equal(scores, Random(tiny.split, seed=2).scores(some))
    assert not np.array_equal(scores[0], scores[1])


def test_popularity_counts_training_purchases(tiny):
    scores = Popularity(tiny.split).scores(histories(tiny.split)[:2])
    assert scores[1].tolist() == np.bincount(np.concatenate(histories(tiny.split)), minlength=31).tolist()


def test_item_knn_by_brute_force(tiny):
    split = tiny.split
    buyers = {item: {u for u, history in enumerate(histories(split)) if item in history} for item in range(1, 31)}
    asked = split.train_history(3)
    scores = ItemKNN(split).scores([asked])[0]
    for item in range(1, 31):
        cosines = [
            len(buyers[item] & buyers[own]) / np.sqrt(len(buyers[item]) * len(buyers[own]))
            for own in asked
            if own != item and buyers[item]
        ]
        assert scores[item] == pytest.approx(sum(cosines)) if buyers[item] else scores[item] == -np.inf


def test_item_knn_keeps_the_nearest_alone(tiny):
    whole, cut = (ItemKNN(tiny.split, neighbours=k).similarity.toarray() for k in (30, 3))
    third = np.sort(whole, axis=1)[:, -3, None]
    np.testing.assert_array_equal(cut, np.where(whole >= third, whole, 0))


def test_content_knn_is_the_cosine_to_the_mean(tiny):
    scorer = ContentKNN(tiny.split, SENTINELS)
    history = tiny.split.train_history(4)
    warm = ~tiny.split.cold
    warm[0] = False
    z = (SENTINELS - SENTINELS[warm].mean(axis=0)) / SENTINELS[warm].std(axis=0)
    z /= np.linalg.norm(z, axis=1, keepdims=True)
    np.testing.assert_allclose(scorer.scores([history])[0, 1:], z[1:] @ z[history].sum(axis=0), atol=1e-5)


def test_content_knn_scores_cold_items(tiny):
    assert np.isfinite(ContentKNN(tiny.split, SENTINELS).scores(histories(tiny.split))).all()


def test_half_life_discounts_older_items():
    weights = history_weights([np.array([3, 1, 2]), np.array([2, 2])], 1.0, 4).toarray()
    assert weights.tolist() == [[0, 0.5, 1, 0.25], [0, 0, 1.5, 0]]
    assert history_weights([np.array([3, 1, 2])], float("inf"), 4).toarray().tolist() == [[0, 1, 1, 1]]
