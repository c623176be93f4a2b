"""Nothing that is fitted may know a validation or test target, or a cold item.

Sentinels are items that stand at every validation and every test position of a world, and at no other; a few more stand
nowhere at all. Each is an item of its own, so that one of them in a batch, a negative sample, a count or a statistic
gives the leak away. A second world swaps every target for another *warm* item: nothing that is fitted may change.
"""

import dataclasses
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
import torch

from molar.data.splits import Split, leave_one_out
from molar.finetune.tasks import TASKS, Tasks
from molar.models.baselines import ContentKNN, ItemKNN, Popularity
from molar.models.content import ContentConfig, ContentUserEncoder
from molar.models.duorec import Contrast, DuoRecConfig
from molar.models.id_model import IDModel
from molar.models.sasrec import SASRecConfig
from molar.models.zoo import ID_MODELS
from molar.training import alignment, losses, train
from molar.training.alignment import AlignConfig
from molar.training.batches import epoch_batches, training_targets

NEVER_BOUGHT = 5
HUGE = 1e6  # what a sentinel's item vector holds: in a mean it could not be overlooked
SMALL = {"dim": 8, "heads": 1, "blocks": 1, "max_length": 4}  # shorter than some histories, so windows are cut


class World(NamedTuple):
    split: Split
    sentinels: np.ndarray  # item numbers
    vectors: np.ndarray  # (n_items + 1, 16), huge at the sentinels


def with_targets(dataset, change) -> Split:
    """The same world with the last two items of every longer history replaced: change(u, history) -> two numbers."""
    sequence = dataset.sequence.copy()
    for u in np.flatnonzero(np.diff(dataset.offsets) >= 3):
        sequence[dataset.offsets[u + 1] - 2 : dataset.offsets[u + 1]] = change(u, dataset.history(u))
    return leave_one_out(dataclasses.replace(dataset, sequence=sequence))


@pytest.fixture(scope="module")
def world(tiny, tiny_vectors) -> World:
    old = tiny.dataset
    n_items = old.n_items + 2 * old.n_users + NEVER_BOUGHT
    item_ids = np.array(["", *(f"i{number}" for number in range(1, n_items + 1))], dtype=object)
    items = pd.DataFrame({"item_id": item_ids[1:], "title": item_ids[1:]})
    dataset = dataclasses.replace(old, items=items, item_ids=item_ids)
    split = with_targets(dataset, lambda u, history: (old.n_items + 1 + 2 * u, old.n_items + 2 + 2 * u))
    vectors = np.full((n_items + 1, tiny_vectors.shape[1]), HUGE, dtype=np.float32)
    vectors[: old.n_items + 1] = tiny_vectors
    return World(split, np.arange(old.n_items + 1, n_items + 1), vectors)


@pytest.fixture
def touched(monkeypatch) -> list[np.ndarray]:
    """Every item number that either model looks up while it trains: inputs, targets and negatives pass here."""
    rows = []
    for model in (IDModel, ContentUserEncoder):

        def spy(self, numbers, embed_items=model.embed_items):
            if self.training:
                rows.append(numbers.numpy().ravel())
            return embed_items(self, numbers)

        monkeypatch.setattr(model, "embed_items", spy)
    return rows


def batch_items(split: Split) -> np.ndarray:
    batches = [
        batch for epoch in (1, 2, 3) for batch in epoch_batches(split, seed=0, epoch=epoch, batch_size=4, max_length=4)
    ]
    return np.concatenate([part.ravel() for batch in batches for part in (batch.items, batch.targets)])


def train_both(split: Split, vectors: np.ndarray) -> list[torch.nn.Module]:
    """One epoch of each model: the choice of the best epoch by validation has nothing to choose from."""
    id_model = train.train_id_model(split, config=SASRecConfig(split.dataset.n_items, **SMALL), epochs=1)
    config = ContentConfig(vectors.shape[1], hidden=8, **SMALL)
    return [
        id_model,
        train.train_molar(split, vectors, id_model, align=AlignConfig(alpha=0.5), config=config, epochs=1),
    ]


def test_every_target_is_a_sentinel(world):
    targets = {
        world.split.target(u, subset) for subset in ("validation", "test") for u in world.split.evaluation_users(subset)
    }
    assert len(targets) == 2 * len(world.split.evaluation_users("test"))
    assert targets <= set(world.sentinels)
    assert world.split.cold[world.sentinels].all()


def test_no_batch_holds_a_sentinel(world):
    items = batch_items(world.split)
    assert len(items) >= training_targets(world.split)
    assert not set(items) & set(world.sentinels)


def test_the_sentinels_would_show_in_a_leaking_split(world):
    leaking = dataclasses.replace(world.split, train_ends=np.diff(world.split.dataset.offsets))
    assert set(batch_items(leaking)) & set(world.sentinels)
    assert leaking.train_counts()[world.sentinels].any()


@pytest.mark.parametrize("full_up_to", [5_000, 5])
def test_no_training_step_touches_a_sentinel(world, touched, monkeypatch, full_up_to):
    monkeypatch.setattr(losses, "FULL_UP_TO", full_up_to)
    train_both(world.split, world.vectors)
    check_touched(world, touched)


@pytest.mark.parametrize("kind", losses.LOSSES)
def test_no_loss_touches_a_sentinel(world, touched, kind):
    config, loss = SASRecConfig(world.split.dataset.n_items, **SMALL), losses.LossConfig(kind, negatives=12)  # of 28
    train.train_id_model(world.split, config=config, loss=loss, epochs=1)
    check_touched(world, touched)


@pytest.mark.parametrize("model", ID_MODELS)
def test_no_id_model_touches_a_sentinel(world, touched, model):
    train.train_id_model(world.split, model, epochs=1)
    check_touched(world, touched)


def test_no_pair_of_duorecs_holds_a_sentinel(world):
    leaking = dataclasses.replace(world.split, train_ends=np.diff(world.split.dataset.offsets))
    assert set(drawn_pairs(leaking)) & set(world.sentinels), "a leak would show"
    items = drawn_pairs(world.split)
    assert len(set(items)) > 20 and not set(items) & set(world.sentinels)


def drawn_pairs(split: Split) -> np.ndarray:
    """Every item of the prefixes that DuoRec draws beside each prefix of a training history, twenty times over."""
    contrast, rng = Contrast(split, DuoRecConfig(split.dataset.n_items, **SMALL)), np.random.default_rng(0)
    users = np.repeat(np.arange(split.dataset.n_users), np.maximum(split.train_ends - 1, 0))
    targets = np.concatenate([split.train_history(user)[1:] for user in range(split.dataset.n_users)])
    return np.concatenate([contrast.draw(users, targets, rng)[0].ravel() for _ in range(20)])


def check_touched(world: World, touched: list[np.ndarray]) -> None:
    numbers = set(np.concatenate(touched).tolist())
    assert len(numbers) > 20
    assert not numbers & set(world.sentinels.tolist())


def test_the_alignment_loss_sees_no_held_out_user(tiny, tiny_vectors, monkeypatch):
    seen = []

    def spy(*vectors, users, infonce_loss=alignment.infonce_loss, **options):
        seen.extend(users.tolist())
        return infonce_loss(*vectors, users=users, **options)

    monkeypatch.setattr(alignment, "infonce_loss", spy)
    held_out = np.arange(tiny.dataset.n_users) % 4 == 0
    train_both(dataclasses.replace(tiny.split, held_out=held_out), tiny_vectors)
    assert set(seen) == set(np.flatnonzero(~held_out & (tiny.split.train_ends > 1)))


def test_no_negative_is_a_sentinel(world):
    assert not set(losses.NextItemLoss(world.split).warm) & set(world.sentinels)


def test_no_popularity_count_holds_a_sentinel(world):
    assert world.split.train_counts().sum() == world.split.train_ends.sum()
    assert not world.split.train_counts()[world.sentinels].any()
    assert not Popularity(world.split).scores([np.array([1])])[0, world.sentinels].any()


def test_no_neighbour_is_a_sentinel(world):
    similarity = ItemKNN(world.split).similarity.toarray()
    assert similarity.any()
    assert not similarity[world.sentinels].any() and not similarity[:, world.sentinels].any()


def test_no_fitted_statistic_holds_a_sentinel(world):
    _, content = train_both(world.split, world.vectors)
    warm = world.vectors[losses.NextItemLoss(world.split).warm]
    assert np.allclose(content.mean, warm.mean(0), atol=1e-5)
    assert np.allclose(content.deviation, warm.std(0), atol=1e-5)
    # Statistics that knew the sentinels would squeeze all other items into one point.
    cosines = ContentKNN(world.split, world.vectors).scores([np.array([1])])[0, 1:20]
    assert cosines.std() > 0.05


def test_other_targets_change_nothing_that_is_fitted(tiny, tiny_vectors):
    def another(u, history):
        return np.setdiff1d(losses.NextItemLoss(tiny.split).warm, history)[:2]

    swapped = with_targets(tiny.dataset, another)
    assert swapped.target(0, "test") != tiny.split.target(0, "test")
    assert (swapped.cold == tiny.split.cold).all()
    assert (batch_items(swapped) == batch_items(tiny.split)).all()
    assert (swapped.train_counts() == tiny.split.train_counts()).all()
    assert (ItemKNN(swapped).similarity != ItemKNN(tiny.split).similarity).nnz == 0
    for ours, theirs in zip(train_both(swapped, tiny_vectors), train_both(tiny.split, tiny_vectors)):
        for name, value in ours.state_dict().items():
            assert torch.equal(value, theirs.state_dict()[name]), name


def fine_tuning_samples(split: Split) -> dict:
    """All that encoder fine-tuning reads and asks for: of every task what trains and what is held out, and what centres the features."""
    tasks = Tasks(split)
    return {task: tasks.draw(task, 120, 0, 16) for task in TASKS if not tasks.missing(task)} | {
        "gate": tasks.whole(99, 0)
    }


def described(split: Split, numbers: np.ndarray, name: str, picture: str) -> Split:
    """The same world where all items are described and shown, those of `numbers` in other words than the rest."""
    marked = np.isin(np.arange(1, split.dataset.n_items + 1), numbers)
    titles = [f"{name if own else 'warm'} {number}" for number, own in enumerate(marked, start=1)]
    items = pd.DataFrame(
        {
            "item_id": split.dataset.item_ids[1:],
            "title": titles,
            "description": [f"{title}, told" for title in titles],
            "image": [picture if own else "warm.png" for own in marked],
        }
    )
    columns = ("title", "description")
    return leave_one_out(dataclasses.replace(split.dataset, items=items, encoded_columns=columns))


def test_no_fine_tuning_sample_holds_a_sentinel(world):
    told = fine_tuning_samples(described(world.split, world.sentinels, "sentinel", "sentinel.png"))
    assert set(told) == {*TASKS, "gate"}
    pictures = {item.picture for task in TASKS for part in told[task] for sample in part for item in sample.items}
    assert "warm" in repr(told) and len(pictures) > 20
    assert "sentinel" not in repr(told)
    assert not ({*pictures} | {item.picture for item in told["gate"]}) & set(world.sentinels.tolist())


def test_the_sentinels_would_show_in_fine_tuning_samples_of_a_leaking_split(world):
    split = described(world.split, world.sentinels, "sentinel", "sentinel.png")
    leaking = dataclasses.replace(split, train_ends=np.diff(split.dataset.offsets), cold=np.zeros_like(split.cold))
    told = fine_tuning_samples(leaking)
    assert all("sentinel" in repr(told[task]) for task in ("sa", "ub", "gate"))


def test_nothing_about_cold_items_changes_a_fine_tuning_sample(world):
    one, other = (
        described(world.split, world.sentinels, name, picture) for name, picture in (("cold", "a.png"), ("else", ""))
    )
    assert fine_tuning_samples(one) == fine_tuning_samples(other)


def test_other_targets_change_no_fine_tuning_sample(tiny):
    swapped = with_targets(
        tiny.dataset, lambda u, history: np.setdiff1d(losses.NextItemLoss(tiny.split).warm, history)[:2]
    )
    assert swapped.target(0, "test") != tiny.split.target(0, "test")
    assert fine_tuning_samples(swapped) == fine_tuning_samples(tiny.split)
