"""Stage 1 on a tiny backbone: it learns, resumes, and lets the caption see the item through its vector alone."""

import json
from dataclasses import dataclass

import pytest
import torch
from PIL import Image
from tests.tiny_backbone import save_tiny_backbone
from tests.tiny_families import save_tiny_family

from molar.encoder import EncoderConfig, ItemEncoder
from molar.errors import MolarError
from molar.precision import hold_trainable, quantised_layers
from molar.progress import silent
from molar.tune import TuneConfig, Tuner, tune_encoder
from molar.tune_loop import run_schedule
from molar.tune_samples import draw_samples

QUICK = TuneConfig(count=24, samples=64, batch=4, warm_up_steps=30, lr=5e-3)


@dataclass
class Pair:
    image: Image.Image
    text: str
    caption: str


def colours(seed: int, count: int):
    """Red or blue pictures with captions that say so."""
    for number in range(count):
        colour = ("red", "blue")[number % 2]
        yield Pair(Image.new("RGB", (32, 32), colour), "a print" if number % 3 else "", f"a {colour} print of {colour}")


@pytest.fixture
def backbone(tmp_path, monkeypatch):
    monkeypatch.setenv("MOLAR_HOME", str(tmp_path / "home"))
    return str(save_tiny_backbone(tmp_path / "backbone"))


@pytest.fixture
def tuner(backbone):
    torch.manual_seed(0)
    encoder = ItemEncoder.load(EncoderConfig(backbone, "float32"))
    return Tuner(encoder, draw_samples(encoder, "tests.test_tune:colours", 0, QUICK.count), QUICK)


def test_the_word_loss_falls(tuner, tmp_path):
    curve = run_schedule(tuner, tmp_path / "out", silent)
    assert curve[-1]["words"] < 0.7 * curve[0]["words"], curve


def test_the_caption_reaches_the_picture_through_the_vector_alone(tuner):
    tuner.start()
    state = torch.randn(2, tuner.encoder.hidden, requires_grad=True)
    tuner._caption_loss(state, [0, 1]).backward()
    assert (state.grad.abs().sum(1) > 0).all()
    first = tuner._caption_loss(state, [0, 1])
    tuner.samples.features[:2] = 0  # the picture is gone, the vector is the same
    assert tuner._caption_loss(state, [0, 1]) == first


def test_gradients_reach_projector_and_token(tuner):
    tuner.start()
    sum(tuner.loss([0, 1])).backward()
    assert tuner.adapter.cur_item.grad.abs().sum() > 0 and tuner.adapter.inner.weight.grad.abs().sum() > 0
    assert tuner.encoder.backbone.words.weight.grad is None, "the backbone is frozen"


def test_killed_and_started_again_it_ends_as_if_undisturbed(backbone, tmp_path, monkeypatch):
    monkeypatch.setattr("molar.tune_loop.SAVE_EVERY_SECONDS", 0)
    pairs = "tests.test_tune:colours"
    tune_encoder(pairs, tmp_path / "whole", backbone=backbone, config=QUICK)

    class Killed(BaseException):
        pass

    def kill(done, total, note=""):
        if "words" in note and done == 7:
            raise Killed

    with pytest.raises(Killed):
        tune_encoder(pairs, tmp_path / "parts", backbone=backbone, config=QUICK, report=kill)
    resumed = []
    tune_encoder(pairs, tmp_path / "parts", backbone=backbone, config=QUICK,
                 report=lambda done, total, note="": resumed.append(done) if "words" in note else None)  # fmt: skip
    assert resumed[0] > 1, "it began where it was killed"
    whole, parts = (tmp_path / name / "adapter.safetensors" for name in ("whole", "parts"))
    assert whole.read_bytes() == parts.read_bytes()
    assert not (tmp_path / "parts" / "state.safetensors").exists()


def test_the_adapter_says_how_it_was_made(backbone, tmp_path):
    tune_encoder("tests.test_tune:colours", tmp_path / "out", backbone=backbone, config=QUICK, command="molar tune")
    about = json.loads((tmp_path / "out" / "config.json").read_text())
    assert about["command"] == "molar tune" and about["config"]["samples"] == 64 and len(about["curve"]) > 2
    ItemEncoder.load(EncoderConfig(backbone, "float32"), tmp_path / "out")


@pytest.fixture
def tuned(backbone, tmp_path):
    """A folder as stage 1 leaves it, untrained."""
    encoder = ItemEncoder.load(EncoderConfig(backbone, "float32"))
    encoder.adapter.save(tmp_path / "tuned", {"backbone": encoder.fingerprint})
    return tmp_path / "tuned"


@pytest.mark.parametrize("name, key", [("backbone", "backbone_sha256"), ("pooling", "pooling"), ("prompt", "prompt")])
def test_an_adapter_tuned_otherwise_is_refused_with_what_differs(backbone, tuned, name, key):
    about = json.loads((tuned / "config.json").read_text())
    about["backbone"][key] = "other"
    (tuned / "config.json").write_text(json.dumps(about))
    with pytest.raises(MolarError, match=f"tuned with another {name} .other."):
        ItemEncoder.load(EncoderConfig(backbone, "float32"), tuned)


def test_an_adapter_of_another_gate_or_precision_fits(backbone, tuned):
    ItemEncoder.load(EncoderConfig(backbone, "bfloat16", gate=False), tuned)


@pytest.mark.parametrize("said", ["{", "{}"])
def test_an_adapter_that_does_not_tell_its_making_is_refused(backbone, tuned, said):
    (tuned / "config.json").write_text(said)
    with pytest.raises(MolarError, match="does not tell what was tuned"):
        ItemEncoder.load(EncoderConfig(backbone, "float32"), tuned)


@pytest.mark.parametrize("name, value", [("count", 3), ("samples", 0), ("batch", 0), ("lr", 0.0), ("lr", float("nan")),
                                         ("word_weight", -1.0), ("warm_up_steps", -1), ("seed", -1)])  # fmt: skip
def test_a_schedule_that_cannot_be_run_is_refused(name, value):
    with pytest.raises(MolarError, match=f"^{name} must be"):
        TuneConfig(**{name: value})


@pytest.mark.parametrize("precision", ["int8", "nf4"])
def test_training_through_few_bits_is_refused(backbone, precision):
    encoder = ItemEncoder.load(EncoderConfig(backbone, precision))
    samples = draw_samples(encoder, "tests.test_tune:colours", 0, 8)
    with pytest.raises(ValueError, match="bfloat16"):
        Tuner(encoder, samples, QUICK)


@pytest.mark.parametrize("precision", ["int8", "nf4"])
@pytest.mark.parametrize("family", ["llava", "qwen2_vl"])
def test_gradients_through_few_bits_survive_a_validation_pass(tmp_path, monkeypatch, family, precision):
    """The projector's gradients are those through the dequantised weights, before and after inference."""
    monkeypatch.setenv("MOLAR_HOME", str(tmp_path / "home"))
    folder = str(save_tiny_family(family, tmp_path / family))
    encoder = ItemEncoder.load(EncoderConfig(folder, precision), trainable=True)
    samples = draw_samples(encoder, "tests.test_tune:colours", 0, 8)
    tuner = Tuner(encoder, samples, QUICK)
    tuner.start()
    torch.nn.init.normal_(tuner.adapter.outer.weight, std=0.1)  # where it starts at nothing, nothing reaches `inner`
    before = projector_gradient(tuner)
    tuner.held_out_loss([0, 1, 2, 3])  # without gradients: what repacks four-bit weights that are not held
    after = projector_gradient(tuner)
    dequantise(encoder.backbone.model)
    wanted = projector_gradient(tuner)
    assert wanted.norm() > 0
    torch.testing.assert_close(after, before)
    # The eight-bit layers round what goes in as well, so their gradient is near the wanted one and no more.
    assert torch.cosine_similarity(before, wanted, dim=0) > (0.98 if precision == "int8" else 0.999)


@pytest.mark.parametrize("precision", ["int8", "nf4"])
def test_lora_gradients_through_few_bits_survive_a_validation_pass(tmp_path, monkeypatch, precision):
    """Adapters of the language model (LoRA) train through few bits as through the dequantised weights."""
    from peft import LoraConfig, inject_adapter_in_model

    monkeypatch.setenv("MOLAR_HOME", str(tmp_path / "home"))
    folder = str(save_tiny_family("llava", tmp_path / "llava"))
    encoder = ItemEncoder.load(EncoderConfig(folder, precision), trainable=True)
    tuner = Tuner(encoder, draw_samples(encoder, "tests.test_tune:colours", 0, 8), QUICK)
    tuner.start()
    lora = LoraConfig(r=4, target_modules=["q_proj", "v_proj"], init_lora_weights=False)
    inject_adapter_in_model(lora, encoder.backbone.model.model.language_model)
    trained = [weight for name, weight in encoder.backbone.model.named_parameters() if "lora_" in name]

    def gradient() -> torch.Tensor:
        for weight in trained:
            weight.grad = None
        sum(tuner.loss([0, 1])).backward()
        return torch.cat([weight.grad.flatten().float() for weight in trained])

    before = gradient()
    tuner.held_out_loss([0, 1, 2, 3])
    after = gradient()
    dequantise(encoder.backbone.model)
    wanted = gradient()
    assert wanted.norm() > 0
    torch.testing.assert_close(after, before)
    assert torch.cosine_similarity(before, wanted, dim=0) > (0.98 if precision == "int8" else 0.999)


def projector_gradient(tuner) -> torch.Tensor:
    tuner.adapter.zero_grad()
    sum(tuner.loss([0, 1])).backward()
    return tuner.adapter.inner.weight.grad.flatten().clone()


def dequantise(model) -> None:
    """Put ordinary layers with the same weights in the place of the quantised ones."""
    from bitsandbytes.functional import dequantize_4bit

    for name, layer in quantised_layers(model).items():
        if type(layer).__name__ == "Linear4bit":
            weight = dequantize_4bit(layer.weight.data, layer.weight.quant_state)
        else:
            scale = layer.state.SCB if layer.state.SCB is not None else layer.weight.SCB
            weight = layer.weight.data.float() * scale[:, None] / 127
        plain = torch.nn.Linear(layer.in_features, layer.out_features, bias=layer.bias is not None)
        plain.weight.data = weight
        if layer.bias is not None:
            plain.bias.data = layer.bias.data
        model.set_submodule(name, plain.to(torch.bfloat16).requires_grad_(False))


def test_a_model_that_has_run_inference_is_not_taken_for_training(tmp_path):
    encoder = ItemEncoder.load(EncoderConfig(str(save_tiny_family("llava", tmp_path)), "nf4"))
    layers = quantised_layers(encoder.backbone.model)
    next(iter(layers.values())).weight.quant_state.packing_format_for_cpu = True  # as a first inference leaves it
    with pytest.raises(ValueError, match="load it anew"):
        hold_trainable(encoder.backbone.model)


def test_unknown_pairs_are_one_sentence(backbone, tmp_path):
    with pytest.raises(MolarError, match="module:function"):
        tune_encoder("no.such.module:pairs", tmp_path / "out", backbone=backbone, config=QUICK)
