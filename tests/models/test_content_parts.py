"""The content model's parts: how item vectors are scaled, residuals of warm items, decayed means of a history."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from molar.core.errors import MolarError
from molar.models.content import ContentConfig, ContentUserEncoder
from molar.models.parts.decayed_means import DecayedMeans
from molar.storage.checkpoint import load_model, load_trained
from molar.training.batches import epoch_batches
from molar.training.config import TrainingConfig
from molar.training.losses import NextItemLoss
from molar.training.settings import content_settings
from molar.training.train import CONTENT_ALONE, train_molar

SMALL = ContentConfig(dim_in=16, dim=16, max_length=6, hidden=0, cap=0.5, null_dim=4)
TRAINING = TrainingConfig(epochs=2, batch_size=8, lr=1e-2, weight_decay=0.01, patience=3)
RESIDUALS = ("free", "capped", "null-space")
DECODERS = ("light", "ema", "ema+light")
HALF_LIVES = (0.5, 4.0, float("inf"))


def model_of(tiny, vectors, **options) -> ContentUserEncoder:
    options = {"catalogue_size": 30 if options.get("residual", "none") != "none" else 0} | options
    torch.manual_seed(0)
    model = ContentUserEncoder(dataclasses.replace(SMALL, **options)).eval()
    model.set_item_vectors(vectors)
    model.set_counts(tiny.split.train_counts())
    model.fit_scaling(torch.from_numpy(tiny.split.train_counts() > 0))
    return model


def with_residuals(tiny, vectors, **options) -> ContentUserEncoder:
    """A model whose residuals are no longer zero."""
    model = model_of(tiny, vectors, **{"residual": "free"} | options)
    torch.manual_seed(3)
    with torch.no_grad():
        model.residual.table.normal_()
    return model


def trained(tiny, vectors, out: Path | None = None, **options) -> ContentUserEncoder:
    config = dataclasses.replace(SMALL, **{"residual": "free"} | options)
    return train_molar(tiny.split, vectors, align=CONTENT_ALONE, config=config, training=TRAINING, out=out)


def warm_items(tiny) -> np.ndarray:
    return np.flatnonzero(tiny.split.train_counts() > 0)


def items() -> torch.Tensor:
    return torch.randint(1, 29, (3, 6), generator=torch.Generator().manual_seed(1))


@torch.no_grad()
def test_pca_only_turns_items_and_scales_them_by_one_number(tiny, tiny_vectors):
    vectors, warm = tiny_vectors * np.linspace(3, 0.1, 16, dtype=np.float32), warm_items(tiny)
    rows = model_of(tiny, vectors, scaling="pca").scaled[warm]
    deviations = rows.std(0, correction=0)
    assert (deviations.diff() < 1e-3).all() and deviations[0] > 5 * deviations[-1]
    assert deviations.square().mean() == pytest.approx(1, abs=0.02)
    ratios = torch.pdist(rows) / torch.pdist(torch.from_numpy(vectors[warm]))
    torch.testing.assert_close(ratios, ratios.mean().expand_as(ratios), atol=0.02, rtol=0.02)


@pytest.mark.parametrize("residual", RESIDUALS[:2])
@pytest.mark.parametrize("decoder", DECODERS)
@torch.no_grad()
def test_a_residual_of_zero_gives_the_model_without_it(tiny, tiny_vectors, decoder, residual):
    plain = model_of(tiny, tiny_vectors, decoder=decoder)
    model = model_of(tiny, tiny_vectors, decoder=decoder, residual=residual)
    torch.testing.assert_close(model.item_matrix(), plain.item_matrix())
    torch.testing.assert_close(model(items()), plain(items()))


@torch.no_grad()
def test_items_are_content_plus_residual_of_length_one(tiny, tiny_vectors):
    model = with_residuals(tiny, tiny_vectors)
    warm = warm_items(tiny)
    sums = model_of(tiny, tiny_vectors).item_matrix()[warm] + model.residual.table[warm]
    torch.testing.assert_close(model.item_matrix()[warm], sums / sums.norm(dim=1, keepdim=True))
    assert not model.item_matrix()[0].any()


@torch.no_grad()
def test_a_cold_item_has_no_residual(tiny, tiny_vectors):
    model, cold = with_residuals(tiny, tiny_vectors), torch.from_numpy(tiny.split.cold)
    plain = model_of(tiny, tiny_vectors)
    torch.testing.assert_close(model.item_matrix()[cold], plain.item_matrix()[cold])
    assert (model.item_matrix() - plain.item_matrix())[~cold][1:].any(1).all()


@torch.no_grad()
def test_a_capped_residual_is_no_longer_than_the_cap(tiny, tiny_vectors):
    model, plain = with_residuals(tiny, tiny_vectors, residual="capped"), model_of(tiny, tiny_vectors).item_matrix()
    longest = (1 - 0.5**2) ** 0.5  # a cosine: content of length one turns no further by a residual of 0.5
    assert (model.item_matrix() * plain).sum(1)[1:].min() >= longest - 1e-6
    model.residual.table.mul_(1e-2 / model.residual.table.norm(dim=1, keepdim=True))
    own = model.item_matrix()
    free = with_residuals(tiny, tiny_vectors)
    free.residual.table.copy_(model.residual.table)
    torch.testing.assert_close(own, free.item_matrix())


def test_a_capped_residual_of_zero_can_learn(tiny, tiny_vectors):
    model = model_of(tiny, tiny_vectors, residual="capped")
    model.embed_items(torch.arange(31)).sum().backward()
    learns = model.residual.table.grad.any(1)
    assert model.residual.table.grad.isfinite().all() and learns[warm_items(tiny)].all()


@torch.no_grad()
def test_in_the_null_space_a_residual_leaves_the_direction_of_content(tiny, tiny_vectors):
    model = with_residuals(tiny, tiny_vectors, residual="null-space")
    items, residuals = model.item_matrix(), model.residual.table
    model.content_only = True
    content = model.item_matrix()
    assert not content[:, -4:].any() and model.item_matrix().shape == (31, 16)
    torch.testing.assert_close(F.normalize(items[:, :-4], dim=1), content[:, :-4])
    warm = warm_items(tiny)
    torch.testing.assert_close(F.normalize(items[warm, -4:], dim=1), F.normalize(residuals[warm], dim=1))


@pytest.mark.parametrize("residual", RESIDUALS)
@torch.no_grad()
def test_content_only_is_the_model_with_residuals_of_zero(tiny, tiny_vectors, residual):
    model, plain = (build(tiny, tiny_vectors, decoder="ema", residual=residual) for build in (with_residuals, model_of))
    model.content_only = True
    torch.testing.assert_close(model.item_matrix(), plain.item_matrix())
    torch.testing.assert_close(model(items()), plain(items()))
    model.content_only = False
    assert not torch.allclose(model.item_matrix(), plain.item_matrix())


def test_a_model_without_residuals_reads_content_only(tiny, tiny_vectors):
    model = model_of(tiny, tiny_vectors)
    model.content_only = True
    assert model.content_only
    with pytest.raises(MolarError, match="no residuals"):
        model.content_only = False


def test_another_catalogue_is_read_by_content_only(tiny, tiny_vectors):
    model = with_residuals(tiny, tiny_vectors)
    with pytest.raises(MolarError, match=r"residuals of 30 items, not of 9.*content_only"):
        model.set_item_vectors(tiny_vectors[:10])
    model.content_only = True
    model.set_item_vectors(tiny_vectors[:10])
    assert model.item_matrix().shape == (10, 16)


def test_an_item_is_dropped_from_histories_and_candidates_alike(tiny, tiny_vectors, monkeypatch):
    """The loss embeds every item of a step in one draw; that row is the item, wherever it stands."""
    model = with_residuals(tiny, tiny_vectors, item_dropout=0.5).train()
    drawn, embed = [], model.embed_items
    monkeypatch.setattr(model, "embed_items", lambda numbers: drawn.append(numbers) or embed(numbers))
    for step, batch in enumerate(epoch_batches(tiny.split, seed=0, epoch=1, batch_size=8, max_length=6), 1):
        NextItemLoss(tiny.split)(model, batch, np.random.default_rng(0))
        assert len(drawn) == step and len(drawn[-1].unique()) == len(drawn[-1])
        assert {*batch.items.ravel(), *batch.targets.ravel()} <= set(drawn[-1].tolist())


@torch.no_grad()
def test_each_item_keeps_its_residual_or_has_none_and_draws_differ(tiny, tiny_vectors):
    model = with_residuals(tiny, tiny_vectors, item_dropout=0.3).train()
    numbers, plain, full = torch.arange(31), model_of(tiny, tiny_vectors).item_matrix(), model.item_matrix()
    kept = []
    for _ in range(200):
        drawn = model.embed_items(numbers)
        is_full, is_plain = torch.isclose(drawn, full).all(1), torch.isclose(drawn, plain).all(1)
        assert (is_full | is_plain).all()
        kept.append(is_full & ~is_plain)
    warm = torch.from_numpy(~tiny.split.cold) & (numbers > 0)
    assert torch.stack(kept)[:, warm].float().mean() == pytest.approx(0.7, abs=0.03)
    assert torch.equal(full, model.item_matrix()), "ranking drops nothing"


@pytest.mark.parametrize("residual", RESIDUALS)
def test_training_gives_residuals_to_warm_items_alone(tiny, tiny_vectors, tmp_path, residual):
    model, cold = trained(tiny, tiny_vectors, tmp_path, residual=residual), torch.from_numpy(tiny.split.cold)
    assert model.config.catalogue_size == 30
    assert not model.residual.table[cold].any() and not model.residual.table[0].any()
    assert model.residual.table[~cold][1:].any(1).all()
    assert torch.equal(load_model(tmp_path).residual.known, ~cold & (torch.arange(31) > 0))


@pytest.mark.parametrize("decoder", DECODERS)
def test_a_saved_model_ranks_as_it_did(tiny, tiny_vectors, tmp_path, decoder):
    model = trained(tiny, tiny_vectors, tmp_path, decoder=decoder, scaling="pca")
    again = load_trained(tmp_path, tiny.split, tiny_vectors)
    histories = [np.array([3, 1, 2]), np.array([7])]
    np.testing.assert_array_equal(again.user_vectors(histories), model.user_vectors(histories))
    assert torch.equal(again.item_matrix(), model.item_matrix())


def test_a_model_of_other_parts_is_refused_in_a_sentence(tiny, tiny_vectors, tmp_path):
    trained(tiny, tiny_vectors, tmp_path, residual="none")
    config = tmp_path / "config.json"
    config.write_text(config.read_text().replace('"residual": "none"', '"residual": "free"'))
    with pytest.raises(MolarError, match="catalogue_size"):
        load_model(tmp_path)
    config.write_text(config.read_text().replace('"catalogue_size": 0', '"catalogue_size": 30'))
    with pytest.raises(MolarError, match=r"(?s)does not fit its config.json.*residual.table"):
        load_model(tmp_path)


@torch.no_grad()
def test_decayed_means_are_those_of_a_plain_loop():
    means, embedded = DecayedMeans(4, HALF_LIVES), torch.randn(2, 7, 4)
    expected = torch.zeros(2, 7, len(HALF_LIVES), 4)
    for t in range(7):
        for h, half_life in enumerate(HALF_LIVES):
            weights = torch.tensor([2 ** (-(t - s) / half_life) for s in range(t + 1)])
            expected[:, t, h] = (weights[:, None] * embedded[:, : t + 1]).sum(1) / weights.sum()
    torch.testing.assert_close(means(embedded), means.map(expected.flatten(2)))
    torch.testing.assert_close(means(embedded), expected.mean(2))  # where it starts


@torch.no_grad()
def test_decayed_means_of_long_histories_are_finite_in_bfloat16():
    means, embedded = DecayedMeans(4, (0.1, float("inf"))), torch.ones(1, 200, 4)
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(means(embedded).float(), embedded, atol=0.02, rtol=0)


@pytest.mark.parametrize("options", [{"streams": 1}, {"streams": 2}, {"fusion": "none", "blocks": 2}])
@pytest.mark.parametrize("decoder", DECODERS[1:])
@torch.no_grad()
def test_the_end_alone_is_the_last_of_all_prefixes(tiny, tiny_vectors, decoder, options):
    model = with_residuals(tiny, tiny_vectors, decoder=decoder, **options)
    if decoder == "ema+light":
        model.out.weight.normal_()
    whole, ends = model(items()), torch.tensor([5, 0, 2])
    torch.testing.assert_close(model.last_state(items(), ends), whole[torch.arange(3), ends], atol=1e-5, rtol=1e-4)
    for t in range(1, 7):
        torch.testing.assert_close(model(items()[:, :t])[:, -1], whole[:, t - 1], atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_blocks_beside_the_means_add_nothing_at_first(tiny, tiny_vectors):
    both, means = (model_of(tiny, tiny_vectors, decoder=decoder) for decoder in ("ema+light", "ema"))
    torch.testing.assert_close(both(items()), means(items()))


def test_parts_are_set_by_name():
    given = ["residual=free", "scaling=pca", "decoder=ema", "half_lives=2, inf", "item_dropout=0.1", "hidden=0"]
    config = content_settings(12, given)["config"]
    assert (config.residual, config.scaling, config.decoder, config.hidden) == ("free", "pca", "ema", 0)
    assert config.decays == (2, float("inf")) and config.item_dropout == 0.1


@pytest.mark.parametrize(
    "given, error",
    [
        ("residual=some", "residual must be one of none, free, capped, null-space"),
        ("cap=0", "cap must be above 0"),
        ("scaling=log", "scaling must be one of whitened, pca"),
        ("item_dropout=1", r"item_dropout must lie in \[0, 1\)"),
        ("half_lives=", "half_lives must be numbers above 0"),
        ("half_lives=1;2", "half_lives must be numbers above 0"),
        ("half_lives=1,0", "half_lives must be numbers above 0"),
        ("half_lives=nan", "half_lives must be numbers above 0"),
        ("catalogue_size=3", "give NAME=VALUE"),
    ],
)
def test_impossible_parts_are_refused(given, error):
    with pytest.raises(MolarError, match=error):
        content_settings(12, [given])


def test_content_needs_coordinates_too():
    with pytest.raises(MolarError, match=r"null_dim must lie between 0 and dim \(16\), not 16"):
        dataclasses.replace(SMALL, residual="null-space", null_dim=16)
