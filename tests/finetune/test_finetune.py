"""Fine-tuning on a tiny backbone: it learns, resumes, and lets the caption see the item through its vector alone."""

import json

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from tiny_backbone import save_tiny_backbone
from tiny_families import save_tiny_family
from tiny_items import PAIRS

from molar.backbones.quantisation import hold_trainable, quantised_layers
from molar.core.errors import Cancelled, MolarError
from molar.core.progress import silent
from molar.encoder.adapter import Adapter
from molar.encoder.item_encoder import EncoderConfig, ItemEncoder
from molar.encoder.lora import LoraSettings, add_lora, lora_weights
from molar.finetune.config import FineTuneConfig
from molar.finetune.finetune import finetune_encoder
from molar.finetune.model import FineTuner
from molar.finetune.samples import draw_samples
from molar.finetune.schedule import FineTuningPlan
from molar.training.loop import STATE, fit

QUICK = FineTuneConfig(counts={"pairs": 64}, batch=4, warm_up_steps=30, lr=5e-3, held_out=8, lora=LoraSettings(rank=2))


@pytest.fixture
def backbone(tmp_path, monkeypatch):
    monkeypatch.setenv("MOLAR_HOME", str(tmp_path / "home"))
    return str(save_tiny_backbone(tmp_path / "backbone"))


@pytest.fixture
def finetuner(backbone):
    return finetuner_of(ItemEncoder.load(EncoderConfig(backbone, "float32")))


def finetuner_of(encoder: ItemEncoder) -> FineTuner:
    torch.manual_seed(0)
    return FineTuner(encoder, draw_samples(encoder, None, PAIRS, {"pairs": 8}))


def two(finetuner) -> list:
    """Two samples, one with a text and one without."""
    return finetuner.samples.training["pairs"][:2]


def finetune(backbone: str, out, config=QUICK, **options):
    return finetune_encoder(
        None, out, pairs=PAIRS, encoder=EncoderConfig(backbone, "bfloat16"), config=config, **options
    )


def test_the_word_loss_falls(backbone):
    encoder = ItemEncoder.load(EncoderConfig(backbone, "float32"))
    torch.manual_seed(0)
    finetuner = FineTuner(encoder, draw_samples(encoder, None, PAIRS, {"pairs": 96}, held_out=8))
    curve = fit(FineTuningPlan(finetuner, QUICK), run="", path=None, report=silent)
    assert curve[-1]["pairs"]["words"] < 0.7 * curve[0]["pairs"]["words"], curve


def test_the_caption_reaches_the_picture_through_the_vector_alone(finetuner):
    finetuner.start()
    batch = two(finetuner)
    rows = list(torch.randn(2, 1, finetuner.encoder.hidden))
    first = finetuner.answer_loss(rows, batch)
    finetuner.samples.features[:] = 0  # the pictures are gone, what stands for the vectors is the same
    assert finetuner.answer_loss(rows, batch) == first
    assert finetuner.answer_loss([1 - row for row in rows], batch) != first


def test_gradients_reach_projector_and_token(finetuner):
    finetuner.start()
    finetuner.total(finetuner.loss(two(finetuner))).backward()
    assert finetuner.adapter.cur_item.grad.abs().sum() > 0 and finetuner.adapter.inner.weight.grad.abs().sum() > 0
    assert finetuner.encoder.backbone.token_embeddings.weight.grad is None, "the backbone is frozen"


def test_what_the_fine_tuner_adds_lies_where_the_backbone_lies(finetuner, monkeypatch):
    """On a device without numbers: a tensor that is left on the CPU is refused there as on a GPU."""
    encoder, samples = finetuner.encoder, finetuner.samples
    encoder.backbone.model.to("meta")
    encoder.adapter.to("meta")
    encoder.backbone.device = torch.device("meta")
    moved = FineTuner(encoder, samples)
    assert {tensor.device.type for tensor in (*moved.parameters(), *moved.buffers())} == {"meta"}
    moved.start()
    # The language model itself asks for numbers.
    monkeypatch.setattr(encoder.backbone, "forward", lambda embedded, *_: embedded)
    losses = [moved.warm_up_loss(two(moved)), *moved.loss(two(moved)).values()]
    assert {loss.device.type for loss in losses} == {"meta"}


class Killed(BaseException):
    """Ends a run where it stands, as kill -9 would."""


@pytest.mark.slow
@pytest.mark.parametrize("end", [Killed, Cancelled])
def test_stopped_and_started_again_it_ends_as_if_undisturbed(backbone, tmp_path, monkeypatch, end):
    """A killed run has saved its state before; a cancelled one saves it then."""
    monkeypatch.setattr("molar.finetune.schedule.SAVE_EVERY_SECONDS", 0 if end is Killed else 1e9)
    finetune(backbone, tmp_path / "whole")

    def stop(done, total, note=""):
        if "words" in note and done == 7:
            raise end

    with pytest.raises(end):
        finetune(backbone, tmp_path / "parts", report=stop)
    resumed = []
    finetune(
        backbone,
        tmp_path / "parts",
        report=lambda done, total, note="": resumed.append(done) if note.startswith("held out") else None,
    )
    assert resumed == [7], "it began where it was stopped"
    for name in ("adapter.safetensors", "lora.safetensors"):
        whole, parts = (tmp_path / folder / name for folder in ("whole", "parts"))
        assert whole.read_bytes() == parts.read_bytes()
    assert not (tmp_path / "parts" / STATE).exists()


@pytest.mark.slow
def test_the_folder_says_how_it_was_made(backbone, tmp_path):
    finetune(backbone, tmp_path / "out", command="molar finetune-encoder")
    about = json.loads((tmp_path / "out" / "config.json").read_text())
    assert (
        about["command"] == "molar finetune-encoder"
        and about["config"]["counts"] == {"pairs": 64}
        and len(about["curve"]) > 2
    )
    assert about["lora"] == {"rank": 2, "alpha": 16, "targets": ["attention"]}
    assert about["samples"] == {"pairs": [56, 8]} and about["curve"][0].keys() == {"step", "pairs"}


@pytest.fixture
def fine_tuned(backbone, tmp_path):
    """A folder as fine-tuning leaves it, untrained."""
    encoder = ItemEncoder.load(EncoderConfig(backbone, "float32"))
    encoder.adapter.save(tmp_path / "fine_tuned", {"backbone": encoder.fingerprint})
    return tmp_path / "fine_tuned"


@pytest.mark.parametrize(
    "name, key",
    [("backbone", "backbone_sha256"), ("pooling", "pooling"), ("prompt", "prompt"), ("picture size", "picture")],
)
def test_an_adapter_tuned_otherwise_is_refused_with_what_differs(backbone, fine_tuned, name, key):
    about = json.loads((fine_tuned / "config.json").read_text())
    about["backbone"][key] = "other"
    (fine_tuned / "config.json").write_text(json.dumps(about))
    with pytest.raises(MolarError, match=f"tuned with another {name} .other."):
        ItemEncoder.load(EncoderConfig(backbone, "float32", pooling=2), fine_tuned)


def test_an_adapter_of_another_gate_or_precision_fits(backbone, fine_tuned):
    ItemEncoder.load(EncoderConfig(backbone, "bfloat16", gate=False), fine_tuned)


@pytest.mark.parametrize("said", ["{", "{}"])
def test_an_adapter_that_does_not_tell_its_making_is_refused(backbone, fine_tuned, said):
    (fine_tuned / "config.json").write_text(said)
    with pytest.raises(MolarError, match="does not say what was fine-tuned"):
        ItemEncoder.load(EncoderConfig(backbone, "float32"), fine_tuned)


@pytest.mark.parametrize("damage", ["cut short", "of another width"])
def test_a_damaged_adapter_is_one_sentence_that_names_its_file(backbone, fine_tuned, damage):
    from safetensors.torch import save_file

    path = fine_tuned / "adapter.safetensors"
    if damage == "cut short":
        path.write_bytes(path.read_bytes()[:100])
    else:
        save_file({"cur_item": torch.zeros(3)}, path)
    with pytest.raises(MolarError, match=r"adapter.safetensors cannot be read .*: fine-tune it again"):
        ItemEncoder.load(EncoderConfig(backbone, "float32"), fine_tuned)


@pytest.mark.parametrize("precision", ["int8", "nf4"])
def test_training_through_few_bits_is_refused(backbone, precision):
    with pytest.raises(ValueError, match="bfloat16"):
        finetuner_of(ItemEncoder.load(EncoderConfig(backbone, precision)))


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["int8", "nf4"])
@pytest.mark.parametrize("family", ["llava", "qwen2_vl"])
def test_gradients_through_few_bits_survive_a_validation_pass(tmp_path, monkeypatch, family, precision):
    """Those of projector and LoRA are those through the dequantised weights, before and after inference."""
    monkeypatch.setenv("MOLAR_HOME", str(tmp_path / "home"))
    folder = str(save_tiny_family(family, tmp_path / family))
    encoder = ItemEncoder.load(EncoderConfig(folder, precision), trainable=True)
    add_lora(encoder.backbone, LoraSettings(rank=4))
    finetuner = finetuner_of(encoder)
    finetuner.start()
    torch.nn.init.normal_(
        finetuner.adapter.outer.weight, std=0.1
    )  # where they start at nothing, nothing reaches what is
    lora = lora_weights(encoder.backbone)  # before them
    for weight in lora.values():
        torch.nn.init.normal_(weight, std=0.1)
    trained = [finetuner.adapter.inner.weight, *lora.values()]
    before = gradient(finetuner, trained)
    finetuner.held_out_loss(
        finetuner.samples.training["pairs"][:4]
    )  # without gradients: what repacks four-bit weights not held
    after = gradient(finetuner, trained)
    dequantise(encoder.backbone.model)
    wanted = gradient(finetuner, trained)
    assert min(part.norm() for part in wanted) > 0
    torch.testing.assert_close(after, before)
    # The eight-bit layers round what goes in as well, so their gradient is near the wanted one and no more.
    for part in (slice(1), slice(1, None)):
        ours, theirs = (torch.cat([one.flatten() for one in some[part]]) for some in (before, wanted))
        assert torch.cosine_similarity(ours, theirs, dim=0) > (0.98 if precision == "int8" else 0.999)


def gradient(finetuner, trained: list) -> list[torch.Tensor]:
    for weight in trained:
        weight.grad = None
    finetuner.total(finetuner.loss(two(finetuner))).backward()
    return [weight.grad.float().clone() for weight in trained]


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
    encoder.encode(
        ["a print"], encoder.image_features([encoder.pixels(Image.new("RGB", (32, 32), "red"))]), torch.ones(1) > 0
    )
    layers = quantised_layers(encoder.backbone.model).values()
    if not any(getattr(layer.weight.quant_state, "packing_format_for_cpu", False) for layer in layers):
        pytest.skip("this CPU does not repack four-bit weights, so that inference leaves nothing to refuse")
    with pytest.raises(ValueError, match="load it again"):
        hold_trainable(encoder.backbone.model)


def test_unknown_pairs_are_one_sentence(backbone, tmp_path):
    encoder = EncoderConfig(backbone, "bfloat16")
    with pytest.raises(MolarError, match="module:function"):
        finetune_encoder(None, tmp_path / "out", pairs="no.such.module:pairs", encoder=encoder, config=QUICK)


def test_an_adapter_is_stored_in_half_precision_and_goes_on_as_it_is_stored(tmp_path):
    adapter, again = Adapter(8, 6), Adapter(8, 6)
    adapter.fit_centring({"text": 1e5 * torch.randn(9, 6)})  # more than half a precision's range
    adapter.save(tmp_path, {})
    again.load(tmp_path)
    assert all(torch.equal(own, again.state_dict()[name]) for name, own in adapter.state_dict().items())
    stored = load_file(tmp_path / "adapter.safetensors")
    assert {tensor.dtype for tensor in stored.values() if tensor.ndim > 1} == {torch.float16}
    assert torch.isfinite(stored["text_centre"]).all() and stored["text_centre"].dtype == torch.float32
