"""Published methods for new items: each formula by hand, warm items as they were, and rows of results."""

import dataclasses
import sys

import numpy as np
import pytest
import torch

from molar.core.errors import MolarError
from molar.encoder.vectors import save_vectors
from molar.evaluation.ranking import ModelScorer
from molar.experiments.evaluate import Options
from molar.experiments.results import read_rows
from molar.models.sasrec import SASRecConfig
from molar.training.train import train_id_model
from scripts.new_item_peers import __main__ as command
from scripts.new_item_peers import aldi, choose, clcrec, gorec, knn
from scripts.new_item_peers.backbone import Backbone, NewItems, PeerScorer, scaled_content, training_positions

SMALL = choose.Budget(trials=2, steps=4, batch=16, looks=2)


@pytest.fixture(scope="module")
def ids(tmp_path_factory, tiny):
    """The folder of a trained ID model."""
    out = tmp_path_factory.mktemp("ids") / "sasrec"
    config = SASRecConfig(n_items=tiny.dataset.n_items, dim=8, heads=1, max_length=10)
    train_id_model(tiny.split, config=config, epochs=1, out=out)
    return out


@pytest.fixture(scope="module")
def backbone(ids, tiny, tiny_vectors):
    from molar.storage.checkpoint import load_model

    return Backbone.build(load_model(ids), tiny.split, tiny_vectors, positions=1_000)


def first(peer: str) -> dict:
    return choose.settings_to_try(peer, 1)[0]


def test_cold_items_take_no_part_in_the_scaling(tiny_vectors):
    warm = np.arange(31) < 29
    warm[0] = False
    changed = tiny_vectors.copy()
    changed[29:] *= 7
    for scaling in ("pca", "whitened"):
        own = scaled_content(tiny_vectors, warm, scaling)
        assert np.array_equal(own[:29], scaled_content(changed, warm, scaling)[:29])
        assert np.allclose((own[1:] ** 2).mean(1), 1) and not own[0].any()


def test_training_positions_are_states_after_prefixes(backbone, tiny):
    split, model = tiny.split, backbone.scorer.model
    prefixes = [
        split.train_history(user)[:end]
        for user in range(split.dataset.n_users)
        for end in range(1, split.train_ends[user])
    ]
    wanted = model.user_vectors(prefixes)
    assert len(backbone.targets) == len(prefixes) and not split.cold[backbone.targets].any()
    distance = np.abs(backbone.states[:, None] - wanted).max(-1).min(1)
    assert distance.max() < 1e-5
    few, _ = training_positions(model, split, 20, 0)
    assert 5 < len(few) < 40


def test_warm_items_are_ranked_as_they_were(backbone, tiny):
    histories = tiny.split.histories_of(np.array([19]), "validation")
    vectors = np.arange(31 * 8, dtype=np.float32).reshape(31, 8)
    scores = PeerScorer("peer", backbone, NewItems(vectors)).scores(histories)
    own = ModelScorer("own", backbone.scorer.model, tiny.split).scores(histories)
    assert np.array_equal(scores[:, backbone.warm], own[:, backbone.warm])
    user = backbone.scorer.model.user_vectors(histories)
    assert np.allclose(scores[:, 29:], user @ vectors[29:].T)
    doubled = PeerScorer("peer", backbone, NewItems(vectors, lambda users: 2 * users)).scores(histories)
    assert np.allclose(doubled[:, 29:], 2 * scores[:, 29:])


def test_knn_is_the_mean_of_the_nearest(backbone):
    content, warm = backbone.contents["pca"], backbone.warm
    made = knn.fit(backbone, {"neighbours": 3, "scaling": "pca"}).vectors
    for cold in (29, 30):
        near = sorted(warm, key=lambda item: -(content[cold] @ content[item]))[:3]
        assert np.allclose(made[cold], backbone.items[near].mean(0), atol=1e-6)


def test_the_contrast_is_a_softmax_without_the_target_among_the_negatives():
    anchors, items = torch.tensor([[1.0, 0.0], [0.0, 2.0]]), torch.tensor([[1.0, 1], [0, 1], [3, 0], [0, 3]])
    own = torch.tensor([[True, False], [False, False]])
    logits = [
        np.array([1.0, 0.0]),
        np.array([2.0, 0.0, 6.0]),
    ]  # of the first anchor without its own among the negatives
    expected = np.mean([-np.log(np.exp(row[0] / 2) / np.exp(row / 2).sum()) for row in logits])
    assert float(clcrec.contrast(anchors, items, own, tau=2.0)) == pytest.approx(expected)


def test_clcrec_finds_a_map_that_there_is(backbone):
    """Where content is the ID vectors turned, new items too are found."""
    items = np.random.default_rng(0).normal(size=backbone.items.shape).astype(np.float32)
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(8, 8)))[0].astype(np.float32)
    world = Backbone(backbone.scorer, {"pca": items @ turn}, items[backbone.targets] * 2, backbone.targets)
    settings = first("clcrec") | {"lr": 1e-2, "between_items": 0.9}
    torch.manual_seed(0)
    model = clcrec.CLCRec(world, settings)
    model.items = torch.from_numpy(items)
    optimizer, rng = torch.optim.Adam(model.parameters(), lr=1e-2), np.random.default_rng(0)
    for _ in range(150):
        rows = rng.integers(len(world.targets), size=64)
        value = model.loss(torch.from_numpy(world.states[rows]), torch.from_numpy(world.targets[rows]), rng)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
    with torch.no_grad():
        made = model.new_items().vectors[29:]
    assert (torch.cosine_similarity(torch.from_numpy(made), torch.from_numpy(items[29:])) > 0.5).all()


def test_a_frequent_item_is_a_good_teacher(backbone, tiny):
    weights, split = aldi.teacher_weights(backbone), tiny.split
    frequency = np.zeros(31)
    for user in range(split.dataset.n_users):
        history = split.train_history(user)
        np.add.at(frequency, history, 1 / len(history))
    assert np.allclose(weights, np.tanh(4 * frequency / frequency[backbone.warm].mean()), atol=1e-6)
    assert not weights[29:].any()


def test_an_item_stands_out_by_its_length_less_its_likeness():
    items, others = torch.tensor([[1.0, 2.0], [0.0, 1.0]]), torch.tensor([[1.0, 0.0], [3.0, 0.0]])
    assert aldi.identification(items, others).tolist() == [5.0 - 2.0, 1.0]


def test_aldi_scores_new_items_by_both_towers(backbone):
    model = aldi.ALDI(backbone, first("aldi")).eval()
    with torch.no_grad():
        made = model.new_items()
        users = backbone.states[:3]
        expected = model.user_tower(torch.from_numpy(users)) @ model.item_tower(model.content[29:]).T
    assert np.allclose(made.scores(users, np.array([29, 30])), expected.numpy(), atol=1e-6)


def test_the_divergence_is_that_of_gaussians():
    parts = torch.randn(4, 5, 3, generator=torch.Generator().manual_seed(0))
    own, other = (torch.distributions.Normal(mean, (log / 2).exp()) for mean, log in ((parts[0], parts[1]), parts[2:]))
    expected = torch.distributions.kl_divergence(own, other).mean()
    assert float(gorec.gaussian_divergence(*parts)) == pytest.approx(float(expected), rel=1e-5)


def test_uniformity_is_best_far_apart():
    near, far = torch.tensor([[1.0, 0.0], [1.0, 0.1]]), torch.tensor([[1.0, 0.0], [-2.0, 0.0]])
    assert float(gorec.uniformity(far)) == pytest.approx(-8.0) and gorec.uniformity(near) > gorec.uniformity(far)


def test_a_new_item_borrows_the_mean_of_its_cluster(backbone):
    content = np.zeros((31, 2), np.float32)
    content[1:15], content[15:29], content[29], content[30] = (5, 0), (0, 5), (4, 0), (0, 4)
    means, warm = gorec.cluster_means(content, backbone, 2), backbone.warm
    assert np.allclose(means[29], backbone.items[warm[warm < 15]].mean(0), atol=1e-6)
    assert np.allclose(means[30], backbone.items[warm[warm >= 15]].mean(0), atol=1e-6)


@pytest.mark.parametrize("peer", choose.TRAINED)
def test_training_repeats_itself_and_keeps_the_best_look(peer, backbone):
    judge = choose.Judge(backbone)
    made, quality = choose.fit(peer, backbone, first(peer), judge, seed=1, budget=SMALL)
    again, _ = choose.fit(peer, backbone, first(peer), judge, seed=1, budget=SMALL)
    assert np.array_equal(made.vectors, again.vectors) and judge(made) == quality
    assert np.isfinite(made.vectors).all() and made.vectors.shape == backbone.items.shape


def test_settings_are_drawn_by_number():
    tried = choose.settings_to_try("clcrec", 4)
    assert tried == choose.settings_to_try("clcrec", 4) and tried[:2] == choose.settings_to_try("clcrec", 2)
    assert len(choose.settings_to_try(choose.KNN, 1)) == 16


def test_without_new_targets_there_is_nothing_to_choose_by(backbone, tiny):
    scorer = ModelScorer("", backbone.scorer.model, tiny.split)
    scorer.split = dataclasses.replace(tiny.split, cold=np.arange(31) == 29)  # nobody's target on validation
    with pytest.raises(MolarError, match="no validation targets without training purchases"):
        choose.Judge(dataclasses.replace(backbone, scorer=scorer))


def test_the_rows_are_the_id_model_and_every_peer(ids, tiny, tiny_vectors, tmp_path):
    vectors, out = tmp_path / "vectors.safetensors", tmp_path / "results.json"
    save_vectors(vectors, tiny_vectors, tiny.dataset, {"encoder": "random"})
    command.evaluate_peers(tiny.dataset.root, ids, vectors, out, Options(command="told"), budget=SMALL)
    rows = [row for row in read_rows(out) if row["split"] == "test"]
    assert {row["model"] for row in rows} == {"sasrec", *choose.SPACES}
    assert {row["slice"] for row in rows} >= {"all", "warm", "cold", "among cold"}
    noted = next(row for row in rows if (row["model"], row["slice"]) == ("clcrec", "all"))["metrics"]
    assert {"new_items_offset", "lr", "tau", "validation_among_cold_ndcg@10"} <= set(noted)


def test_the_command_ends_in_one_sentence(ids, tmp_path, monkeypatch, capsys):
    given = [str(tmp_path / "none"), "--id-model", str(ids), "--vectors", "x", "--out", str(tmp_path / "out.json")]
    monkeypatch.setattr(sys, "argv", ["new_item_peers", *given])
    assert command.main() == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith("error: ")
