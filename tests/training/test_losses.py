"""The losses of a next-item model, against the same written out plainly."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from molar.core.errors import MolarError
from molar.models.layers import Dropout
from molar.models.sasrec import SASRec, SASRecConfig
from molar.training.batches import epoch_batches
from molar.training.losses import LOSSES, LossConfig, NextItemLoss, full_softmax


@pytest.fixture
def batch(tiny):
    return next(epoch_batches(tiny.split, seed=0, epoch=1, batch_size=8, max_length=6))


@pytest.fixture
def model():
    torch.manual_seed(0)
    return SASRec(SASRecConfig(n_items=30, dim=16, blocks=1, max_length=6)).eval()


def loss_of(tiny, model, batch, *config, **more):
    return NextItemLoss(tiny.split, LossConfig(*config, **more))(model, batch, np.random.default_rng(0))[0]


def logits(model, batch):
    """Logits (positions, n_items + 1) of every position with a target, and the targets (positions,)."""
    real = torch.from_numpy(batch.targets > 0)
    states = model(torch.from_numpy(batch.items))[real]
    return states @ model.item_matrix().T, torch.from_numpy(batch.targets)[real]


def test_full_softmax_is_cross_entropy_over_the_warm_items(tiny, model, batch):
    scores, targets = logits(model, batch)
    scores[:, 0] = scores[:, torch.from_numpy(tiny.split.cold)] = -torch.inf
    assert torch.allclose(loss_of(tiny, model, batch, "full"), F.cross_entropy(scores, targets), atol=1e-6)


@pytest.mark.parametrize("positions", [1, 512, 1_300])
def test_full_softmax_has_the_gradients_of_cross_entropy(positions):
    random = torch.Generator().manual_seed(0)
    queries = torch.randn(positions, 8, generator=random).requires_grad_()
    items = torch.randn(40, 8, generator=random).requires_grad_()
    bias, own = torch.randn(40, generator=random), torch.randint(40, (positions,), generator=random)
    plain = torch.autograd.grad(3 * F.cross_entropy(queries @ items.T + bias, own), (queries, items))
    ours = torch.autograd.grad(3 * full_softmax(queries, items, bias, own), (queries, items))
    for one, other in zip(ours, plain, strict=True):
        assert torch.allclose(one, other, atol=1e-5)


def test_full_softmax_in_bfloat16_stays_near():
    random = torch.Generator().manual_seed(0)
    queries, items = torch.randn(600, 16, generator=random), torch.randn(40, 16, generator=random)
    own = torch.randint(40, (600,), generator=random)
    near = full_softmax(queries.bfloat16(), items, None, own)
    assert abs(near - full_softmax(queries, items, None, own)) < 0.02


def test_sampled_softmax_is_the_full_one_where_it_draws_all(tiny, model, batch):
    everything = loss_of(tiny, model, batch, "sampled", negatives=30)
    assert torch.allclose(everything, loss_of(tiny, model, batch, "full"), atol=1e-6)


def test_sampled_softmax_estimates_the_full_one(tiny, model, batch):
    next_item = NextItemLoss(tiny.split, LossConfig("sampled", negatives=10))
    rng = np.random.default_rng(0)
    drawn = np.mean([next_item(model, batch, rng)[0].item() for _ in range(200)])
    assert drawn == pytest.approx(loss_of(tiny, model, batch, "full").item(), abs=0.02)


def test_in_batch_negatives_are_corrected_for_popularity(tiny):
    """Drawn as often as they are bought, and corrected, they stand for the whole catalogue, each item once."""
    next_item = NextItemLoss(tiny.split, LossConfig("in-batch", negatives=50_000))
    counts, rng = tiny.split.train_counts(), np.random.default_rng(0)
    targets = np.repeat(np.arange(len(counts)), counts)
    drawn, target = next_item.draw_negatives(targets, rng), int(next_item.warm[4])
    scores = torch.randn(len(counts), generator=torch.Generator().manual_seed(0))
    negative = torch.where(torch.from_numpy(drawn == target), -torch.inf, scores[drawn])[None]
    expected = torch.logsumexp(scores[next_item.warm], 0) - scores[target]
    assert next_item.value(scores[[target]], negative, drawn).item() == pytest.approx(expected.item(), abs=0.02)


def test_bce_draws_one_negative_a_position(tiny, model, batch):
    positions = int((batch.targets > 0).sum())
    next_item = NextItemLoss(tiny.split, LossConfig("bce"))
    assert next_item.draw_negatives(np.ones(positions, np.int64), np.random.default_rng(0)).shape == (positions, 1)
    assert loss_of(tiny, model, batch, "bce").item() == pytest.approx(np.log(2), abs=0.05), "small weights know nothing"


def test_gbce_without_calibration_is_bce_and_with_it_asks_less_of_positives(tiny):
    loss = [NextItemLoss(tiny.split, LossConfig("gbce", negatives=7, t=t)) for t in (0, 1)]
    positive, negative = torch.tensor([1.5]), torch.tensor([[-1.0] * 7])
    plain, calibrated = (one.value(positive, negative, np.arange(7)).item() for one in loss)
    shift = np.log(len(loss[0].warm))
    softplus = np.log1p(np.exp(np.array([shift - 1.5, *[-1.0 - shift] * 7])))
    assert plain == pytest.approx(softplus.mean(), abs=1e-6)
    rate = 7 / (len(loss[0].warm) - 1)
    assert calibrated == pytest.approx((rate * softplus[0] + softplus[1:].sum()) / 8, abs=1e-6)


def test_gbce_starts_where_an_item_is_as_likely_as_any_other(tiny):
    """Small weights score all alike: then one negative's part is the logarithm of 1 + 1 / items, not of 2."""
    next_item = NextItemLoss(tiny.split, LossConfig("gbce", negatives=7, t=0))
    value = next_item.value(torch.zeros(1), torch.zeros(1, 7), np.arange(7)).item()
    items = len(next_item.warm)
    assert value == pytest.approx((np.log(1 + items) + 7 * np.log(1 + 1 / items)) / 8, abs=1e-6)


@pytest.mark.parametrize("kind", ["sampled", "in-batch", "gbce", "bce"])
def test_a_target_is_never_its_own_negative(tiny, model, batch, kind):
    """All negatives are the target here: whatever remains of the loss is the positive's part alone."""
    next_item = NextItemLoss(tiny.split, LossConfig(kind, negatives=4))
    same = type(batch)(batch.users, batch.items, np.where(batch.targets > 0, 5, 0), batch.prefixes)
    shape = (int((same.targets > 0).sum()), 1) if kind == "bce" else (4,)
    next_item.draw_negatives = lambda targets, rng: np.full(shape, 5)
    scores, _ = logits(model, same)
    value = next_item(model, same, np.random.default_rng(0))[0]
    rate = 4 / (len(next_item.warm) - 1)
    beta = rate * (0.75 * (1 - 1 / rate) + 1 / rate) if kind == "gbce" else 1
    shift = np.log(len(next_item.warm)) if kind == "gbce" else 0
    own = beta * F.softplus(shift - scores[:, 5]).mean() / (2 if kind == "bce" else 5)
    alone = {"sampled": 0.0, "in-batch": 0.0}.get(kind, own)
    assert value.item() == pytest.approx(float(torch.as_tensor(alone).detach()), abs=1e-6)


@pytest.mark.parametrize("config", [("nce",), ("sampled", 0), ("gbce", 5, 2.0)])
def test_a_wrong_loss_is_refused(config):
    with pytest.raises(MolarError):
        LossConfig(*config)


@pytest.mark.parametrize("kind", LOSSES)
def test_every_loss_has_finite_gradients_in_bfloat16(tiny, model, batch, kind):
    with torch.autocast("cpu", torch.bfloat16):
        value = loss_of(tiny, model.train(), batch, kind, negatives=8)
    value.backward()
    assert all(torch.isfinite(p.grad).all() for p in model.parameters() if p.grad is not None)


def test_dropout_keeps_the_mean_and_follows_the_seed():
    layer, x = Dropout(0.3).train(), torch.ones(200, 501)
    torch.manual_seed(1)
    one = layer(x)
    torch.manual_seed(1)
    assert torch.equal(one, layer(x)) and not torch.equal(one, layer(x))
    assert (one == 0).float().mean().item() == pytest.approx(0.3, abs=0.01)
    assert one.mean().item() == pytest.approx(1, abs=0.01)
    assert torch.equal(layer.eval()(x), x)
