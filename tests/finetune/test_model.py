"""The three tasks of fine-tuning in both forms, over a backbone of every class that the encoder knows."""

import dataclasses
import json

import numpy as np
import pytest
import torch
from tiny_families import FAMILIES, save_tiny_family
from tiny_items import PAIRS

from molar.core.errors import MolarError
from molar.encoder.item_encoder import EncoderConfig, ItemEncoder
from molar.encoder.lora import LoraSettings, add_lora, lora_weights
from molar.finetune.config import FineTuneConfig
from molar.finetune.finetune import finetune_encoder
from molar.finetune.model import FORMS, FineTuner
from molar.finetune.samples import draw_samples
from molar.finetune.tasks import TASKS, Tasks

COUNTS = dict.fromkeys(TASKS, 8)
QUICK = FineTuneConfig(counts=COUNTS, batch=4, held_out=2, history=2, warm_up_steps=2, lora=LoraSettings(rank=2))


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("MOLAR_HOME", str(tmp_path / "home"))


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    place = tmp_path_factory.mktemp("families")
    return {family: str(save_tiny_family(family, place / family)) for family in FAMILIES}


def make_finetuner(folder: str, split, form: str) -> FineTuner:
    encoder = ItemEncoder.load(EncoderConfig(folder, "float32"))
    torch.manual_seed(0)
    add_lora(encoder.backbone, LoraSettings(rank=2))
    finetuner = FineTuner(encoder, draw_samples(encoder, Tasks(split, 3), "", COUNTS), form=form)
    finetuner.start()
    return finetuner


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("family", FAMILIES)
def test_every_task_trains_every_part_over_every_class(folders, tiny, family, form):
    finetuner = make_finetuner(folders[family], tiny.split, form)
    for weight in (*lora_weights(finetuner.encoder.backbone).values(), finetuner.adapter.outer.weight):
        torch.nn.init.normal_(
            weight, std=0.05
        )  # what begins at nothing lets no gradient through to what lies before it
    for task in TASKS:
        for weight in finetuner.trained().values():
            weight.grad = None
        losses = finetuner.loss(finetuner.samples.training[task][:3])
        assert losses.keys() == ({"answer", "words"} if form == "bottleneck" else {"answer"})
        finetuner.total(losses).backward()
        reached = {
            name for name, weight in finetuner.trained().items() if weight.grad is not None and weight.grad.any()
        }
        assert "adapter.cur_item" in reached
        assert ("adapter.inner.weight" in reached) == (task != "sa"), "sa shows no picture"
        assert any(name.startswith("lora.") for name in reached)
        heads = {name.split(".")[1] for name in reached if name.startswith("to_")}
        assert heads == (set() if form == "plain" else {"next"} if task == "ub" else {"describe"})
        assert finetuner.held_out_loss(finetuner.samples.held_out[task]).keys() == losses.keys()


@pytest.mark.parametrize("family", FAMILIES)
def test_an_answer_over_a_padded_batch_is_the_same_alone(folders, tiny, family):
    """Histories of several lengths and items without a picture among them: positions and pictures stay in place."""
    finetuner = make_finetuner(folders[family], tiny.split, "plain")
    batch = sorted(finetuner.samples.training["ub"], key=lambda sample: len(sample.items))[::3]
    assert len({len(sample.items) for sample in batch}) > 1
    with torch.no_grad():
        together = finetuner.loss(batch)["answer"]
        alone = [finetuner.loss([sample])["answer"] for sample in batch]
    tokens = torch.tensor([len(finetuner.answer_ids(sample)) + 1.0 for sample in batch])
    torch.testing.assert_close(together, (torch.stack(alone) * tokens).sum() / tokens.sum(), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_picture_of_a_history_is_read_in_its_place(folders, tiny, family):
    finetuner = make_finetuner(folders[family], tiny.split, "plain")
    sample = next(
        one for one in finetuner.samples.training["ub"] if len(one.items) == 3 and all(i.picture for i in one.items)
    )
    with torch.no_grad():
        first = finetuner.loss([sample])["answer"]
        for item in range(3):
            items = [dataclasses.replace(one, picture=one.picture) for one in sample.items]
            items[item] = dataclasses.replace(items[item], picture=sample.items[item - 1].picture)
            assert finetuner.loss([dataclasses.replace(sample, items=tuple(items))])["answer"] != first


@pytest.mark.parametrize("form, sees", [("bottleneck", False), ("plain", True)])
def test_only_the_plain_form_looks_past_the_token(folders, tiny, monkeypatch, form, sees):
    """With all vectors alike, what was read changes the answer's loss only where the answer can look past `[Cur_Item]`."""
    finetuner = make_finetuner(folders["llava"], tiny.split, form)
    real = finetuner.encoder.forward
    monkeypatch.setattr(finetuner.encoder, "forward", lambda *given: tuple(0 * part + 1 for part in real(*given)))
    one = finetuner.samples.training["sa"][0]
    other = dataclasses.replace(one, items=(dataclasses.replace(one.items[0], text="a blue whale by the fox"),))
    with torch.no_grad():
        assert (finetuner.loss([one])["answer"] != finetuner.loss([other])["answer"]) == sees


def test_the_writer_of_the_bottleneck_is_the_language_model_as_it_came(folders, tiny, monkeypatch):
    finetuner = make_finetuner(folders["llava"], tiny.split, "bottleneck")
    batch = finetuner.samples.training["ub"][:2]
    fixed = torch.ones(sum(len(sample.items) for sample in batch), finetuner.encoder.hidden), None
    monkeypatch.setattr(finetuner.encoder, "forward", lambda *_: fixed)
    with torch.no_grad():
        before = finetuner.loss(batch)["answer"]
        for weight in lora_weights(finetuner.encoder.backbone).values():
            weight.normal_()
        assert finetuner.loss(batch)["answer"] == before


def test_the_order_of_a_history_matters_in_the_bottleneck(folders, tiny):
    finetuner = make_finetuner(folders["llava"], tiny.split, "bottleneck")
    sample = next(one for one in finetuner.samples.training["ub"] if len(one.items) == 3)
    turned = dataclasses.replace(sample, items=sample.items[::-1])
    with torch.no_grad():
        assert finetuner.loss([sample])["answer"] != finetuner.loss([turned])["answer"]


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
def test_from_a_dataset_to_vectors(folders, tiny_folder, tiny, tmp_path, form):
    from molar.encoder.encode import encode_items

    backbone, out = folders["qwen2_vl"], tmp_path / "out"
    config = dataclasses.replace(QUICK, form=form)
    finetune_encoder(
        tiny.split,
        out,
        pairs=PAIRS,
        encoder=EncoderConfig(backbone, "bfloat16", resolution=40),
        config=dataclasses.replace(config, counts=COUNTS | {"pairs": 8}),
        command="tune",
    )
    about = json.loads((out / "config.json").read_text())
    assert about["split_hash"] == tiny.split.split_hash and about["resolution"] == 40
    assert about["curve"][-1]["step"] == 2 + 2 + 4 + 2, "as many items a step of ub, so half as many histories"
    assert all(point.keys() == {"step", *TASKS, "pairs"} for point in about["curve"])
    encode_items(tiny_folder, tmp_path / "checkpoint", backbone=backbone, precision="nf4", encoder=out)
    told = json.loads((tmp_path / "checkpoint" / "vectors.json").read_text())["fingerprint"]
    assert told["picture"]["longest_edge"] == 40**2, "encoding takes the resolution of fine-tuning"


@pytest.mark.parametrize("asked, said", [(set(), ""), ({"it"}, "The task it cannot be made from .*leave it out")])
def test_a_task_that_the_data_do_not_give_is_left_out_unless_it_was_asked_for(folders, tiny, tmp_path, asked, said):
    items = tiny.dataset.items.assign(image="")
    split = dataclasses.replace(tiny.split, dataset=dataclasses.replace(tiny.dataset, items=items))
    notes, encoder = [], EncoderConfig(folders["llava"], "float32")

    def go():
        finetune_encoder(
            split,
            tmp_path / "out",
            encoder=encoder,
            config=QUICK,
            asked=asked,
            report=lambda done, total, note="": notes.append(note),
        )

    if said:
        with pytest.raises(MolarError, match=said):
            go()
        return
    go()
    assert "left out: the task it cannot be made" in notes[0]
    assert set(json.loads((tmp_path / "out" / "config.json").read_text())["samples"]) == {"sa", "ub"}


def test_nothing_to_learn_from_is_one_sentence(folders, tiny, tmp_path):
    items = tiny.dataset.items.assign(description="")
    bare = dataclasses.replace(tiny.dataset, items=items)
    split = dataclasses.replace(tiny.split, dataset=bare, train_ends=np.ones_like(tiny.split.train_ends))
    with pytest.raises(MolarError, match=r"nothing to learn from: the task it .*; the task sa .*; the task ub"):
        finetune_encoder(split, tmp_path / "out", encoder=EncoderConfig(folders["llava"], "float32"), config=QUICK)


@pytest.mark.parametrize("family", ["llava", "smolvlm"])
def test_an_image_encoder_of_one_size_refuses_another(folders, family):
    ItemEncoder.load(EncoderConfig(folders[family], "float32", resolution=32))
    with pytest.raises(MolarError, match="pictures of 32 pixels a side and no others"):
        ItemEncoder.load(EncoderConfig(folders[family], "float32", resolution=64))


def test_a_resolution_is_made_of_whole_tokens(folders):
    with pytest.raises(MolarError, match="squares of 8 pixels, 4 a side or more, so give 32, 40"):
        ItemEncoder.load(EncoderConfig(folders["qwen2_vl"], "float32", resolution=36))
    encoder = ItemEncoder.load(EncoderConfig(folders["qwen2_vl"], "float32", resolution=40))
    assert encoder.backbone.max_image_tokens == 25


def test_pooling_is_refused_where_a_connector_makes_the_tokens(folders):
    with pytest.raises(MolarError, match="connector of its own"):
        ItemEncoder.load(EncoderConfig(folders["qwen3_vl"], "float32", pooling=4))
