"""DuoRec's contrast: which prefixes make a pair, what the loss is, and that it takes part in training."""

import dataclasses

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from molar.core.errors import MolarError
from molar.models.duorec import Contrast, DuoRec, DuoRecConfig, info_nce
from molar.models.sasrec import SASRecConfig
from molar.storage.checkpoint import read_meta
from molar.training.batches import epoch_batches
from molar.training.config import TrainingConfig
from molar.training.train import train_id_model

SIZES = {"n_items": 30, "dim": 16, "blocks": 1, "max_length": 3}
TRAINING = TrainingConfig(epochs=2, batch_size=8, lr=1e-2, weight_decay=0.01, patience=3)


def windows(tiny) -> list:
    return list(epoch_batches(tiny.split, seed=0, epoch=1, batch_size=8, max_length=3))


def followers(split, target: int) -> dict[int, list[list[int]]]:
    """For each user, the prefixes (at most three items) that `target` follows in training."""
    found = {}
    for user in range(split.dataset.n_users):
        history = split.train_history(user).tolist()
        prefixes = [history[max(0, t - 3) : t] for t in range(1, len(history)) if history[t] == target]
        found |= {user: prefixes} if prefixes else {}
    return found


@pytest.fixture
def drawn(tiny):
    """What a few passes over an epoch draw: (user, target, prefix)."""
    contrast, rng, found = Contrast(tiny.split, DuoRecConfig(**SIZES)), np.random.default_rng(0), []
    for batch in windows(tiny) * 20:
        targets = batch.targets[np.arange(len(batch.users)), batch.prefixes]
        items, lengths = contrast.draw(batch.users, targets, rng)
        assert (items > 0).sum(1).tolist() == lengths.tolist()
        found += [(u, t, row[:n].tolist()) for u, t, row, n in zip(batch.users, targets, items, lengths, strict=True)]
    return found


def test_a_positive_is_another_users_training_prefix_with_the_same_next_item(tiny, drawn):
    lonely = 0
    for user, target, prefix in drawn:
        prefixes = followers(tiny.split, target)
        others = [p for other, own in prefixes.items() if other != user for p in own]
        assert prefix in (others or prefixes[user])
        lonely += not others
    assert 0 < lonely < len(drawn), "both kinds of pairs are here"


def test_every_such_prefix_is_drawn_about_as_often(tiny, drawn):
    user, target = max(((u, t) for u, t, _ in drawn), key=lambda pair: len(followers(tiny.split, pair[1])))
    expected = sorted(p for other, own in followers(tiny.split, target).items() if other != user for p in own)
    rng, contrast = np.random.default_rng(0), Contrast(tiny.split, DuoRecConfig(**SIZES))
    items, _ = contrast.draw(np.full(6_000, user), np.full(6_000, target), rng)
    prefixes, counts = np.unique(items, axis=0, return_counts=True)
    assert sorted(row[row > 0].tolist() for row in prefixes) == expected and len(expected) > 2
    np.testing.assert_allclose(counts / 6_000, 1 / len(expected), atol=0.03)


def test_info_nce_is_its_formula():
    random = torch.Generator().manual_seed(0)
    one, other = (F.normalize(torch.randn(4, 5, generator=random), dim=-1) for _ in range(2))
    targets = [7, 8, 7, 9]
    rows = [(vector, targets[n], n) for view in (one, other) for n, vector in enumerate(view)]
    losses = []
    for i, (vector, target, n) in enumerate(rows):
        negatives = [v for v, t, _ in rows if t != target]  # the same next item is no negative
        partner = next(v for j, (v, _, m) in enumerate(rows) if m == n and j != i)
        scores = torch.stack([vector @ v / 2 for v in (partner, *negatives)])
        losses.append(torch.logsumexp(scores, 0) - scores[0])
    value = info_nce(3 * one, other / 2, torch.tensor(targets), 2.0)
    assert torch.allclose(value, torch.stack(losses).mean(), atol=1e-5)


def test_a_lonely_row_costs_nothing_and_has_a_gradient():
    one = torch.randn(1, 5).requires_grad_()
    value = info_nce(one, torch.randn(1, 5), torch.tensor([3]), 1.0)
    value.backward()
    assert value == 0 and torch.isfinite(one.grad).all()


def test_the_contrast_stays_near_under_autocast():
    random = torch.Generator().manual_seed(0)
    one, other = (5 * torch.randn(8, 64, generator=random) for _ in range(2))
    exact = info_nce(one, other, torch.arange(8), 0.1)
    with torch.autocast("cpu", torch.bfloat16):
        near = info_nce(one, other, torch.arange(8), 0.1)
    assert near.dtype == torch.float32 and near.item() == pytest.approx(exact.item(), abs=0.02)


def test_both_views_have_dropout_of_their_own(tiny):
    """A single window makes no negatives: what is seen here is that the second view is not the first one."""
    torch.manual_seed(0)
    model, batch = DuoRec(DuoRecConfig(**SIZES)).train(), windows(tiny)[0]
    states = model(torch.from_numpy(batch.items))
    assert not torch.equal(states, model(torch.from_numpy(batch.items)))
    value = Contrast(tiny.split, model.config)(model, batch, states, np.random.default_rng(0))
    value.backward()
    assert value > 0 and model.items.weight.grad.any()


def test_without_weight_duorec_is_sasrec(tiny):
    plain = SASRecConfig(**SIZES, dropout=0.0)
    idle, real = (DuoRecConfig(**SIZES, dropout=0.0, contrast=weight) for weight in (0.0, 0.1))
    sasrec = train_id_model(tiny.split, "sasrec", config=plain, training=TRAINING).state_dict()
    for config, same in ((idle, True), (real, False)):
        duorec = train_id_model(tiny.split, "duorec", config=config, training=TRAINING).state_dict()
        assert all(torch.equal(tensor, duorec[name]) for name, tensor in sasrec.items()) == same


def test_the_curve_tells_the_contrast_and_training_lowers_it(tiny, tmp_path):
    config = DuoRecConfig(**SIZES, contrast=2.0)
    train_id_model(tiny.split, "duorec", config=config, training=dataclasses.replace(TRAINING, epochs=6), out=tmp_path)
    values = [entry["contrast"] for entry in read_meta(tmp_path)["curve"]]
    assert values[-1] < values[0]


@pytest.mark.parametrize("wrong", [{"contrast": -1.0}, {"tau": 0.0}, {"heads": 3}])
def test_impossible_configs_are_refused(wrong):
    with pytest.raises(MolarError, match=next(iter(wrong))):
        DuoRecConfig(**SIZES | wrong)
