"""What a GPU asks of the code, as far as it can be seen without one: memory that runs out, tensors on another device."""

import copy
import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tiny_backbone import save_tiny_backbone
from tiny_families import save_tiny_family
from tiny_items import PAIRS, TEXTS, StubEncoder, save_pictures

from molar.core.errors import MolarError
from molar.encoder.encode import GPU_BATCH, encode_catalogue
from molar.encoder.image_features import MicroBatches
from molar.encoder.item_encoder import EncoderConfig, ItemEncoder
from molar.encoder.lora import LoraSettings, add_lora
from molar.evaluation.ranking import ModelScorer
from molar.finetune.model import FORMS, FineTuner
from molar.finetune.samples import draw_samples
from molar.finetune.tasks import Tasks
from molar.models.content import ContentConfig, ContentUserEncoder
from molar.models.id_fusion import FUSIONS
from molar.models.id_model import IDModel
from molar.models.zoo import ID_MODELS
from molar.training.alignment import AlignConfig, AlignmentLoss
from molar.training.batches import epoch_batches
from molar.training.losses import LOSSES, LossConfig, NextItemLoss
from molar.training.objectives import frozen_states
from molar.training.train import data_sizes

ROOT = Path(__file__).parents[2]


@pytest.fixture
def encoder(tmp_path, monkeypatch):
    monkeypatch.setenv("MOLAR_HOME", str(tmp_path / "home"))
    return ItemEncoder.load(EncoderConfig(str(save_tiny_backbone(tmp_path / "backbone")), "float32"))


def memory_for(items: int, real, asked: list[int]):
    """`real` on a GPU whose memory holds so many items; their count is its last argument's length."""

    def work(*given):
        asked.append(len(given[-1]))
        if asked[-1] > items:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return real(*given)

    return work


def test_what_does_not_fit_is_halved_until_it_does_and_stays_so():
    pieces, asked = MicroBatches(), []
    work = memory_for(20, lambda rows: np.array(rows), asked)
    assert pieces.run(lambda some: work(range(100)[some]), 100).tolist() == list(range(100))
    assert asked == [100, 50, 25, 12, *[12] * 7, 4]
    assert pieces.run(lambda some: work(range(12)[some]), 12).tolist() == list(range(12)), "what fits is tried first"
    assert asked[-1] == 12


def test_one_item_that_does_not_fit_is_one_sentence():
    work = memory_for(0, None, [])
    with pytest.raises(MolarError, match=r"does not hold a single item.*nf4 or a smaller backbone"):
        MicroBatches().run(lambda some: work(range(5)[some]), 5)


@pytest.mark.slow
def test_little_memory_changes_no_vector(encoder, tmp_path, monkeypatch):
    paths = save_pictures(tmp_path / "pictures")
    whole = encode_catalogue(encoder, TEXTS, paths, tmp_path / "whole")
    looked, encoded = [], []
    monkeypatch.setattr(encoder, "image_features", memory_for(5, encoder.image_features, looked))
    monkeypatch.setattr(encoder, "encode", memory_for(3, encoder.encode, encoded))
    np.testing.assert_allclose(encode_catalogue(encoder, TEXTS, paths, tmp_path / "little"), whole, atol=2e-3)
    assert looked[:4] == [16, 8, 4, 4] and encoded[:5] == [16, 8, 4, 2, 2]
    assert max(looked[3:]) == 4 and max(encoded[4:]) == 2, "the size that fits is kept for later batches"


def test_a_gpu_is_asked_for_more_at_a_time(tmp_path, monkeypatch):
    asked, stub = [], StubEncoder()
    monkeypatch.setattr(StubEncoder.backbone, "device", torch.device("cuda"))
    monkeypatch.setattr(
        stub, "encode", lambda texts, *_: asked.append(len(texts)) or np.zeros((len(texts), stub.dim)), raising=False
    )
    count = GPU_BATCH + 10
    encode_catalogue(stub, [f"item {n}" for n in range(count)], [Image.new("RGB", (4, 4))] * count, tmp_path)
    assert asked == [GPU_BATCH, 10]


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
def test_fine_tuning_computes_where_the_backbone_is(tiny, encoder, form):
    """On torch's device without values, which refuses to mix with another as a GPU does; the blocks themselves ask for
    values there and are left out."""
    add_lora(encoder.backbone, LoraSettings(rank=2))
    samples = draw_samples(encoder, Tasks(tiny.split), PAIRS, {"ub": 8, "pairs": 8})
    backbone = encoder.backbone
    backbone.forward = lambda embedded, *_: embedded
    backbone.model.to("meta")
    backbone.device = torch.device("meta")
    encoder.adapter.to("meta")
    finetuner = FineTuner(encoder, samples, form=form)
    finetuner.start()
    losses = [finetuner.total(finetuner.loss(some[:2])) for some in samples.training.values()]
    losses.append(finetuner.warm_up_loss(samples.training["pairs"][:2]))
    assert [loss.device.type for loss in losses] == ["meta"] * 3
    sum(losses).backward()
    finetuner.fit_centring(samples.whole[:3])


def on_meta(split, vectors) -> dict:
    """Every model of the tests' size on torch's device without values."""
    content = ContentUserEncoder(ContentConfig(dim_in=16, dim=16, blocks=2, max_length=6, hidden=16))
    content.set_item_vectors(vectors)
    content.set_counts(split.train_counts())
    models = {"content": content}
    for name, (build, config_class) in ID_MODELS.items():
        models[name] = build(config_class(**data_sizes(config_class, split), dim=16, max_length=6))
    for fusion in FUSIONS[1:]:
        models[fusion] = ContentUserEncoder(dataclasses.replace(content.config, fusion=fusion))
        models[fusion].set_item_vectors(vectors)
        models[fusion].set_counts(split.train_counts())
        models[fusion].set_id_model(copy.deepcopy(models["sasrec"]))  # which it freezes
    return {name: model.to("meta") for name, model in models.items()}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["content", *FUSIONS[1:], *ID_MODELS])
@pytest.mark.parametrize("kind", LOSSES)
def test_a_models_loss_computes_where_the_model_is(tiny, tiny_vectors, name, kind, monkeypatch):
    # Once before training it looks which embeddings are zero.
    monkeypatch.setattr(IDModel, "knows", lambda self: np.arange(len(self.items.weight)) > 0)
    models, rng = on_meta(tiny.split, tiny_vectors), np.random.default_rng(0)
    batch = next(epoch_batches(tiny.split, seed=0, epoch=1, batch_size=8, max_length=6))
    value, states = NextItemLoss(tiny.split, LossConfig(kind, negatives=10))(models[name], batch, rng)
    if name == "content":
        align = AlignmentLoss(AlignConfig(on="both"), tiny.split, models["sasrec"], seed=0)
        value = value + align(
            models[name], models["sasrec"], batch, states, frozen_states(models["sasrec"], batch), rng
        )
    elif name in ID_MODELS and (regularise := models[name].auxiliary_loss(models[name].config, tiny.split)):
        value = value + regularise(models[name], batch, states, rng)
    assert value.device.type == "meta"
    value.backward()


@pytest.mark.parametrize("name", ["content", *FUSIONS[1:], *ID_MODELS])
def test_ranking_computes_where_the_model_is(tiny, tiny_vectors, name):
    """Up to the vectors, which then come to the CPU."""
    model = on_meta(tiny.split, tiny_vectors)[name]
    came = []

    def each(items, return_inverse):  # torch.unique, which looks at values
        return items.flatten(), torch.arange(items.numel(), device=items.device).view(items.shape)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            torch.Tensor, "cpu", lambda self: came.append(self.device.type) or torch.zeros(self.shape, dtype=self.dtype)
        )
        patch.setattr(torch, "unique", each)
        scores = ModelScorer(name, model, tiny.split).scores([np.array([3, 1, 4]), np.array([2])])
    assert scores.shape == (2, 31) and came.count("meta") >= 2


@pytest.mark.slow
def test_the_papers_setting_runs_to_its_end_on_a_tiny_model(tiny_folder, tmp_path):
    backbone = save_tiny_family("qwen2_vl", tmp_path / "backbone")
    command = [
        ROOT / "scripts" / "reproduce_paper_setting.sh",
        tiny_folder,
        "--backbone",
        backbone,
        "--samples",
        "16",
        "--epochs",
        "1",
        "--out",
        tmp_path / "out",
    ]
    environment = os.environ | {"MOLAR_HOME": str(tmp_path / "home"), "PYTHON": sys.executable}
    done = subprocess.run(list(map(str, command)), env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    rows = json.loads((tmp_path / "out" / "results.json").read_text())["rows"]
    assert {"content", "molar", "sasrec"} <= {row["model"] for row in rows}
    about = json.loads((tmp_path / "out" / "vectors.json").read_text())["fingerprint"]
    assert about["precision"] == "bfloat16" and about["adapter_sha256"] != "untrained"


@pytest.mark.parametrize(
    "arguments, said",
    [
        ([], "name the dataset folder"),
        (["nowhere"], "there is no folder nowhere"),
        (["--sample", "1"], "unknown option --sample"),
    ],
)
def test_the_script_says_what_is_wrong(arguments, said):
    done = subprocess.run([ROOT / "scripts" / "reproduce_paper_setting.sh", *arguments], capture_output=True, text=True)
    assert done.returncode == 2 and said in done.stderr
