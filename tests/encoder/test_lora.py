"""LoRA of the language model: fresh it changes nothing, saved it comes back, and vectors know of it."""

import json

import pytest
import torch
from tiny_families import save_tiny_family
from tiny_items import PAIRS, current_item, noise

from molar.core.errors import MolarError
from molar.encoder.item_encoder import EncoderConfig, ItemEncoder
from molar.encoder.lora import PARTS, LoraSettings, add_lora, lora_weights, save_lora, without_lora
from molar.finetune.finetune import FineTuneConfig, finetune_encoder

ITEMS = ["a red fox", "a print"], [noise(40, 30), noise(30, 40, 1)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return str(save_tiny_family("qwen2_vl", tmp_path_factory.mktemp("backbone")))


def load(folder: str, tuned=None, precision: str = "float32") -> ItemEncoder:
    return ItemEncoder.load(EncoderConfig(folder, precision), tuned)


def states(encoder) -> torch.Tensor:
    return torch.from_numpy(current_item(encoder, *ITEMS))


@pytest.fixture
def tuned(folder, tmp_path):
    """A fine-tuned folder with LoRA that says something, and the states of the encoder that wrote it."""
    encoder = load(folder)
    settings = LoraSettings(rank=2, targets=("mlp",))
    add_lora(encoder.backbone, settings)
    with torch.no_grad():
        for weight in lora_weights(encoder.backbone).values():
            weight.copy_((torch.randn(weight.shape) / 4).half())
    save_lora(encoder.backbone, tmp_path)
    encoder.adapter.save(tmp_path, {"backbone": encoder.fingerprint, "lora": settings.to_dict()})
    return tmp_path, states(encoder)


def test_fresh_adapters_change_nothing_and_lie_in_the_language_model_alone(folder):
    encoder = load(folder)
    before = states(encoder)
    add_lora(encoder.backbone, LoraSettings(rank=2))
    names = [name for name, _ in encoder.backbone.model.named_parameters() if "lora_" in name]
    assert len(names) == 2 * 4 * 4 == len(lora_weights(encoder.backbone)), "two matrices of four layers of four blocks"
    assert all(name.startswith(f"{encoder.backbone.text_path}.layers.") for name in names)
    torch.testing.assert_close(states(encoder), before)


@pytest.mark.parametrize(
    "targets, layers", [(("attention", "mlp"), [*PARTS["attention"], *PARTS["mlp"]]), (["up_proj"], ["up_proj"])]
)
def test_targets_are_parts_or_layers(targets, layers):
    assert LoraSettings(targets=targets).layers == layers


def test_targets_that_no_layer_has_are_refused(folder):
    with pytest.raises(MolarError, match="no layers named c_attn"):
        add_lora(load(folder).backbone, LoraSettings(targets=("c_attn",)))


def test_switched_off_the_language_model_is_as_it_came(folder, tuned):
    encoder = load(folder, tuned[0])
    with without_lora(encoder.backbone):
        torch.testing.assert_close(states(encoder), states(load(folder)))
    torch.testing.assert_close(states(encoder), tuned[1])


def test_saved_it_comes_back_in_half_the_bytes_and_frozen(folder, tuned):
    encoder = load(folder, tuned[0])
    assert not torch.allclose(tuned[1], states(load(folder)), atol=0.01)
    torch.testing.assert_close(states(encoder), tuned[1])
    weights = lora_weights(encoder.backbone).values()
    assert not any(weight.requires_grad for weight in weights)
    assert (tuned[0] / "lora.safetensors").stat().st_size < 3 * sum(weight.numel() for weight in weights)


@pytest.mark.parametrize("precision, least", [("int8", 0.98), ("nf4", 0.7)])
def test_over_few_bits_it_says_what_it_says_over_whole_weights(folder, tuned, precision, least):
    """Nearly: the weights below it are rounded. Without it the states would be others."""
    ours = torch.cosine_similarity(states(load(folder, tuned[0], precision)), tuned[1])
    without = torch.cosine_similarity(states(load(folder, precision=precision)), tuned[1])
    assert ours.min() > least and ours.min() > without.max()


def test_other_adapters_are_another_encoder(folder, tuned):
    from safetensors.torch import load_file, save_file

    one = load(folder, tuned[0]).fingerprint["adapter_sha256"]
    changed = {name: 2 * weight for name, weight in load_file(tuned[0] / "lora.safetensors").items()}
    save_file(changed, tuned[0] / "lora.safetensors")
    assert load(folder, tuned[0]).fingerprint["adapter_sha256"] != one


@pytest.mark.parametrize(
    "damage, said", [("absent", "cannot be read"), ("cut short", "cannot be read"), ("rank", "another rank")]
)
def test_damaged_adapters_are_one_sentence(folder, tuned, damage, said):
    path, about = tuned[0] / "lora.safetensors", tuned[0] / "config.json"
    if damage == "absent":
        path.unlink()
    elif damage == "cut short":
        path.write_bytes(path.read_bytes()[:50])
    else:
        told = json.loads(about.read_text())
        told["lora"]["rank"] = 3
        about.write_text(json.dumps(told))
    with pytest.raises(MolarError, match=f"lora.safetensors.*{said}"):
        load(folder, tuned[0])


@pytest.mark.parametrize("given, said", [({"rank": -1}, "rank"), ({"alpha": 0}, "alpha")])
def test_settings_that_cannot_be_meant_are_refused(given, said):
    with pytest.raises(MolarError, match=said):
        LoraSettings(**given)


def test_rank_0_trains_none_and_writes_none(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("MOLAR_HOME", str(tmp_path / "home"))
    config = FineTuneConfig(counts={"pairs": 8}, batch=4, warm_up_steps=2, held_out=8, lora=LoraSettings(rank=0))
    finetune_encoder(None, tmp_path / "out", pairs=PAIRS, encoder=EncoderConfig(folder, "bfloat16"), config=config)
    assert not (tmp_path / "out" / "lora.safetensors").exists()
    assert not lora_weights(load(folder, tmp_path / "out").backbone)
