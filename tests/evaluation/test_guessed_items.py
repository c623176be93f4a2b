"""Vectors of new items that are guessed from content: what the kernel ridge is by brute force, and what stays as it is."""

import numpy as np
import pytest
import torch

from molar.core.errors import MolarError
from molar.evaluation.guessed_items import RIDGES, WIDTHS, GuessedItems
from molar.evaluation.ranking import ModelScorer
from molar.models.interface import trained_items


class Learnt:
    """A model that knows the trained items by vectors and biases that follow from their content, all others as zeros."""

    requires = ()

    def __init__(self, split, content):
        rng = np.random.default_rng(3)
        known = trained_items(split)[:, None]
        self.items = (known * np.tanh(content @ rng.normal(size=(content.shape[1], 4)) / 3)).astype(np.float32)
        self.bias = (known[:, 0] * content[:, 0] / 3).astype(np.float32)

    def user_vectors(self, histories, users=None):
        return np.stack([self.items[history].mean(0) for history in histories])

    def item_matrix(self):
        return torch.from_numpy(self.items)

    def item_bias(self):
        return torch.from_numpy(self.bias)

    def logit_scale(self):
        return 2.0

    def scorable(self, split):
        return trained_items(split)


@pytest.fixture
def content(tiny):
    """(31, 3): three numbers an item, each cold one like one of the first warm items (`alike`)."""
    content = np.random.default_rng(2).normal(size=(31, 3)).astype(np.float32)
    for cold, like in alike(tiny.split):
        content[cold] = content[like]
    return content


def warm_of(split) -> np.ndarray:
    return np.flatnonzero(trained_items(split))


def alike(split) -> list[tuple[int, int]]:
    return list(zip(np.flatnonzero(split.cold).tolist(), warm_of(split).tolist()))


def test_an_item_that_is_like_a_warm_one_has_nearly_its_vector(tiny, content):
    model = Learnt(tiny.split, content)
    guessed = GuessedItems(model, tiny.split, content)
    vectors, bias = guessed.item_matrix().numpy(), guessed.item_bias().numpy()
    warm = warm_of(tiny.split)
    strange = np.linalg.norm(vectors[warm] - vectors[warm].mean(0), axis=1).mean()
    assert len(alike(tiny.split)) >= 2
    for cold, like in alike(tiny.split):
        assert np.linalg.norm(vectors[cold] - vectors[like]) < 0.5 * strange
        assert abs(bias[cold] - bias[like]) < np.abs(bias[warm]).mean()
    assert guessed.error < 0.5


def test_it_is_the_kernel_ridge_that_is_best_where_items_are_left_out(tiny, content):
    """Every width and ridge, every warm item left out in turn, solved anew."""
    model = Learnt(tiny.split, content)
    guessed = GuessedItems(model, tiny.split, content)
    warm, cold = warm_of(tiny.split), np.flatnonzero(tiny.split.cold)
    targets = np.column_stack([model.items, model.bias])[warm].astype(float)
    x = content - content[warm].mean(0)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    distances = ((x[:, None] - x) ** 2).sum(2)
    distances /= np.median(distances[np.ix_(warm, warm)])
    targets, mean = targets - targets.mean(0), targets.mean(0)

    def solved(width, ridge, rows):
        kernel = np.exp(-distances[np.ix_(warm[rows], warm[rows])] / width)
        return np.linalg.solve(kernel + ridge * np.eye(len(rows)), targets[rows])

    errors = {}
    for width in WIDTHS:
        for ridge in RIDGES:
            error = 0.0
            for out in range(len(warm)):
                rows = np.delete(np.arange(len(warm)), out)
                predicted = np.exp(-distances[warm[out], warm[rows]] / width) @ solved(width, ridge, rows)
                error += ((predicted - targets[out]) ** 2).sum()
            errors[width, ridge] = error / (targets**2).sum()
    best = min(errors, key=lambda pair: errors[pair])
    assert (guessed.width, guessed.ridge) == best and guessed.error == pytest.approx(errors[best], rel=1e-4)
    kernel = np.exp(-distances[np.ix_(cold, warm)] / best[0])
    expected = kernel @ solved(*best, np.arange(len(warm))) + mean
    found = np.column_stack([guessed.item_matrix().numpy(), guessed.item_bias().numpy()])
    np.testing.assert_allclose(found[cold], expected, atol=1e-5)


def test_what_the_model_knows_stays_and_every_item_is_ranked(tiny, content):
    model = Learnt(tiny.split, content)
    guessed = GuessedItems(model, tiny.split, content)
    before, after = (ModelScorer("", one, tiny.split) for one in (model, guessed))
    histories = [np.array([3, 1, 2]), np.array([7])]
    warm = ~tiny.split.cold
    np.testing.assert_array_equal(
        after.scores(histories)[:, 1:][:, warm[1:]], before.scores(histories)[:, 1:][:, warm[1:]]
    )
    assert np.isfinite(after.scores(histories)[:, 1:]).all() and after.logit_scale == 2.0
    np.testing.assert_array_equal(model.items[tiny.split.cold], 0)


def test_content_that_is_the_same_everywhere_gives_the_mean(tiny, content):
    model = Learnt(tiny.split, content)
    guessed = GuessedItems(model, tiny.split, np.ones((31, 3), np.float32))
    mean = model.items[warm_of(tiny.split)].mean(0)
    for cold in np.flatnonzero(tiny.split.cold):
        np.testing.assert_allclose(guessed.item_matrix()[cold], mean, atol=1e-5)


def test_vectors_of_another_catalogue_are_refused(tiny, content):
    with pytest.raises(MolarError, match="29 item vectors for 30 items"):
        GuessedItems(Learnt(tiny.split, content), tiny.split, content[:-1])
