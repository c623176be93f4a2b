"""The item encoder on a tiny random backbone of the real classes, loaded by the real path."""

import shutil

import numpy as np
import pytest
import torch
from PIL import Image
from tiny_backbone import save_tiny_backbone

from molar.core.errors import MolarError
from molar.data.item_text import item_text
from molar.encoder.encode import encode_catalogue, encode_items
from molar.encoder.item_encoder import EncoderConfig, ItemEncoder
from molar.encoder.vectors import load_vectors, vectors_fingerprint

TEXTS = ["a red fox", "a print of a blue whale by the fox", "", "a print"]


@pytest.fixture(scope="module")
def backbone(tmp_path_factory):
    return str(save_tiny_backbone(tmp_path_factory.mktemp("backbone")))


@pytest.fixture(scope="module")
def encoder(backbone):
    torch.manual_seed(1)
    return ItemEncoder.load(EncoderConfig(backbone, "float32"))


@pytest.fixture
def pictures():
    rng = np.random.default_rng(0)
    noise = [Image.fromarray(rng.integers(0, 255, (40, 30, 3), dtype=np.uint8)) for _ in range(3)]
    return [*noise, None]


def test_a_batch_says_what_single_items_say(encoder, pictures, tmp_path):
    together = encode_catalogue(encoder, TEXTS, pictures, tmp_path / "a")
    for number, (text, picture) in enumerate(zip(TEXTS, pictures)):
        alone = encode_catalogue(encoder, [text], [picture], tmp_path / f"b{number}")
        np.testing.assert_allclose(together[number], alone[0], atol=2e-3)


def test_absent_parts_are_zero_blocks(encoder, pictures, tmp_path):
    vectors = encode_catalogue(encoder, TEXTS, pictures, tmp_path)
    hidden, image_dim = encoder.hidden, encoder.image_dim
    assert not vectors[3, hidden : hidden + image_dim].any(), "no picture, no picture block"
    assert not vectors[2, hidden + image_dim :].any(), "no text, no text block"
    assert vectors[:, :hidden].any(1).all()


def test_the_cur_item_state_reads_both_text_and_picture(encoder, pictures, tmp_path):
    base = encode_catalogue(encoder, ["a red fox"], [pictures[0]], tmp_path)[0, : encoder.hidden]
    other_text = encode_catalogue(encoder, ["a blue whale"], [pictures[0]], tmp_path)[0, : encoder.hidden]
    other_picture = encode_catalogue(encoder, ["a red fox"], [pictures[1]], tmp_path)[0, : encoder.hidden]
    assert np.abs(base - other_text).max() > 0.01 and np.abs(base - other_picture).max() > 0.01


def test_a_second_run_asks_the_model_nothing(encoder, pictures, tmp_path, monkeypatch):
    first = encode_catalogue(encoder, TEXTS, pictures, tmp_path)
    monkeypatch.setattr(encoder, "encode", lambda *_: pytest.fail("encoded again"))
    monkeypatch.setattr(encoder, "image_features", lambda *_: pytest.fail("looked again"))
    assert (encode_catalogue(encoder, TEXTS, pictures, tmp_path) == first).all()


def test_stopped_half_way_it_encodes_only_the_rest(encoder, pictures, tmp_path, monkeypatch):
    texts, many = [f"a print {'fox ' * n}" for n in range(40)], [pictures[0]] * 40

    class Stop(Exception):
        pass

    def stop(done, *_):
        if done >= 16:
            raise Stop

    with pytest.raises(Stop):
        encode_catalogue(encoder, texts, many, tmp_path, report=stop)
    counted, real = [], encoder.encode
    monkeypatch.setattr(encoder, "encode", lambda t, *rest: counted.extend(t) or real(t, *rest))
    resumed = encode_catalogue(encoder, texts, many, tmp_path)
    assert len(counted) == 24
    monkeypatch.undo()
    assert (resumed == encode_catalogue(encoder, texts, many, tmp_path / "undisturbed")).all()


def test_the_first_report_of_a_resumed_run_comes_after_what_the_cache_gave(encoder, pictures, tmp_path):
    texts = [f"a print {'fox ' * n}" for n in range(40)]
    encode_catalogue(encoder, texts[:16], [pictures[0]] * 16, tmp_path)
    reported = []
    encode_catalogue(encoder, texts, [pictures[0]] * 40, tmp_path, report=lambda done, *_: reported.append(done))
    assert reported == [32, 40]


def test_equal_items_are_encoded_once(encoder, pictures, tmp_path, monkeypatch):
    counted, real = [], encoder.encode
    monkeypatch.setattr(encoder, "encode", lambda t, *rest: counted.extend(t) or real(t, *rest))
    vectors = encode_catalogue(encoder, ["a fox"] * 20, [pictures[0]] * 20, tmp_path)
    assert len(counted) == 1 and (vectors == vectors[0]).all()


def test_the_same_weights_in_another_folder_are_the_same_backbone(backbone, pictures, tmp_path, monkeypatch):
    first = encode_catalogue(ItemEncoder.load(EncoderConfig(backbone, "float32")), TEXTS, pictures, tmp_path / "cache")
    moved = shutil.copytree(backbone, tmp_path / "elsewhere" / "moved")
    encoder = ItemEncoder.load(EncoderConfig(str(moved), "float32"))
    assert encoder.fingerprint["backbone"] == "moved", "and not where it lies"
    monkeypatch.setattr(encoder, "encode", lambda *_: pytest.fail("encoded again"))
    assert (encode_catalogue(encoder, TEXTS, pictures, tmp_path / "cache") == first).all()


def test_unknown_precision_and_absent_backbone_are_one_sentence(tmp_path):
    with pytest.raises(MolarError, match="'int3' is unknown"):
        EncoderConfig(precision="int3")
    with pytest.raises(MolarError, match=r"config.json"):
        ItemEncoder.load(EncoderConfig(str(tmp_path / "nowhere"), "float32"))


@pytest.mark.parametrize(
    "name, content",
    [
        ("config.json", b"{"),
        ("config.json", b"{}"),
        ("tokenizer.json", b"{"),
        ("preprocessor_config.json", None),
        ("chat_template.json", b"{}"),
        ("model.safetensors", b"cut"),
    ],
)
def test_a_damaged_backbone_is_one_sentence_that_names_its_folder(backbone, tmp_path, name, content):
    folder = shutil.copytree(backbone, tmp_path / "damaged")
    (folder / name).unlink(missing_ok=True)
    if content is not None:
        (folder / name).write_bytes(content)
    with pytest.raises(MolarError, match=str(folder)):
        ItemEncoder.load(EncoderConfig(str(folder), "float32"))


@pytest.mark.parametrize("pooling", [0, -2, 1.5])
def test_a_pooling_that_is_no_square_is_refused(pooling):
    with pytest.raises(MolarError, match="pooling must be a whole number from 1"):
        EncoderConfig(pooling=pooling)


def test_a_pooling_that_leaves_no_visual_token_is_refused(backbone):
    with pytest.raises(MolarError, match="pooling 5 is more than the 4 patches"):
        ItemEncoder.load(EncoderConfig(backbone, "float32", pooling=5))


def test_the_gate_is_centred_on_its_samples(encoder):
    blocks = {"cur_item": torch.randn(64, 16) + 5, "picture": torch.randn(64, 24), "text": torch.randn(64, 16)}
    encoder.adapter.fit_centring(blocks)
    joined = encoder.adapter.concatenate(blocks["cur_item"], blocks["picture"], blocks["text"])
    assert joined.shape == (64, 56)
    torch.testing.assert_close(joined[:, :16].norm(dim=1), torch.ones(64))
    assert joined[:, :16].mean(0).abs().max() < 0.1


def test_encode_items_writes_vectors_that_know_their_origin(backbone, tiny_folder, tmp_path, monkeypatch):
    from molar.data.dataset import load_dataset

    monkeypatch.setenv("MOLAR_HOME", str(tmp_path / "home"))
    path = encode_items(tiny_folder, tmp_path / "checkpoint", backbone=backbone, precision="float32")
    dataset = load_dataset(tiny_folder)
    vectors = load_vectors(path, dataset)
    assert vectors.shape == (dataset.n_items + 1, 56) and not vectors[0].any() and vectors[1:].any(1).all()
    assert vectors_fingerprint(path)["precision"] == "float32"


def test_a_prompt_holds_words_and_no_links():
    text = item_text(
        {"title": "Night ferry.", "description": "See https://shop.example/1 now", "genres": "A|B", "x": ""}
    )
    assert text == "Night ferry. See now. genres: A, B."


def test_the_report_counts_what_is_absent(backbone, tiny_folder, tmp_path, monkeypatch):
    monkeypatch.setenv("MOLAR_HOME", str(tmp_path / "home"))
    notes = []
    encode_items(
        tiny_folder,
        tmp_path / "checkpoint",
        backbone=backbone,
        precision="float32",
        report=lambda done, total, note="": notes.append(note),
    )
    assert "nothing is trained yet" in notes[0] and "1 without a picture, read by their text alone" in notes[1]
