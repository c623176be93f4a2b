"""Nothing that is fitted may know what happened after the first moment of the split by time.

Every purchase from that moment on is of a sentinel, an item that is bought at no earlier time.
"""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from molar.data.splits import Split, temporal_split
from molar.models.baselines import ItemKNN, Popularity
from molar.models.content import ContentConfig, ContentUserEncoder
from molar.models.id_model import IDModel
from molar.models.sasrec import SASRecConfig
from molar.training.batches import epoch_batches, training_targets
from molar.training.train import train_id_model, train_molar


@pytest.fixture(scope="module")
def world(tiny) -> tuple[Split, np.ndarray]:
    """(split, sentinels): the tiny world with one item more for each late purchase."""
    old = tiny.dataset
    late = np.flatnonzero(old.times >= np.sort(old.times)[len(old.times) * 80 // 100])
    sentinels = old.n_items + 1 + np.arange(len(late))
    sequence = old.sequence.copy()
    sequence[late] = sentinels
    item_ids = np.array(["", *(f"i{number}" for number in range(1, sentinels[-1] + 1))], dtype=object)
    items = pd.DataFrame({"item_id": item_ids[1:], "title": item_ids[1:]})
    return temporal_split(dataclasses.replace(old, items=items, item_ids=item_ids, sequence=sequence)), sentinels


def batch_items(split: Split) -> set:
    batches = [
        batch for epoch in (1, 2, 3) for batch in epoch_batches(split, seed=0, epoch=epoch, batch_size=4, max_length=4)
    ]
    return set(np.concatenate([part.ravel() for batch in batches for part in (batch.items, batch.targets)]).tolist())


def test_every_target_is_a_sentinel(world):
    split, sentinels = world
    for subset in ("validation", "test"):
        users = split.evaluation_users(subset)
        assert len(users) and set(split.targets_of(users, subset)) <= set(sentinels)


def test_no_batch_holds_a_sentinel(world):
    split, sentinels = world
    assert training_targets(split) > 20 and not batch_items(split) & set(sentinels)


def test_the_sentinels_would_show_in_a_leaking_split(world):
    split, sentinels = world
    leaking = dataclasses.replace(split, train_ends=np.diff(split.dataset.offsets))
    assert batch_items(leaking) & set(sentinels)


def test_no_count_and_no_neighbour_is_a_sentinel(world):
    split, sentinels = world
    assert split.train_counts().sum() == split.train_ends.sum() and split.cold[sentinels].all()
    assert not Popularity(split).scores([np.array([1])])[0, sentinels].any()
    similarity = ItemKNN(split).similarity.toarray()
    assert similarity.any() and not similarity[sentinels].any() and not similarity[:, sentinels].any()


def test_no_training_step_touches_a_sentinel(world, monkeypatch):
    split, sentinels = world
    touched = set()

    def spy(self, numbers, embed_items=IDModel.embed_items):
        if self.training:
            touched.update(numbers.ravel().tolist())
        return embed_items(self, numbers)

    monkeypatch.setattr(IDModel, "embed_items", spy)
    config = SASRecConfig(split.dataset.n_items, dim=8, heads=1, blocks=1, max_length=4)
    train_id_model(split, config=config, epochs=1)
    assert len(touched) > 10 and not touched & set(sentinels.tolist())


def test_a_content_model_is_trained_and_scaled_without_a_sentinel(world):
    """Their vectors are huge: a scaling or a step that had read one of them would give another model."""
    split, sentinels = world
    config = SASRecConfig(split.dataset.n_items, dim=8, heads=1, blocks=1, max_length=4)
    id_model = train_id_model(split, config=config, epochs=1)

    def trained(scale: float) -> ContentUserEncoder:
        vectors = np.random.default_rng(0).standard_normal((split.dataset.n_items + 1, 6)).astype(np.float32)
        vectors[sentinels] *= scale
        sizes = ContentConfig(6, dim=8, heads=1, hidden=0, max_length=4)
        return train_molar(split, vectors, id_model, config=sizes, epochs=1)

    one, other = (trained(scale).state_dict() for scale in (1.0, 1e3))
    assert len(one) > 10 and all((one[name] == other[name]).all() for name in one)


def test_a_history_at_test_is_earlier_than_what_is_asked(world):
    split, _ = world
    for subset in ("validation", "test"):
        for user in split.evaluation_users(subset):
            start, end = split.dataset.offsets[user], split.targets[subset][user]
            assert split.dataset.times[start:end].max() < split.dataset.times[end]
