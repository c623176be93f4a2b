"""Every decoder of the content model: `[User]` after a prefix sees that prefix and nothing else, in training as later."""

from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_families import FAMILIES, save_tiny_family

from molar.backbones.hub import backbone_sha256
from molar.core.errors import MolarError
from molar.models.content import ContentConfig, ContentUserEncoder
from molar.storage.checkpoint import load_model, read_meta, save_model
from molar.training.config import TrainingConfig
from molar.training.epochs import parameter_groups
from molar.training.train import CONTENT_ALONE, train_molar

ITEMS, DIM_IN = 30, 12
SMALL = {"dim_in": DIM_IN, "dim": 16, "max_length": 8, "hidden": 20, "blocks": 2}


@pytest.fixture(scope="module")
def backbone(tmp_path_factory) -> str:
    return str(save_tiny_family("llava", tmp_path_factory.mktemp("backbone")))


def build(**options) -> ContentUserEncoder:
    torch.manual_seed(0)
    model = ContentUserEncoder(ContentConfig(**(SMALL | options))).eval()
    give_vectors(model)
    return model


def give_vectors(model: ContentUserEncoder) -> None:
    vectors = np.random.default_rng(0).normal(size=(ITEMS + 1, DIM_IN)).astype(np.float32)
    vectors[0] = 0
    model.set_item_vectors(vectors)


def histories(rows: int = 3, length: int = 7) -> torch.Tensor:
    return torch.randint(1, ITEMS + 1, (rows, length), generator=torch.Generator().manual_seed(1))


@pytest.fixture(params=["two streams", "one stream", "backbone"])
def model(request, backbone) -> ContentUserEncoder:
    options = {
        "two streams": {},
        "one stream": {"streams": 1},
        "backbone": {"decoder": "backbone", "backbone": backbone},
    }
    return build(**options[request.param])


@torch.no_grad()
def test_the_state_after_a_prefix_is_the_same_whatever_follows(model):
    items = histories()
    whole = model(items)
    for t in range(1, items.shape[1] + 1):
        torch.testing.assert_close(model(items[:, :t])[:, -1], whole[:, t - 1], atol=1e-5, rtol=1e-4)
        changed = torch.cat([items[:, :t], items[:, t:] % ITEMS + 1], 1)
        torch.testing.assert_close(model(changed)[:, t - 1], whole[:, t - 1], atol=1e-6, rtol=1e-5)


@torch.no_grad()
def test_ranking_reads_what_training_reads(model):
    """Inference makes one `[User]` a history, training one a prefix."""
    items, ends = histories(), torch.tensor([6, 0, 3])
    torch.testing.assert_close(model.last_state(items, ends), model(items)[torch.arange(3), ends], atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_a_state_reads_its_whole_prefix(model):
    items = histories()
    for t in range(items.shape[1]):
        changed = items.clone()
        changed[:, t] = changed[:, t] % ITEMS + 1
        moved = (model(changed) - model(items)).abs().amax(-1)  # (rows, length)
        assert (moved[:, t:] > 1e-6).all() and (moved[:, :t] < 1e-6).all()


@torch.no_grad()
def test_the_backbones_tokens_equal_one_appended_token(backbone):
    """The language model run as the paper runs it, causal, on items 1 … t and `[User]`."""
    model = build(decoder="backbone", backbone=backbone)
    decoder = model.decoder
    embedded = model.embed_items(histories())
    for t in (1, 4, 7):
        tokens = torch.cat([decoder.enter(embedded[:, :t]), decoder.user.expand(3, 1, -1)], 1)
        appended = decoder.text(inputs_embeds=tokens, use_cache=False).last_hidden_state[:, -1]
        torch.testing.assert_close(decoder(embedded)[:, t - 1], appended, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("family", [family for family in FAMILIES if family != "llava"])
@torch.no_grad()
def test_other_families_lend_their_decoder_too(family, tmp_path):
    model = build(decoder="backbone", backbone=str(save_tiny_family(family, tmp_path)), layers=2)
    items = histories()
    torch.testing.assert_close(model(items[:, :3])[:, -1], model(items)[:, 2], atol=1e-5, rtol=1e-4)


def test_the_decoder_keeps_the_pretrained_weights_and_no_word_embeddings(backbone):
    from transformers import AutoModelForImageTextToText

    text = AutoModelForImageTextToText.from_pretrained(backbone).get_submodule("model.language_model")
    ours = build(decoder="backbone", backbone=backbone, layers=1).decoder.text
    own = dict(ours.state_dict())
    assert not any("embed" in name for name in own) and len(ours.layers) == 1
    for name, value in own.items():
        torch.testing.assert_close(value, text.state_dict()[name])


def test_what_stays_frozen_is_taken_from_the_backbone(backbone, tmp_path):
    model = build(decoder="backbone", backbone=backbone, frozen=1)
    assert not any("text.layers.0." in name for name in model.state_dict())
    assert any("text.layers.1." in name for name in model.state_dict())
    save_model(tmp_path, model, {})
    loaded = load_model(tmp_path)
    give_vectors(loaded)
    torch.testing.assert_close(loaded(histories()), model(histories()), atol=5e-3, rtol=1e-2)


def test_a_model_with_the_backbones_decoder_trains_tells_its_backbone_and_comes_back(
    tiny, tiny_vectors, backbone, tmp_path
):
    config = ContentConfig(dim_in=16, dim=16, max_length=6, decoder="backbone", backbone=backbone, frozen=1)
    training = TrainingConfig(epochs=2, batch_size=8, lr=1e-2, weight_decay=0.0, patience=2)
    model = train_molar(tiny.split, tiny_vectors, align=CONTENT_ALONE, config=config, training=training, out=tmp_path)
    fresh, tuned = build(decoder="backbone", backbone=backbone).decoder.text.layers, model.decoder.text.layers
    weights = [[layer.self_attn.q_proj.weight for layer in layers] for layers in (fresh, tuned)]
    assert torch.equal(weights[0][0], weights[1][0]) and not torch.allclose(weights[0][1], weights[1][1], atol=1e-3)
    assert load_model(tmp_path).config.backbone_sha256 == backbone_sha256(Path(backbone))
    curve = read_meta(tmp_path)["curve"]
    assert curve[-1]["loss"] < curve[0]["loss"]


def test_a_decoder_of_another_backbone_is_refused(backbone, tmp_path):
    with pytest.raises(MolarError, match="other weights"):
        build(decoder="backbone", backbone=backbone, backbone_sha256="0" * 16)


def test_pretrained_weights_learn_slower_and_frozen_ones_not_at_all(backbone):
    model = build(decoder="backbone", backbone=backbone, frozen=1)
    groups = parameter_groups(model, TrainingConfig(epochs=1, batch_size=1, lr=1.0, weight_decay=0.0, patience=1))
    shares = {id(p): group["lr_multiplier"] for group in groups for p in group["params"]}
    layers = model.decoder.text.layers
    assert {shares.get(id(p)) for p in layers[0].parameters()} == {None}
    assert {shares[id(p)] for p in layers[1].parameters()} == {0.1}
    assert shares[id(model.decoder.user)] == shares[id(model.out.weight)] == 1.0


@pytest.mark.parametrize(
    "options, error",
    [
        ({"streams": 3}, "streams must be 1 or 2"),
        ({"decoder": "heavy"}, "decoder must be one of light, ema, ema.light, backbone"),
        ({"layers": 1, "frozen": 2}, "frozen at most layers"),
        ({"fusion": "middle", "decoder": "backbone"}, "decoder=light"),
    ],
)
def test_impossible_decoders_are_refused(options, error):
    with pytest.raises(MolarError, match=error):
        ContentConfig(**(SMALL | options))


def test_more_layers_than_there_are_are_refused(backbone):
    with pytest.raises(MolarError, match="has 2 layers"):
        build(decoder="backbone", backbone=backbone, layers=3)
