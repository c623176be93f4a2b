"""Every ID model: what a state may see, what is kept on disk, and each model's formula written out once."""

import dataclasses

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from molar.core.errors import Cancelled
from molar.evaluation.ranking import ModelScorer
from molar.models.fpmc import FPMC, FPMCConfig
from molar.models.gru4rec import GRU4Rec, GRU4RecConfig
from molar.models.id_model import IDModel
from molar.models.layers import Block, LiGRBlock, SwiGLU, causal_attention
from molar.models.zoo import ID_MODELS
from molar.storage.checkpoint import load_model, read_meta, save_model
from molar.training.batches import epoch_batches
from molar.training.config import TrainingConfig
from molar.training.loop import STATE
from molar.training.losses import LOSSES, LossConfig, NextItemLoss
from molar.training.train import data_sizes, id_model_classes, train_id_model

MODELS = {name: (name, {}) for name in ID_MODELS} | {"ligr": ("sasrec", {"block": "ligr"})}
TRAINING = TrainingConfig(epochs=2, batch_size=8, lr=1e-2, weight_decay=0.01, patience=3)

every = pytest.mark.parametrize("name", MODELS)


def config(tiny, name, **options):
    model, more = MODELS[name]
    config_class = id_model_classes(model)[1]
    return config_class(**data_sizes(config_class, tiny.split), dim=16, max_length=6, **more, **options)


def build(tiny, name) -> IDModel:
    """Weights ten times larger than at the start, so that a difference between two states can be seen."""
    torch.manual_seed(0)
    model = id_model_classes(MODELS[name][0])[0](config(tiny, name)).eval()
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(10 if weight.ndim > 1 else 1)
    return model


def train(tiny, name, training=TRAINING, **options) -> IDModel:
    return train_id_model(tiny.split, MODELS[name][0], config=config(tiny, name), training=training, **options)


def histories(count: int) -> tuple[list[np.ndarray], np.ndarray]:
    """Histories of one to nine items, and users."""
    rng = np.random.default_rng(0)
    return [rng.integers(1, 31, 1 + 4 * n % 9) for n in range(count)], rng.integers(20, size=count)


def assert_same_weights(one, other):
    theirs = other.state_dict()
    for name, tensor in one.state_dict().items():
        assert torch.equal(tensor, theirs[name]), name


@pytest.mark.slow
@every
def test_no_prefix_sees_its_future(tiny, name):
    model, users = build(tiny, name), torch.tensor([0, 3, 5, 7])
    items = torch.randint(1, 31, (4, 6), generator=torch.Generator().manual_seed(1))
    before = model(items, users)
    for t in range(5):
        changed = items.clone()
        changed[:, t + 1 :] = changed[:, t + 1 :] % 30 + 1
        after = model(changed, users)
        torch.testing.assert_close(before[:, : t + 1], after[:, : t + 1], rtol=0, atol=1e-6)
        assert not torch.allclose(before[:, t + 1], after[:, t + 1], atol=1e-3)


@every
def test_a_history_alone_has_the_vector_that_it_has_in_a_batch(tiny, name):
    model, (some, users) = build(tiny, name), histories(12)
    together = model.user_vectors(some, users)
    for row, (history, user) in enumerate(zip(some, users, strict=True)):
        alone = model.user_vectors([history], np.array([user]))
        np.testing.assert_allclose(together[row], alone[0], atol=1e-5)
    assert together.std(0).min() > 1e-3, "else all vectors are one"


@every
def test_vectors_come_in_the_order_of_the_histories(tiny, name):
    """However the rows are grouped by length."""
    model, (some, users) = build(tiny, name), histories(13)
    forth = model.user_vectors(some, users, batch_size=4)
    back = model.user_vectors(some[::-1], users[::-1], batch_size=5)
    np.testing.assert_allclose(forth, back[::-1], atol=1e-5)


@every
def test_a_saved_model_gives_the_same_scores(tiny, name, tmp_path):
    model = build(tiny, name).half().float()  # as it is stored
    save_model(tmp_path, model, {})
    some, users = histories(5)
    loaded = load_model(tmp_path)
    assert loaded.config == model.config and type(loaded) is type(model)
    np.testing.assert_array_equal(loaded.user_vectors(some, users), model.user_vectors(some, users))
    ours, theirs = (ModelScorer("", one, tiny.split).scores(some, users) for one in (loaded, model))
    np.testing.assert_array_equal(ours, theirs)


@pytest.mark.slow
@every
def test_a_killed_training_ends_as_an_undisturbed_one(tiny, name, tmp_path):
    def stop_in_second_epoch(done, total, note):
        if done > 0.75 * total:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        train(tiny, name, out=tmp_path, report=stop_in_second_epoch)
    assert (tmp_path / STATE).exists()
    seen = []
    resumed = train(tiny, name, out=tmp_path, report=lambda done, *_: seen.append(done))
    assert min(seen) > 0, "the first epoch is not trained again"
    assert_same_weights(resumed, train(tiny, name, out=tmp_path / "undisturbed"))


@pytest.mark.slow
@every
def test_bfloat16_learns_what_float32_learns(tiny, name, tmp_path):
    kinds = ("float32", "bfloat16")
    models = [train(tiny, name, dataclasses.replace(TRAINING, precision=kind), out=tmp_path / kind) for kind in kinds]
    assert not torch.equal(*(model.item_matrix() for model in models)), "autocast changes something"
    exact, coarse = (read_meta(tmp_path / kind)["curve"][-1]["loss"] for kind in kinds)
    assert coarse == pytest.approx(exact, rel=0.01)


@pytest.mark.slow
@every
@pytest.mark.parametrize("kind", LOSSES)
def test_every_loss_moves_every_model(tiny, name, kind):
    """A few steps on one batch with the same negatives each time."""
    torch.manual_seed(0)
    model = id_model_classes(MODELS[name][0])[0](config(tiny, name, dropout=0.0))
    batch = next(epoch_batches(tiny.split, seed=0, epoch=1, batch_size=8, max_length=6))
    next_item = NextItemLoss(tiny.split, LossConfig(kind, negatives=10))
    steps, values = torch.optim.Adam(model.parameters(), lr=1e-2), []
    for _ in range(12):
        steps.zero_grad()
        value, _ = next_item(model, batch, np.random.default_rng(0))
        value.backward()
        steps.step()
        values.append(value.item())
    assert all(weight.grad is not None and torch.isfinite(weight).all() for weight in model.parameters())
    assert values[-1] < 0.9 * values[0]


def fpmc() -> FPMC:
    torch.manual_seed(0)
    return FPMC(FPMCConfig(n_items=5, n_users=3, dim=4)).eval()


def test_fpmc_adds_the_users_taste_to_what_follows_the_last_item():
    model = fpmc()
    items, users = model.items.weight.detach().numpy(), model.users.weight.detach().numpy()
    taste, after, last = items[:, :2], items[:, 2:4], items[4, 4:]  # U, L and V_last
    scores = model.user_vectors([np.array([2, 4])], np.array([1])) @ model.item_matrix().detach().numpy().T
    np.testing.assert_allclose(scores[0], 2 * (taste @ users[1] + after @ last), rtol=1e-5)  # 2 = sqrt(dim)


def test_fpmc_knows_of_a_stranger_the_last_item_alone():
    model = fpmc()
    items = model.items.weight.detach().numpy()
    scores = model.user_vectors([np.array([2, 4])]) @ model.item_matrix().detach().numpy().T
    np.testing.assert_allclose(scores[0], 2 * items[:, 2:4] @ items[4, 4:], rtol=1e-5)


def test_fpmc_has_no_noise_for_a_user_who_never_trains(tiny):
    short = dataclasses.replace(tiny.split, train_ends=np.where(np.arange(20) == 4, 1, tiny.split.train_ends))
    users = train_id_model(short, "fpmc", config=config(tiny, "fpmc"), training=TRAINING).users.weight
    assert not users[4].any() and users[5].any()


def test_gru4rec_is_the_gated_recurrence():
    torch.manual_seed(0)
    model = GRU4Rec(GRU4RecConfig(n_items=5, dim=4, hidden=3)).eval()
    gru, state = model.gru, torch.zeros(3)
    for item in (2, 4, 1):
        reset_x, update_x, new_x = (gru.weight_ih_l0 @ (2 * model.items.weight[item]) + gru.bias_ih_l0).chunk(3)
        reset_h, update_h, new_h = (gru.weight_hh_l0 @ state + gru.bias_hh_l0).chunk(3)
        update = torch.sigmoid(update_x + update_h)
        new = torch.tanh(new_x + torch.sigmoid(reset_x + reset_h) * new_h)
        state = (1 - update) * new + update * state
    expected = (model.out.weight @ state + model.out.bias).detach()
    np.testing.assert_allclose(model.user_vectors([np.array([2, 4, 1])])[0], expected, atol=1e-6)


def test_ligr_gates_at_one_half_let_half_through():
    torch.manual_seed(0)
    block, x = LiGRBlock(8, 2, 0.0).eval(), torch.randn(3, 5, 8)
    for gate in (block.attention_gate, block.feed_gate):
        torch.nn.init.zeros_(gate.weight)
        torch.nn.init.zeros_(gate.bias)
    normed = block.attention_norm(x)
    parts = (block.query(normed), *block.key_value(normed).chunk(2, -1))
    heads = [part.unflatten(-1, (2, 4)).transpose(1, 2) for part in parts]
    seen = F.scaled_dot_product_attention(*heads, is_causal=True).transpose(1, 2).flatten(2)
    middle = x + block.merge(seen) / 2
    assert torch.allclose(block(x), middle + block.feed(block.feed_norm(middle)) / 2, atol=1e-6)


def test_a_ligr_gate_reads_the_stream():
    """A gate that is shut for one sign of the stream, and open for the other."""
    block, x = LiGRBlock(8, 2, 0.0).eval(), torch.ones(1, 1, 8)
    for gate in (block.attention_gate, block.feed_gate):
        torch.nn.init.zeros_(gate.bias)
        gate.weight.data = 100 * torch.eye(8)
    assert torch.allclose(block(-x), -x, atol=1e-6), "both gates are shut"
    plain = Block(8, 2, 0.0).eval()
    plain.feed = block.feed
    plain.load_state_dict({name: value for name, value in block.state_dict().items() if "gate." not in name})
    assert torch.allclose(block(x), plain(x), atol=1e-6), "both gates are open"


def test_swiglu_is_its_formula():
    torch.manual_seed(0)
    layer, x = SwiGLU(4, 6, 0.0), torch.randn(3, 4)
    a, b = layer.gate_and_value.weight.chunk(2)
    bias_a, bias_b = layer.gate_and_value.bias.chunk(2)
    gate = x @ a.T + bias_a
    assert torch.allclose(layer(x), layer.out(gate * torch.sigmoid(gate) * (x @ b.T + bias_b)), atol=1e-6)


@pytest.mark.parametrize("length", [1, 2, 50])
def test_attention_in_bfloat16_is_the_fused_one(length):
    """Values and gradients, against the same inputs in float32."""
    random = torch.Generator().manual_seed(0)
    inputs = [torch.randn(3, 2, length, 8, generator=random).bfloat16().requires_grad_() for _ in range(3)]
    exact = [part.detach().float().requires_grad_() for part in inputs]
    direction = torch.randn(3, 2, length, 8, generator=random)
    ours = causal_attention(*inputs)
    fused = F.scaled_dot_product_attention(*exact, is_causal=True)
    assert ours.dtype == torch.bfloat16
    torch.testing.assert_close(ours.float(), fused, rtol=0, atol=0.03)
    gradients = torch.autograd.grad((ours.float() * direction).sum(), inputs)
    expected = torch.autograd.grad((fused * direction).sum(), exact)
    for one, other in zip(gradients, expected, strict=True):
        torch.testing.assert_close(one.float(), other, rtol=0.02, atol=0.05)
