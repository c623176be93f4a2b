"""Variants and controls of the alignment: the losses, and what training does with them."""

import dataclasses

import numpy as np
import pytest
import torch

from molar.core.errors import MolarError
from molar.evaluation.alignment_metrics import debiased_cka, unit_rows
from molar.evaluation.ranking import ModelScorer, evaluate_ranks
from molar.models.content import ContentConfig
from molar.models.fpmc import FPMCConfig
from molar.models.gru4rec import GRU4RecConfig
from molar.models.sasrec import SASRecConfig
from molar.storage.checkpoint import ID_TOWER, load_trained, read_meta, state_hash
from molar.training.align_losses import cka_loss, cosine_loss
from molar.training.alignment import AlignConfig, AlignmentLoss, fitted_rotation
from molar.training.config import TrainingConfig
from molar.training.train import CONTENT_ALONE, train_id_model, train_molar

TRAINING = TrainingConfig(epochs=3, batch_size=8, lr=1e-2, weight_decay=0.01, patience=3)
CONTENT = ContentConfig(dim_in=16, dim=16, blocks=1, max_length=6, hidden=16)
ID = SASRecConfig(n_items=30, dim=16, blocks=1, max_length=6)


def rows(seed: int, n: int = 12, dim: int = 8) -> torch.Tensor:
    return torch.randn(n, dim, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module")
def sasrec(tiny):
    return train_id_model(tiny.split, config=ID, training=TRAINING)


def align(tiny, vectors, id_model, out=None, seed=0, **settings):
    return train_molar(
        tiny.split,
        vectors,
        id_model,
        align=AlignConfig(**settings),
        config=CONTENT,
        training=TRAINING,
        out=out,
        seed=seed,
    )


def training_users(split) -> np.ndarray:
    return np.flatnonzero(~split.held_out & (split.train_ends > 1))


def mean_cosine(split, content, id_model) -> float:
    users = training_users(split)
    histories = [split.train_history(user) for user in users]
    return float(
        (unit_rows(content.user_vectors(histories)) * unit_rows(id_model.user_vectors(histories, users))).sum(1).mean()
    )


def same_weights(one, other) -> bool:
    return all(torch.equal(value, other.state_dict()[name]) for name, value in one.state_dict().items())


def test_cosine_is_nothing_for_parallel_vectors_and_two_for_opposite_ones():
    assert cosine_loss(rows(0), 3 * rows(0)).item() == pytest.approx(0, abs=1e-6)
    assert cosine_loss(rows(0), -rows(0)).item() == pytest.approx(2)


def test_cka_is_the_metrics_own_and_blind_to_rotations():
    one, other = rows(0), rows(0) + rows(1)
    expected = 1 - debiased_cka(unit_rows(one.numpy()), unit_rows(other.numpy()))
    assert cka_loss(one, other).item() == pytest.approx(expected, abs=1e-5)
    turn = torch.linalg.qr(rows(2, 8))[0]
    assert cka_loss(one, other @ turn).item() == pytest.approx(expected, abs=1e-5)
    assert cka_loss(one, one @ turn).item() == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize("loss", [cosine_loss, cka_loss])
@pytest.mark.parametrize("n", [0, 3])
def test_too_few_rows_give_a_number_and_a_gradient(loss, n):
    contents = rows(1, n).requires_grad_()
    value = loss(rows(0, n), contents)
    value.backward()
    assert torch.isfinite(value) and contents.grad is not None


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["infonce", "cosine", "cka"])
@pytest.mark.parametrize("on", ["users", "items", "both"])
def test_every_loss_falls_on_users_and_items(tiny, tiny_vectors, sasrec, tmp_path, kind, on):
    align(tiny, tiny_vectors, sasrec, tmp_path, kind=kind, on=on, alpha=5.0)
    losses = [entry["alignment"] for entry in read_meta(tmp_path)["curve"]]
    assert losses[-1] < losses[0]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["gru4rec", "fpmc", "duorec"])
def test_any_id_model_can_be_aligned_to(tiny, tiny_vectors, kind):
    config = {
        "gru4rec": GRU4RecConfig(30, dim=16, max_length=6),
        "duorec": None,
        "fpmc": FPMCConfig(30, tiny.dataset.n_users, dim=16, max_length=6),
    }[kind]
    other = train_id_model(tiny.split, kind, config=config, training=TRAINING, epochs=1)
    settings = {
        "config": dataclasses.replace(CONTENT, dim=other.config.dim),
        "training": dataclasses.replace(TRAINING, epochs=6),
    }
    before, after = (
        train_molar(tiny.split, tiny_vectors, other, align=AlignConfig(kind="cosine", alpha=alpha), **settings)
        for alpha in (0.0, 20.0)
    )
    assert mean_cosine(tiny.split, after, other) > mean_cosine(tiny.split, before, other) + 0.03


def test_procrustes_aligns_the_users_and_changes_no_recommendation(tiny, tiny_vectors, sasrec, tmp_path):
    plain = train_molar(tiny.split, tiny_vectors, align=CONTENT_ALONE, config=CONTENT, training=TRAINING)
    align(tiny, tiny_vectors, sasrec, tmp_path, kind="procrustes")
    turned = load_trained(tmp_path, tiny.split, tiny_vectors)
    assert mean_cosine(tiny.split, turned, sasrec) > mean_cosine(tiny.split, plain, sasrec) + 0.1
    ranks = [evaluate_ranks(ModelScorer("x", model, tiny.split), tiny.split, "test") for model in (plain, turned)]
    np.testing.assert_array_equal(*ranks)
    torch.testing.assert_close(turned.rotation @ turned.rotation.T, torch.eye(16), atol=1e-5, rtol=0)


def test_the_rotation_is_fitted_on_training_users_prefixes_alone(tiny, tiny_vectors, sasrec):
    plain = train_molar(tiny.split, tiny_vectors, align=CONTENT_ALONE, config=CONTENT, training=TRAINING)
    seen = []
    original = plain.user_vectors
    plain.user_vectors = lambda histories: (seen.extend(histories), original(histories))[1]
    fitted_rotation(plain, sasrec, tiny.split)
    users = np.flatnonzero(~tiny.split.held_out & (tiny.split.train_ends > 0))
    assert tiny.split.held_out.any()
    assert [list(history) for history in seen] == [list(tiny.split.train_history(user)) for user in users]


def test_a_joint_id_model_learns_is_saved_beside_and_leaves_the_given_one_alone(tiny, tiny_vectors, sasrec, tmp_path):
    before = state_hash(sasrec)
    align(tiny, tiny_vectors, sasrec, tmp_path, id_tower="joint", alpha=1.0)
    assert state_hash(sasrec) == before == read_meta(tmp_path)["id_model"]
    joint = load_trained(tmp_path / ID_TOWER, tiny.split, tiny_vectors)
    assert state_hash(joint) != before and not joint.item_matrix()[torch.from_numpy(tiny.split.cold)].any()
    assert read_meta(tmp_path)["curve"][-1]["id_loss"] < read_meta(tmp_path)["curve"][0]["id_loss"]


def test_the_alignment_reaches_a_joint_id_model(tiny, tiny_vectors, sasrec, tmp_path):
    """With next to no alignment the ID model trains on alone; with much of it, elsewhere."""
    for name, alpha in (("weak", 1e-9), ("strong", 5.0)):
        align(tiny, tiny_vectors, sasrec, tmp_path / name, id_tower="joint", alpha=alpha)
    weak, strong = (load_trained(tmp_path / name / ID_TOWER, tiny.split, tiny_vectors) for name in ("weak", "strong"))
    assert not same_weights(weak, strong)


@pytest.mark.parametrize(
    "settings",
    [{"id_tower": "joint"}, {"on": "both"}, {"targets": "random"}, {"kind": "cka"}, {"kind": "distill"}],
)
def test_an_alignment_that_weighs_nothing_leaves_the_content_model_as_it_is_alone(tiny, tiny_vectors, sasrec, settings):
    """Same batches, dropout and steps, whatever the alignment draws for itself."""
    plain = train_molar(tiny.split, tiny_vectors, align=CONTENT_ALONE, config=CONTENT, training=TRAINING)
    nearly = align(tiny, tiny_vectors, sasrec, alpha=1e-12, **settings)
    for name, tensor in plain.state_dict().items():
        torch.testing.assert_close(nearly.state_dict()[name], tensor, atol=1e-4, rtol=0, msg=name)


@pytest.mark.parametrize("targets", ["random", "shuffled"])
def test_control_targets_are_fixed_and_somebody_elses(tiny, sasrec, targets):
    config = AlignConfig(targets=targets)
    one, again = (AlignmentLoss(config, tiny.split, sasrec, seed=3) for _ in range(2))
    assert torch.equal(one.user_targets, again.user_targets) and torch.equal(one.item_targets, again.item_targets)
    users = training_users(tiny.split)
    own = sasrec.user_vectors([tiny.split.train_history(user) for user in users], users)
    distance = np.abs(own[:, None] - one.user_targets.numpy()[users][None]).max(-1)  # (own, given)
    if targets == "random":
        np.testing.assert_allclose(one.user_targets.norm(dim=1), 1, rtol=1e-5)
        assert distance.min() > 1e-3
    else:
        assert distance.diagonal().min() > 1e-4, "nobody is given his own vector"
        warm = torch.from_numpy(tiny.split.train_counts() > 0)
        matrix = sasrec.item_matrix()[warm]
        given = one.item_targets[warm]
        assert (given - matrix).abs().amax(1).min() > 1e-6
        torch.testing.assert_close(given.sum(0), matrix.sum(0), atol=1e-4, rtol=1e-4)


def test_control_targets_never_read_the_id_model_of_a_batch(tiny, tiny_vectors, sasrec, monkeypatch):
    monkeypatch.setattr(type(sasrec), "forward", None)
    align(tiny, tiny_vectors, sasrec, targets="random", alpha=1.0)


@pytest.mark.parametrize(
    "settings, error",
    [
        (
            {"kind": "l2"},
            "kind of the alignment must be one of none, infonce, cosine, cka, distill, procrustes, not 'l2'",
        ),
        ({"on": "films"}, "on of the alignment must be one of users, items, both"),
        ({"targets": "other"}, "targets of the alignment"),
        ({"alpha": float("nan")}, "alpha must be at least 0"),
        ({"temperature": 0.0}, "tau and temperature above 0"),
        ({"schedule": "cosine"}, "schedule of the alignment must be one of constant, warm-up, decay"),
        ({"kind": "distill", "on": "items"}, "distill compares what both models say to users"),
        ({"kind": "distill", "id_tower": "joint"}, "no joint ID model"),
        ({"kind": "procrustes", "on": "both"}, "procrustes is fitted on users after training"),
        ({"id_tower": "joint", "targets": "random"}, "leave a joint ID model nothing to learn"),
    ],
)
def test_impossible_alignments_are_refused(settings, error):
    with pytest.raises(MolarError, match=error):
        AlignConfig(**settings)


def test_an_id_model_of_another_width_or_a_shorter_memory_is_refused_with_what_to_give(tiny, tiny_vectors, sasrec):
    with pytest.raises(MolarError, match="width 8, not 16: give --set dim=16"):
        train_molar(tiny.split, tiny_vectors, sasrec, config=dataclasses.replace(CONTENT, dim=8))
    with pytest.raises(
        MolarError, match="reads 6 items of a history and this content model 9: give --set max_length=6"
    ):
        train_molar(tiny.split, tiny_vectors, sasrec, config=dataclasses.replace(CONTENT, max_length=9))


def test_a_models_meta_tells_its_alignment(tiny, tiny_vectors, sasrec, tmp_path):
    align(tiny, tiny_vectors, sasrec, tmp_path / "molar", alpha=0.5)
    train_molar(
        tiny.split,
        tiny_vectors,
        align=AlignConfig(alpha=0.0, tau=0.7),
        config=CONTENT,
        training=TRAINING,
        out=tmp_path / "content",
    )
    molar, content = (read_meta(tmp_path / name) for name in ("molar", "content"))
    assert molar["align"] == dataclasses.asdict(AlignConfig(alpha=0.5)) and molar["label"] == "molar"
    assert content["align"] == dataclasses.asdict(CONTENT_ALONE) and "id_model" not in content
