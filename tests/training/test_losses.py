"""The losses of a next-item model, against the same written out plainly."""

import dataclasses

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from molar.core.errors import MolarError
from molar.data.splits import leave_one_out
from molar.models.layers import Dropout
from molar.models.sasrec import SASRec, SASRecConfig
from molar.training import losses
from molar.training.batches import epoch_batches
from molar.training.candidates import LeftOut, repeat_share
from molar.training.losses import LOSSES, LossConfig, NextItemLoss, softmax_loss


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


def no_candidates(tiny, batch, items):
    """(positions, n) bool, written out plainly: which of `items` (n,) or (positions, n) the user has at each position."""
    sequence, offsets, out = tiny.dataset.sequence, tiny.dataset.offsets, []
    for window, user in enumerate(batch.users):
        for step in np.flatnonzero(batch.targets[window]):
            have = sequence[offsets[user] : batch.starts[window] + step + 1]
            out.append(np.isin(items[len(out)] if items.ndim == 2 else items, have))
    return torch.from_numpy(np.stack(out))


@pytest.mark.parametrize("epoch", [1, 2, 3])  # windows begin at another place each epoch
@pytest.mark.parametrize("candidates", ["all", "unseen"])
def test_full_softmax_is_cross_entropy_over_the_candidates(tiny, model, epoch, candidates):
    batch = next(epoch_batches(tiny.split, seed=0, epoch=epoch, batch_size=8, max_length=4))
    assert candidates == "all" or (batch.starts > tiny.dataset.offsets[batch.users]).any(), "a prefix before a window"
    scores, targets = logits(model, batch)
    scores[:, 0] = scores[:, torch.from_numpy(tiny.split.cold)] = -torch.inf
    if candidates == "unseen":
        owned = no_candidates(tiny, batch, np.arange(len(tiny.split.cold)))
        owned[torch.arange(len(targets)), targets] = False
        scores = scores.masked_fill(owned, -torch.inf)
    value = loss_of(tiny, model, batch, "full", candidates=candidates)
    assert torch.allclose(value, F.cross_entropy(scores, targets), atol=1e-6)


@pytest.mark.parametrize("kind", ["sampled", "in-batch", "gbce", "bce"])
def test_no_negative_is_what_the_user_has(tiny, model, batch, kind):
    """Against the same loss of logits that are written out and masked plainly."""
    next_item = NextItemLoss(tiny.split, LossConfig(kind, negatives=12, candidates="unseen"))
    scores, targets = logits(model, batch)
    negatives = next_item.draw_negatives(
        targets.numpy(), next_item.candidates.left_out(batch), np.random.default_rng(0)
    )
    drawn = negatives[:, None] if kind == "bce" else np.broadcast_to(negatives, (len(targets), len(negatives)))
    out = no_candidates(tiny, batch, drawn) | (torch.from_numpy(drawn.copy()) == targets[:, None])
    assert kind == "bce" or out.any()
    negative = scores.gather(1, torch.from_numpy(drawn.copy())).masked_fill(out, -torch.inf)
    positive = scores.gather(1, targets[:, None])
    if kind in ("bce", "gbce"):
        expected = next_item.binary(positive[:, 0], negative)
    else:
        corrected = negative + torch.from_numpy(next_item.correction(negatives))
        expected = F.cross_entropy(torch.cat([positive, corrected], 1), torch.zeros(len(targets), dtype=torch.long))
    value = next_item(model, batch, np.random.default_rng(0))[0]
    assert torch.allclose(value, expected, atol=1e-5)


def test_what_is_not_on_sale_yet_is_no_candidate_of_a_purchase(tiny, model):
    """Not even where what people have stays one; what a target is bought at, its own time counts."""
    available = np.full(tiny.dataset.n_items + 1, np.iinfo(np.int64).min)
    available[[3, 4, 5]] = np.quantile(tiny.dataset.times, [0.3, 0.5, 0.9]).astype(np.int64)
    split = leave_one_out(dataclasses.replace(tiny.dataset, available_from=available))
    batch = next(epoch_batches(split, seed=0, epoch=2, batch_size=8, max_length=4))
    scores, targets = logits(model, batch)
    places = batch.starts[:, None] + 1 + np.arange(batch.targets.shape[1])
    now = split.dataset.times[places[batch.targets > 0]]  # (positions,)
    later = torch.from_numpy(available[None] > now[:, None])
    assert later.any() and not later.all(0).any()
    later[torch.arange(len(targets)), targets] = False
    scores[:, 0] = scores[:, torch.from_numpy(split.cold)] = -torch.inf
    expected = F.cross_entropy(scores.masked_fill(later, -torch.inf), targets)
    value = NextItemLoss(split, LossConfig("full", candidates="all"))(model, batch, np.random.default_rng(0))[0]
    assert torch.allclose(value, expected, atol=1e-6)


def unmasked(positions, others, targets):
    """The mask of positions at which everything but the target itself is a candidate."""
    empty = np.empty(0, np.int64)
    return LeftOut(np.array([positions]), 1_000, empty, empty, empty).among(others, targets, torch.device("cpu"))


@pytest.mark.parametrize("positions", [1, 512, 1_300])
def test_the_softmax_has_the_gradients_of_cross_entropy(positions):
    random = torch.Generator().manual_seed(0)
    queries = torch.randn(positions, 8, generator=random).requires_grad_()
    items = torch.randn(40, 8, generator=random).requires_grad_()
    bias, own = torch.randn(40, generator=random), torch.randint(40, (positions,), generator=random)
    every, mask = torch.arange(40), unmasked(positions, np.arange(40), own.numpy())
    plain = torch.autograd.grad(3 * F.cross_entropy(queries @ items.T + bias, own), (queries, items))
    value = softmax_loss(queries, items, bias, own, every, torch.zeros(40), mask)
    ours = torch.autograd.grad(3 * value, (queries, items))
    for one, other in zip(ours, plain, strict=True):
        assert torch.allclose(one, other, atol=1e-5)


def test_the_softmax_in_bfloat16_stays_near():
    random = torch.Generator().manual_seed(0)
    queries, items = torch.randn(600, 16, generator=random), torch.randn(40, 16, generator=random)
    own = torch.randint(40, (600,), generator=random)
    rest = torch.zeros(40), own, torch.arange(40), torch.zeros(40), unmasked(600, np.arange(40), own.numpy())
    assert abs(softmax_loss(queries.bfloat16(), items, *rest) - softmax_loss(queries, items, *rest)) < 0.02


def test_items_are_left_out_unless_people_buy_again_what_they_have(tiny):
    assert LossConfig().resolved(tiny.split).candidates == "unseen"
    again = dataclasses.replace(tiny.dataset, sequence=np.ones_like(tiny.dataset.sequence))
    repeats = leave_one_out(again)
    assert repeat_share(repeats) > 0.9 and LossConfig().resolved(repeats).candidates == "all"
    assert LossConfig(candidates="unseen").resolved(repeats).candidates == "unseen"


def test_one_warm_item_more_than_the_full_softmax_takes_is_no_other_recipe(tiny, model, batch, monkeypatch):
    full = loss_of(tiny, model, batch, "auto")
    monkeypatch.setattr(losses, "FULL_UP_TO", int((tiny.split.train_counts() > 0).sum()) - 1)
    chosen = LossConfig(negatives=3).resolved(tiny.split)
    assert chosen.kind == "sampled" and chosen.negatives == losses.FULL_UP_TO and "sampled" in chosen.told()
    assert loss_of(tiny, model, batch, "auto", negatives=3).item() == pytest.approx(full.item(), abs=0.05)


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
    drawn = next_item.draw_negatives(targets, None, rng)
    scores = torch.randn(len(counts), generator=torch.Generator().manual_seed(0))
    found = torch.logsumexp(scores[drawn] + torch.from_numpy(next_item.correction(drawn)), 0)
    assert found.item() == pytest.approx(torch.logsumexp(scores[next_item.warm], 0).item(), abs=0.02)


def test_bce_draws_one_negative_a_position(tiny, model, batch):
    positions = int((batch.targets > 0).sum())
    next_item = NextItemLoss(tiny.split, LossConfig("bce"))
    drawn = next_item.draw_negatives(
        batch.targets[batch.targets > 0], next_item.candidates.left_out(batch), np.random.default_rng(0)
    )
    assert drawn.shape == (positions,)
    assert loss_of(tiny, model, batch, "bce").item() == pytest.approx(np.log(2), abs=0.05), "small weights know nothing"


def test_gbce_without_calibration_is_bce_and_with_it_asks_less_of_positives(tiny):
    loss = [NextItemLoss(tiny.split, LossConfig("gbce", negatives=7, t=t)) for t in (0, 1)]
    positive, negative = torch.tensor([1.5]), torch.tensor([[-1.0] * 7])
    plain, calibrated = (one.binary(positive, negative).item() for one in loss)
    shift = np.log(len(loss[0].warm))
    softplus = np.log1p(np.exp(np.array([shift - 1.5, *[-1.0 - shift] * 7])))
    assert plain == pytest.approx(softplus.mean(), abs=1e-6)
    rate = 7 / (len(loss[0].warm) - 1)
    assert calibrated == pytest.approx((rate * softplus[0] + softplus[1:].sum()) / 8, abs=1e-6)


def test_gbce_starts_where_an_item_is_as_likely_as_any_other(tiny):
    """Small weights score all alike: then one negative's part is the logarithm of 1 + 1 / items, not of 2."""
    next_item = NextItemLoss(tiny.split, LossConfig("gbce", negatives=7, t=0))
    value = next_item.binary(torch.zeros(1), torch.zeros(1, 7)).item()
    items = len(next_item.warm)
    assert value == pytest.approx((np.log(1 + items) + 7 * np.log(1 + 1 / items)) / 8, abs=1e-6)


@pytest.mark.parametrize("kind", ["sampled", "in-batch", "gbce", "bce"])
def test_a_target_is_never_its_own_negative(tiny, model, batch, kind):
    """All negatives are the target here: whatever remains of the loss is the positive's part alone."""
    next_item = NextItemLoss(tiny.split, LossConfig(kind, negatives=4))
    same = dataclasses.replace(batch, targets=np.where(batch.targets > 0, 5, 0))
    drawn = int((same.targets > 0).sum()) if kind == "bce" else 4
    next_item.draw_negatives = lambda targets, left_out, rng: np.full(drawn, 5)
    scores, _ = logits(model, same)
    value = next_item(model, same, np.random.default_rng(0))[0]
    rate = 4 / (len(next_item.warm) - 1)
    beta = rate * (0.75 * (1 - 1 / rate) + 1 / rate) if kind == "gbce" else 1
    shift = np.log(len(next_item.warm)) if kind == "gbce" else 0
    own = beta * F.softplus(shift - scores[:, 5]).mean() / (2 if kind == "bce" else 5)
    alone = {"sampled": 0.0, "in-batch": 0.0}.get(kind, own)
    assert value.item() == pytest.approx(float(torch.as_tensor(alone).detach()), abs=1e-6)


@pytest.mark.parametrize("config", [("nce",), ("sampled", 0), ("gbce", 5, 2.0), ("full", 5, 0.5, "some")])
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
