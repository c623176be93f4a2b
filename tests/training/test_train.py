"""Batches and training: what a model may learn from, and that a killed training ends as an undisturbed one."""

import dataclasses
import json

import numpy as np
import pytest
import torch

from molar.core.errors import Cancelled, MolarError
from molar.models.content import ContentConfig, ContentUserEncoder
from molar.models.sasrec import SASRecConfig
from molar.storage.checkpoint import load_model, read_meta, weights_sha256
from molar.training import alignment, run
from molar.training.alignment import AlignConfig
from molar.training.batches import epoch_batches, fitting_batch_size, training_targets
from molar.training.config import TrainingConfig
from molar.training.epochs import validation_ndcg
from molar.training.loop import STATE
from molar.training.losses import NextItemLoss
from molar.training.train import train_id_model, train_molar

TRAINING = TrainingConfig(epochs=3, batch_size=8, lr=1e-2, weight_decay=0.01, patience=3)
ID = SASRecConfig(n_items=30, dim=16, blocks=1, max_length=6)
CONTENT = ContentConfig(dim_in=16, dim=16, blocks=1, max_length=6, hidden=16)


def batches(split, seed=0, epoch=1, max_length=6):
    return list(epoch_batches(split, seed=seed, epoch=epoch, batch_size=8, max_length=max_length))


def id_model(tiny, **options):
    return train_id_model(tiny.split, config=ID, training=TRAINING, **options)


def content(tiny, vectors, aligned_to, **options):
    align = AlignConfig(alpha=options.pop("alpha"), tau=options.pop("tau", 0.2))
    return train_molar(
        tiny.split, vectors, aligned_to, align=align, **({"config": CONTENT, "training": TRAINING} | options)
    )


def weights(model) -> dict:
    return {name: tensor.numpy() for name, tensor in model.state_dict().items()}


def assert_same(one, other):
    for name, tensor in weights(one).items():
        np.testing.assert_array_equal(tensor, weights(other)[name], err_msg=name)


@pytest.mark.parametrize("max_length", [3, 6])
def test_an_epoch_asks_for_every_training_item_but_the_first_once(tiny, max_length):
    asked = [
        (user, item)
        for batch in batches(tiny.split, max_length=max_length)
        for user, row in zip(batch.users, batch.targets, strict=True)
        for item in row[row > 0]
    ]
    expected = [(u, item) for u in range(tiny.dataset.n_users) for item in tiny.split.train_history(u)[1:]]
    assert sorted(asked) == sorted(expected) and training_targets(tiny.split) == len(expected)


@pytest.mark.parametrize("max_length", [3, 6])
def test_targets_follow_their_inputs(tiny, max_length):
    for batch in batches(tiny.split, max_length=max_length):
        for user, items, targets in zip(batch.users, batch.items, batch.targets, strict=True):
            history = tiny.split.train_history(user).tolist()
            for item, target in zip(items[items > 0], targets[targets > 0], strict=True):
                assert history.index(target) == history.index(item) + 1


def test_no_batch_holds_a_validation_test_or_cold_position(tiny):
    """Every such position carries a sentinel; one in a batch would be a leak."""
    sentinel = 31
    sequence = np.where(tiny.split.train_mask(), tiny.dataset.sequence, sentinel).astype(np.int32)
    marked = dataclasses.replace(tiny.split, dataset=dataclasses.replace(tiny.dataset, sequence=sequence))
    for batch in batches(marked, max_length=3):
        assert sentinel not in batch.items and sentinel not in batch.targets
    assert not set(NextItemLoss(tiny.split).warm) & {0, *np.flatnonzero(tiny.split.cold)}


def test_the_alignment_prefix_has_a_next_item(tiny):
    for batch in batches(tiny.split):
        assert (batch.targets[np.arange(len(batch.users)), batch.prefixes] > 0).all()


def test_batches_follow_from_seed_and_epoch(tiny):
    def users(**options):
        return np.concatenate([batch.users for batch in batches(tiny.split, **options)]).tolist()

    assert users() == users()
    assert users() != users(epoch=2) and users() != users(seed=1)


def test_cold_items_and_padding_take_no_part_in_the_softmax(tiny, tiny_vectors):
    """A gradient at a cold item's vector would mean that training read it."""
    model = ContentUserEncoder(CONTENT)
    model.set_item_vectors(tiny_vectors)
    model.scaled.requires_grad_()
    for batch in batches(tiny.split):
        NextItemLoss(tiny.split)(model, batch, np.random.default_rng(0))[0].backward()
    touched = model.scaled.grad.abs().sum(1) > 0
    assert touched[1:29].any() and not touched[torch.from_numpy(tiny.split.cold)].any() and not touched[0]


def test_training_learns(tiny, tmp_path):
    id_model(tiny, out=tmp_path, epochs=3)
    losses = [entry["loss"] for entry in read_meta(tmp_path)["curve"]]
    assert losses[-1] < losses[0] < 1.2 * np.log(28)


def test_cold_items_stay_unknown_to_the_id_model(tiny):
    assert not id_model(tiny).item_matrix()[torch.from_numpy(tiny.split.cold)].any()


def test_the_saved_model_is_the_returned_one_and_tells_its_making(tiny, tmp_path):
    model = id_model(tiny, out=tmp_path, seed=4, command="molar train-id tiny")
    assert_same(load_model(tmp_path), model)
    meta = read_meta(tmp_path)
    assert (meta["command"], meta["seed"], meta["epochs"]) == ("molar train-id tiny", 4, 3)
    assert (meta["data_hash"], meta["split_hash"]) == (tiny.dataset.data_hash, tiny.split.split_hash)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.json", "model.safetensors"]


def test_the_best_validation_epoch_is_kept(tiny, tmp_path):
    model = id_model(tiny, out=tmp_path)
    meta = read_meta(tmp_path)
    assert meta["validation"]["ndcg@10"] == max(entry["ndcg@10"] for entry in meta["curve"])
    assert validation_ndcg(model, tiny.split) == pytest.approx(meta["validation"]["ndcg@10"])


def test_a_model_says_what_its_training_cost(tiny, tmp_path):
    id_model(tiny, out=tmp_path)
    meta = read_meta(tmp_path)
    seconds = sum(epoch["seconds"] for epoch in meta["curve"])
    assert meta["training_seconds"] == pytest.approx(seconds, abs=0.01) and meta["peak_memory_mb"] > 10
    cost = run.training_cost([{"seconds": 2.0}, {"seconds": 3.0}], targets=1000)
    assert cost["training_seconds"] == 5 and cost["targets_per_second"] == 400
    assert "targets_per_second" not in run.training_cost([{"seconds": 0.0}], targets=10)


def test_training_stops_when_validation_stands_still(tiny, tmp_path):
    training = dataclasses.replace(TRAINING, epochs=50, patience=2, lr=1e-9)
    train_id_model(tiny.split, config=ID, training=training, out=tmp_path)
    assert read_meta(tmp_path)["epochs"] < 50


def test_a_stopped_training_ends_as_an_undisturbed_one(tiny, tiny_vectors, tmp_path):
    aligned_to = id_model(tiny)

    def stop_in_second_epoch(done, total, note):
        if done > 1.5 * total / 3:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        content(tiny, tiny_vectors, aligned_to, alpha=0.5, out=tmp_path, report=stop_in_second_epoch)
    assert (tmp_path / STATE).exists()
    seen = []
    resumed = content(
        tiny, tiny_vectors, aligned_to, alpha=0.5, out=tmp_path, report=lambda done, *_: seen.append(done)
    )
    assert min(seen) > 0
    assert_same(resumed, content(tiny, tiny_vectors, aligned_to, alpha=0.5, out=tmp_path / "undisturbed"))
    assert not (tmp_path / STATE).exists()


def test_a_state_of_other_settings_is_passed_over(tiny, tmp_path):
    def stop(done, total, note):
        if done > total / 2:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        id_model(tiny, seed=1, out=tmp_path, report=stop)
    assert_same(id_model(tiny, seed=2, out=tmp_path), id_model(tiny, seed=2, out=tmp_path / "undisturbed"))


def test_a_finished_model_is_not_trained_again(tiny, tmp_path):
    first = id_model(tiny, out=tmp_path)
    before = weights_sha256(tmp_path)
    seen = []
    assert_same(id_model(tiny, out=tmp_path, report=lambda *_: seen.append(1)), first)
    assert not seen and weights_sha256(tmp_path) == before


def test_alpha_zero_has_the_same_start_batches_and_steps(tiny, tiny_vectors):
    """With α next to nothing, training goes through the alignment and ends where content ends."""
    plain = weights(content(tiny, tiny_vectors, None, alpha=0))
    nearly = weights(content(tiny, tiny_vectors, id_model(tiny), alpha=1e-12))
    for name, tensor in plain.items():
        np.testing.assert_allclose(nearly[name], tensor, atol=1e-5, err_msg=name)


def test_alignment_moves_users_towards_the_id_model(tiny, tiny_vectors, tmp_path):
    aligned_to = id_model(tiny)
    content(tiny, tiny_vectors, aligned_to, alpha=5.0, out=tmp_path)
    alignment = [entry["alignment"] for entry in read_meta(tmp_path)["curve"]]
    assert alignment[-1] < alignment[0]


def test_the_id_model_stays_frozen(tiny, tiny_vectors):
    aligned_to = id_model(tiny)
    before = {name: tensor.copy() for name, tensor in weights(aligned_to).items()}
    content(tiny, tiny_vectors, aligned_to, alpha=1.0)
    for name, tensor in weights(aligned_to).items():
        np.testing.assert_array_equal(tensor, before[name])


def test_held_out_users_never_reach_the_alignment(tiny, tiny_vectors, monkeypatch):
    seen = []
    original = alignment.infonce_loss
    monkeypatch.setattr(
        alignment,
        "infonce_loss",
        lambda *a, users, **o: (seen.extend(users.tolist()), original(*a, users=users, **o))[1],
    )
    content(tiny, tiny_vectors, id_model(tiny), alpha=1.0)
    assert tiny.split.held_out.any()
    assert set(seen) == set(np.flatnonzero(~tiny.split.held_out))


def test_no_epochs_at_all_are_refused_and_not_taken_for_the_default(tiny, tiny_vectors):
    with pytest.raises(MolarError, match="epochs must be above 0, not 0"):
        id_model(tiny, epochs=0)
    with pytest.raises(MolarError, match="epochs must be above 0, not 0"):
        content(tiny, tiny_vectors, None, alpha=0, epochs=0)


@pytest.mark.parametrize(
    "options, error",
    [({"alpha": -1}, "alpha"), ({"alpha": 1, "tau": 0}, "tau"), ({"alpha": 1}, "needs an ID model of width 16")],
)
def test_impossible_alignments_are_refused(tiny, tiny_vectors, options, error):
    with pytest.raises(MolarError, match=error):
        content(tiny, tiny_vectors, None, **options)


def test_vectors_of_another_catalogue_are_refused(tiny, tiny_vectors):
    with pytest.raises(MolarError, match="encode this dataset"):
        content(tiny, tiny_vectors[:-1], None, alpha=0)


def test_a_small_dataset_gets_small_batches(tiny):
    assert fitting_batch_size(tiny.split, 128, 50) == 16, "twenty users make no batch of 128"
    assert fitting_batch_size(tiny.split, 4, 50) == 4, "never more than asked for"


def test_a_release_trains_nothing_again(tiny, tmp_path, monkeypatch):
    """Neither a new version of Molar nor one of PyTorch: only a raised `TRAINING_FORMAT` does."""
    id_model(tiny, out=tmp_path)
    monkeypatch.setattr(run, "__version__", "9.9.9")
    monkeypatch.setattr(torch, "__version__", "2.99.1")
    seen = []
    id_model(tiny, out=tmp_path, report=lambda *_: seen.append(1))
    assert not seen
    monkeypatch.setattr(run, "TRAINING_FORMAT", run.TRAINING_FORMAT + 1)
    id_model(tiny, out=tmp_path, report=lambda *_: seen.append(1))
    assert seen


def test_a_model_tells_all_that_its_run_is_known_by(tiny, tmp_path):
    """And "auto" is told as what it was for these data."""
    id_model(tiny, out=tmp_path)
    saved = json.loads((tmp_path / "config.json").read_text())
    meta = saved["meta"]
    settings = {"class": saved["class"], "config": saved["config"]}
    settings |= {name: meta[name] for name in ("loss", "recipe", "seed", "data_hash", "split_hash")}
    assert run.run_key(settings) == meta["run"]
    assert (meta["loss"]["kind"], meta["loss"]["candidates"]) == ("full", "unseen")
    assert "loss full over all warm items, items that the user has left out" in run.describe_training(tmp_path)
