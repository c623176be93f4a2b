"""Every family of backbones, loaded by the real path from a folder as a hub would give it."""

from itertools import chain

import numpy as np
import pytest
import torch
from PIL import Image
from tiny_families import FAMILIES, save_tiny_family
from tiny_items import current_item, noise

from molar.backbones.quantisation import PRECISIONS, quantised_layers
from molar.core.errors import MolarError
from molar.encoder.encode import encode_catalogue
from molar.encoder.item_encoder import EncoderConfig, ItemEncoder

TEXTS = ["a red fox", "a print of a blue whale by the fox", "", "a print"]
# Of the [Cur_Item] state to that in float32, on random weights, which rounding moves more than trained ones.
LEAST_COSINE = {"float32": 0.999999, "bfloat16": 0.999, "int8": 0.98, "nf4": 0.75}
QWEN = tuple(family for family in FAMILIES if family.startswith("qwen"))
# Every linear layer of these blocks and no other: two of four in the Qwen family, whose last blocks stay whole.
QUANTISED_BLOCKS = {"llava": 2, "idefics3": 4, "smolvlm": 4, "qwen2_vl": 2, "qwen2_5_vl": 2, "qwen3_vl": 2}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    home = tmp_path_factory.mktemp("families")
    return {family: str(save_tiny_family(family, home / family)) for family in FAMILIES}


@pytest.fixture(scope="module")
def encoders(folders):
    return {family: ItemEncoder.load(EncoderConfig(folder, "float32")) for family, folder in folders.items()}


@pytest.mark.slow
@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("family", FAMILIES)
def test_every_class_in_every_precision(folders, encoders, tmp_path, family, precision):
    encoder = ItemEncoder.load(EncoderConfig(folders[family], precision))
    items = ["a red fox", "a blue whale"], [noise(40, 30), noise(30, 40, 1)]
    vectors = encode_catalogue(encoder, *items, tmp_path)
    assert vectors.shape == (2, encoder.dim) and np.isfinite(vectors).all() and (vectors[0] != vectors[1]).any()
    states, whole = (torch.from_numpy(current_item(some, *items)).float() for some in (encoder, encoders[family]))
    assert torch.cosine_similarity(states, whole).min() > LEAST_COSINE[precision]
    found = set(quantised_layers(encoder.backbone.model))
    if precision in ("float32", "bfloat16"):
        assert not found
        return
    layers = [f"{encoder.backbone.text_path}.layers.{number}." for number in range(QUANTISED_BLOCKS[family])]
    parts = [f"self_attn.{name}_proj" for name in "qkvo"] + [f"mlp.{name}_proj" for name in ("gate", "up", "down")]
    assert found == {layer + part for layer in layers for part in parts}


@pytest.mark.parametrize("family", FAMILIES)
def test_a_batch_says_what_single_items_say(encoders, tmp_path, family):
    pictures = [noise(60, 20), noise(20, 60, 1), noise(33, 40, 2), None]
    encoder = encoders[family]
    together = current_item(encoder, TEXTS, pictures)
    for number, (text, picture) in enumerate(zip(TEXTS, pictures)):
        alone = current_item(encoder, [text], [picture])
        np.testing.assert_allclose(together[number], alone[0], atol=1e-4)


@pytest.mark.parametrize("family", QWEN)
@pytest.mark.parametrize("side", ["left", "right"])
def test_positions_are_those_of_the_whole_model(encoders, family, side):
    """The model's own forward from ids, pixels and grid, padded on either side, ends in the state that we read."""
    encoder = encoders[family]
    backbone, pictures = encoder.backbone, [noise(60, 20), noise(20, 60, 1), noise(40, 40, 2)]
    texts = TEXTS[:3]
    ours = current_item(encoder, texts, pictures)
    pixels = [encoder.pixels(picture) for picture in pictures]
    assert len({own.grid for own in pixels}) == 3, "three shapes of pictures"
    rows = []
    for text, own in zip(texts, pixels):
        before, between, after = backbone.template_ids(True)
        marks = [backbone.model.config.image_token_id] * backbone.n_image_tokens(own.grid)
        rows.append(before + backbone.token_ids(text) + between + marks + after + [backbone.tokenizer.eos_token_id])
    longest = max(map(len, rows))
    assert len(set(map(len, rows))) > 1, "some row is padded"
    padding = [[0] * (longest - len(row)) for row in rows]
    ids = torch.tensor([pad + row if side == "left" else row + pad for pad, row in zip(padding, rows)])
    mask = torch.tensor(
        [
            [0] * len(pad) + [1] * len(row) if side == "left" else [1] * len(row) + [0] * len(pad)
            for pad, row in zip(padding, rows)
        ]
    )
    with torch.inference_mode():
        states = backbone.model.model(
            input_ids=ids,
            attention_mask=mask,
            pixel_values=torch.cat([own.values for own in pixels]),
            image_grid_thw=backbone.patch_grids([own.grid for own in pixels]),
            mm_token_type_ids=(ids == backbone.model.config.image_token_id).int(),
        ).last_hidden_state
    ends = [longest - 1 if side == "left" else len(row) - 1 for row in rows]
    np.testing.assert_allclose(ours, states[range(3), ends].numpy(), atol=1e-4)


@pytest.mark.parametrize("family", ["idefics3", "smolvlm"])
def test_tiles_are_those_of_the_whole_model(encoders, family):
    encoder = encoders[family]
    backbone, picture = encoder.backbone, noise(60, 20)
    ours = current_item(encoder, ["a red fox"], [picture])
    before, between, after = backbone.template_ids(True)
    marks = [backbone.model.config.image_token_id] * backbone.max_image_tokens
    ids = before + backbone.token_ids("a red fox") + between + marks + after + [backbone.tokenizer.eos_token_id]
    read = backbone.processor(images=picture, return_tensors="pt")
    with torch.inference_mode():
        states = backbone.model.model(input_ids=torch.tensor([ids]), **read).last_hidden_state
    np.testing.assert_allclose(ours[0], states[0, -1].numpy(), atol=1e-4)


@pytest.mark.parametrize("family", FAMILIES[1:])
def test_the_chat_template_frames_the_item(encoders, family):
    backbone = encoders[family].backbone
    with_picture, without = (backbone.tokenizer.decode([*chain(*backbone.template_ids(has))]) for has in (True, False))
    assert "compress the text and image" in with_picture and "assistant" in with_picture.lower()
    assert "image :" in with_picture and "image :" not in without and not backbone.template_ids(False)[2]
    assert ("vision_start" in with_picture) == family.startswith("qwen")
    assert ("global-img" in with_picture) == (family in ("idefics3", "smolvlm"))


@pytest.mark.parametrize("family", FAMILIES)
def test_markup_in_an_items_text_is_text(encoders, family):
    backbone = encoders[family].backbone
    mark = backbone.tokenizer.convert_ids_to_tokens(backbone.model.config.image_token_id)
    assert backbone.model.config.image_token_id not in backbone.token_ids(f"a fox {mark} by")


@pytest.mark.parametrize("family", QWEN)
def test_a_grey_picture_upright_and_across_are_two(encoders, family):
    upright, across = (encoders[family].pixels(Image.new("RGB", size, "grey")) for size in ((20, 60), (60, 20)))
    assert upright.values.equal(across.values) and upright.key != across.key


@pytest.mark.parametrize("family", QWEN)
def test_a_picture_too_long_for_its_tokens_costs_its_item_alone(encoders, tmp_path, family):
    """The processor itself refuses ratios of 200; from 65 on that is more tokens than a batch has room for."""
    encoder, pictures, notes = encoders[family], [noise(8000, 100), noise(1400, 20), noise(40, 30)], []
    with pytest.raises(MolarError, match=r"8000 × 100 pixels is refused.*more than 64"):
        encoder.pixels(pictures[0])
    vectors = encode_catalogue(encoder, TEXTS[:3], pictures, tmp_path, report=lambda *told: notes.append(told[2]))
    told = [note.partition(".")[0] for note in notes[:2]]
    assert told == ["item 1 is read by its text alone", "item 2 is read by its text alone"]
    alone = encode_catalogue(encoder, TEXTS[2:3], pictures[2:], tmp_path / "alone")
    np.testing.assert_allclose(vectors[2], alone[0], atol=2e-3)


@pytest.mark.parametrize("family", QWEN)
def test_a_long_picture_of_one_row_is_seen(encoders, family):
    grid = encoders[family].pixels(noise(1200, 20)).grid
    assert 32 < np.prod(grid) <= encoders[family].backbone.max_image_tokens and 1 in grid[1:]
