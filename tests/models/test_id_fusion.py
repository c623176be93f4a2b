"""Content and ID together: models that read both."""

import dataclasses

import numpy as np
import pytest
import torch
from tiny_models import CONTENT, content_model, id_tower

from molar.core.errors import MolarError
from molar.models.fpmc import FPMC
from molar.storage.checkpoint import load_trained
from molar.training.alignment import AlignConfig
from molar.training.config import TrainingConfig
from molar.training.train import CONTENT_ALONE, train_molar

TRAINING = TrainingConfig(epochs=2, batch_size=8, lr=1e-2, weight_decay=0.01, patience=3)
FUSED = ("early", "middle", "late")


def items() -> torch.Tensor:
    return torch.randint(1, 29, (3, 6), generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("streams", [1, 2])
@pytest.mark.parametrize("fusion", FUSED)
@torch.no_grad()
def test_no_fused_state_sees_a_later_item(tiny, tiny_vectors, fusion, streams):
    model = content_model(tiny, tiny_vectors, fusion, streams=streams)
    whole = model(items())
    for t in range(1, 7):
        torch.testing.assert_close(model(items()[:, :t])[:, -1], whole[:, t - 1], atol=1e-5, rtol=1e-4)
    ends = torch.tensor([5, 0, 2])
    torch.testing.assert_close(model.last_state(items(), ends), whole[torch.arange(3), ends], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("fusion", FUSED)
def test_the_three_fusions_cost_the_same_weights(tiny, tiny_vectors, fusion):
    def size(model):
        return sum(p.numel() for p in model.parameters())

    assert size(content_model(tiny, tiny_vectors, fusion)) == size(content_model(tiny, tiny_vectors)) + 16 * 16 + 16


@pytest.mark.parametrize("fusion", FUSED)
@torch.no_grad()
def test_another_id_model_gives_another_user_and_the_same_items(tiny, tiny_vectors, fusion):
    model = content_model(tiny, tiny_vectors, fusion)
    before, scoring = model(items()), model.item_matrix()
    other = id_tower(tiny.split)
    other.items.weight[1:29] += torch.randn(28, 16)
    model.set_id_model(other)
    assert (model(items()) - before).abs().max() > 1e-4
    assert torch.equal(model.item_matrix(), scoring) and scoring.shape == (31, 16)


@pytest.mark.parametrize("fusion", FUSED)
@torch.no_grad()
def test_a_blanked_id_model_says_the_same_of_every_item(tiny, tiny_vectors, fusion):
    model = content_model(tiny, tiny_vectors, fusion)
    told = model(items())
    model.blank_id = True
    blank = model(items())
    assert (blank - told).abs().max() > 1e-4
    ids = model.embed_items(torch.tensor([0, 3, 9]))[:, 16:]
    assert torch.equal(ids[1], ids[2]) and not ids[0].any()
    model.blank_id = False
    assert torch.equal(model(items()), told)


def test_a_plain_model_has_nothing_to_blank(tiny, tiny_vectors):
    with pytest.raises(MolarError, match="fusion is none"):
        content_model(tiny, tiny_vectors).blank_id = True


@torch.no_grad()
def test_a_cold_item_has_the_mean_id_embedding(tiny, tiny_vectors):
    model = content_model(tiny, tiny_vectors, "early")
    cold = torch.from_numpy(tiny.split.cold).nonzero()[:, 0]
    table = model.id_model.items.weight
    known = table[table.any(1)].mean(0)
    torch.testing.assert_close(model.embed_items(cold)[:, 16:], known.expand(len(cold), -1))


def test_a_fused_model_knows_fpmcs_users(tiny, tiny_vectors):
    model = content_model(tiny, tiny_vectors, "late", id_tower(tiny.split, FPMC))
    histories = [np.array([1, 2, 3])] * 2
    one, other = model.user_vectors(histories, np.array([0, 1]))
    assert np.abs(one - other).max() > 1e-5


@pytest.mark.parametrize("fusion", FUSED)
def test_a_fused_model_trains_leaves_the_id_model_alone_and_comes_back(tiny, tiny_vectors, tmp_path, fusion):
    ids = id_tower(tiny.split)
    before = {name: value.clone() for name, value in ids.state_dict().items()}
    config = dataclasses.replace(CONTENT, fusion=fusion)
    model = train_molar(
        tiny.split, tiny_vectors, ids, align=CONTENT_ALONE, config=config, training=TRAINING, out=tmp_path
    )
    assert all(torch.equal(value, before[name]) for name, value in ids.state_dict().items())
    loaded = load_trained(tmp_path, tiny.split, tiny_vectors)
    np.testing.assert_array_equal(loaded.user_vectors([np.array([1, 2])]), model.user_vectors([np.array([1, 2])]))
    assert loaded.id_side.map.weight.any()


def test_a_fused_model_needs_its_id_model(tiny, tiny_vectors):
    config = dataclasses.replace(CONTENT, fusion="late")
    with pytest.raises(MolarError, match="needs an ID model of width 16"):
        train_molar(tiny.split, tiny_vectors, align=CONTENT_ALONE, config=config, training=TRAINING)
    align = AlignConfig(id_tower="joint")
    with pytest.raises(MolarError, match="is frozen"):
        train_molar(tiny.split, tiny_vectors, id_tower(tiny.split), align=align, config=config, training=TRAINING)
