"""Distilled scores in place of aligned vectors, and the weight of an alignment over a training."""

import numpy as np
import pytest
import torch

from molar.data.splits import of_train_users
from molar.models.content import ContentConfig
from molar.models.sasrec import SASRecConfig
from molar.storage.checkpoint import read_meta
from molar.training import alignment
from molar.training.align_losses import distillation_loss
from molar.training.alignment import AlignConfig, AlignmentLoss
from molar.training.batches import epoch_batches
from molar.training.config import TrainingConfig
from molar.training.train import CONTENT_ALONE, train_id_model, train_molar

TRAINING = TrainingConfig(epochs=4, batch_size=8, lr=1e-2, weight_decay=0.01, patience=4)
CONTENT = ContentConfig(dim_in=16, dim=16, blocks=1, max_length=6, hidden=16)
ID = SASRecConfig(n_items=30, dim=16, blocks=1, max_length=6)


@pytest.fixture(scope="module")
def sasrec(tiny):
    return train_id_model(tiny.split, config=ID, training=TRAINING)


def train(split, vectors, id_model, out=None, **settings):
    align = AlignConfig(**settings) if settings else CONTENT_ALONE
    return train_molar(split, vectors, id_model, align=align, config=CONTENT, training=TRAINING, out=out)


def logits(seed: int, rows: int = 3, items: int = 5) -> torch.Tensor:
    return torch.randn(rows, items, generator=torch.Generator().manual_seed(seed))


def test_it_is_hintons_divergence_over_the_candidates():
    ids, contents, temperature = logits(0), logits(1), 2.0
    candidates = torch.ones(3, 5, dtype=torch.bool)
    candidates[0, 1] = candidates[2, 4] = False
    expected = []
    for row in range(3):
        kept = candidates[row].numpy()
        wanted, told = (np.exp(side[row].numpy()[kept] / temperature) for side in (ids, contents))
        wanted, told = wanted / wanted.sum(), told / told.sum()
        expected.append((wanted * np.log(wanted / told)).sum())
    value = distillation_loss(ids, contents, candidates, temperature=temperature)
    assert value.item() == pytest.approx(temperature**2 * np.mean(expected), rel=1e-5)


def test_equal_scores_cost_nothing_wherever_their_zero_lies():
    every = torch.ones(3, 5, dtype=torch.bool)
    assert distillation_loss(logits(0), logits(0) + 3, every, temperature=1.0).item() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("rows", [0, 2])
def test_no_row_and_no_candidate_give_a_number_and_a_gradient(rows):
    contents = logits(1, rows).requires_grad_()
    value = distillation_loss(logits(0, rows), contents, torch.zeros(rows, 5, dtype=torch.bool), temperature=1.0)
    value.backward()
    assert value.item() == 0 and torch.isfinite(contents.grad).all()


def test_what_a_user_has_is_no_candidate_and_the_next_item_is_one(tiny, tiny_vectors, sasrec, monkeypatch):
    content, seen = train(tiny.split, tiny_vectors, None), []

    def spy(ids, contents, candidates, **options):
        seen.append(candidates)
        return distillation_loss(ids, contents, candidates, **options)

    monkeypatch.setattr(alignment, "distillation_loss", spy)
    batch = next(epoch_batches(tiny.split, seed=0, epoch=1, batch_size=30, max_length=3))
    states, ids = (model(torch.from_numpy(batch.items)) for model in (content, sasrec))
    for unseen in (True, False):
        loss = AlignmentLoss(AlignConfig(kind="distill"), tiny.split, sasrec, seed=0, unseen=unseen)
        loss(content, sasrec, batch, states, ids, np.random.default_rng(0))
    row, place = np.nonzero((batch.targets > 0) & ~tiny.split.held_out[batch.users][:, None])
    assert len(seen[0]) == len(row) and seen[1].all()
    for given, window, step in zip(seen[0].numpy(), row, place, strict=True):
        begin = tiny.dataset.offsets[batch.users[window]]
        owned = tiny.dataset.sequence[begin : batch.starts[window] + step + 1]  # also what lies before the window
        np.testing.assert_array_equal(given, ~np.isin(loss.known, owned))


def test_held_out_users_take_no_part(tiny, tiny_vectors, sasrec):
    """Whatever the ID model says of them, the loss is the same."""
    content = train(tiny.split, tiny_vectors, None)
    batch = next(epoch_batches(tiny.split, seed=0, epoch=1, batch_size=30, max_length=6))
    loss = AlignmentLoss(AlignConfig(kind="distill"), tiny.split, sasrec, seed=0)

    def value(shift: torch.Tensor) -> float:
        with torch.no_grad():
            states, ids = content(torch.from_numpy(batch.items)), sasrec(torch.from_numpy(batch.items))
            return loss(content, sasrec, batch, states, ids + shift, np.random.default_rng(0)).item()

    held_out = torch.from_numpy(tiny.split.held_out[batch.users]).float()[:, None, None]
    assert held_out.any() and value(held_out) == value(0 * held_out) != value(1 - held_out)


def test_distillation_draws_scores_to_the_id_models(tiny, tiny_vectors, sasrec, tmp_path):
    """Much nearer than those of a model on which it weighs next to nothing."""
    last = []
    for name, alpha in (("weak", 1e-9), ("strong", 10.0)):
        train(tiny.split, tiny_vectors, sasrec, tmp_path / name, kind="distill", alpha=alpha)
        last.append(read_meta(tmp_path / name)["curve"][-1]["alignment"])
    assert last[1] < 0.5 * last[0]


@pytest.mark.parametrize("targets", ["random", "shuffled"])
def test_controls_are_distilled_without_reading_a_batch(tiny, tiny_vectors, sasrec, monkeypatch, targets):
    monkeypatch.setattr(type(sasrec), "forward", None)
    train(tiny.split, tiny_vectors, sasrec, kind="distill", targets=targets)


@pytest.mark.parametrize(
    "schedule, weights",
    [("constant", [0.3, 0.3, 0.3, 0.3]), ("warm-up", [0.0, 0.15, 0.3, 0.3]), ("decay", [0.3, 0.27, 0.15, 0.0])],
)
def test_the_weight_follows_its_schedule(schedule, weights):
    align = AlignConfig(alpha=0.3, schedule=schedule)
    assert [align.weight(done) for done in (0.0, 0.1, 0.5, 1.0)] == pytest.approx(weights)


def test_the_schedule_counts_all_epochs_of_a_training(tiny, tiny_vectors, sasrec, monkeypatch):
    asked = []
    monkeypatch.setattr(AlignConfig, "weight", lambda config, done: (asked.append(done), 0.0)[1])
    train(tiny.split, tiny_vectors, sasrec, alpha=1.0)
    steps = len(asked) // TRAINING.epochs
    assert asked[0] == 0 and asked[steps::steps] == [0.25, 0.5, 0.75] and asked == sorted(asked) and asked[-1] < 1


def test_an_id_model_of_everybody_teaches_what_a_part_has_not_bought(tiny, tiny_vectors, sasrec):
    part = of_train_users(tiny.split, 0.3)
    known = AlignmentLoss(AlignConfig(on="items"), part, sasrec, seed=0).known
    np.testing.assert_array_equal(known, np.flatnonzero(tiny.split.train_counts()))
    assert part.cold[known].any()
    of_part = train_id_model(part, config=ID, training=TRAINING, epochs=1)
    np.testing.assert_array_equal(np.flatnonzero(of_part.knows()), np.flatnonzero(part.train_counts()))
    assert (of_part.scorable(tiny.split) == of_part.knows()).all(), "asked about everybody, it ranks what it knows"
    train(part, tiny_vectors, sasrec, alpha=1.0, on="both")
