"""What counts of what vectors were made by: a cache finds what is the same, a checkpoint refuses what is another."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny_backbone import save_tiny_backbone

from molar.core.errors import MolarError
from molar.core.hashing import content_key
from molar.encoder import fingerprint
from molar.encoder.encode import encode_catalogue
from molar.encoder.fingerprint import PARTS, RECORDED, decisive, differing_parts
from molar.encoder.item_encoder import EncoderConfig, ItemEncoder
from molar.encoder.vectors import save_vectors, vectors_fingerprint
from molar.models.content import ContentConfig
from molar.storage.checkpoint import require_model_of_vectors
from molar.storage.trained import load_checkpoint_models
from molar.training.train import CONTENT_ALONE, train_molar

MADE = {
    "backbone": "nano",
    "backbone_sha256": "0" * 16,
    "prompt": "11111111",
    "max_text_tokens": 160,
    "adapter_sha256": "2" * 16,
    "precision": "nf4",
    "picture": {"height": 224, "width": 224},
    "pooling": 2,
    "gate": True,
    "blocks": "a | b | c",
    "versions": {"torch": "2.13.0"},
}
TEXTS, PICTURES = ["a red fox", "a blue whale"], [Image.new("RGB", (32, 32), colour) for colour in ("red", "blue")]


@pytest.fixture(scope="module")
def backbone(tmp_path_factory):
    return str(save_tiny_backbone(tmp_path_factory.mktemp("backbone")))


@pytest.fixture
def encoder(backbone):
    return ItemEncoder.load(EncoderConfig(backbone, "float32"))


@pytest.fixture
def asked(monkeypatch):
    """What the model and its image tower are asked from now on."""
    found, encode, look = [], ItemEncoder.encode, ItemEncoder.image_features
    monkeypatch.setattr(ItemEncoder, "encode", lambda *given: found.append("encode") or encode(*given))
    monkeypatch.setattr(ItemEncoder, "image_features", lambda *given: found.append("look") or look(*given))
    return found


def test_every_part_of_a_fingerprint_counts_or_is_only_recorded(encoder):
    counting = {key for keys in PARTS.values() for key in keys}
    assert counting | set(RECORDED) == encoder.fingerprint.keys()
    assert decisive(encoder.fingerprint).keys() == counting - {"backbone"}


def test_another_release_of_a_library_finds_everything_in_the_cache(encoder, backbone, tmp_path, monkeypatch, asked):
    vectors = encode_catalogue(encoder, TEXTS, PICTURES, tmp_path)
    asked.clear()
    monkeypatch.setattr(fingerprint, "version", lambda _: "99.9.9")
    other = ItemEncoder.load(EncoderConfig(backbone, "float32"))
    assert other.fingerprint["versions"] != encoder.fingerprint["versions"]
    assert (encode_catalogue(other, TEXTS, PICTURES, tmp_path) == vectors).all()
    assert not asked


@pytest.mark.parametrize(
    "other, needed",
    [
        ({"adapter_sha256": "9" * 16}, ["encode"]),
        ({"precision": "int8"}, ["look", "encode"]),  # its picture features are in bfloat16
        ({"format": 2}, ["look", "encode"]),
    ],
)
def test_another_encoder_finds_what_is_the_same_and_no_more(encoder, tmp_path, asked, other, needed):
    encode_catalogue(encoder, TEXTS, PICTURES, tmp_path)
    asked.clear()
    encoder.fingerprint |= other
    encode_catalogue(encoder, TEXTS, PICTURES, tmp_path)
    assert asked == needed


def test_what_an_earlier_release_has_cached_is_found(encoder, tmp_path, asked):
    """Its folders were named by a hash of all that is written in them, library versions included."""
    vectors = encode_catalogue(encoder, TEXTS, PICTURES, tmp_path)
    for told in list(tmp_path.glob("*/*/fingerprint.json")):
        old = json.loads(told.read_text())
        del old["format"]
        told.write_text(json.dumps(old))
        os.replace(told.parent, told.parent.with_name(content_key(json.dumps(old, sort_keys=True))[:16]))
    (tmp_path / "vectors" / "no-cache").mkdir()
    (tmp_path / "vectors" / "no-cache" / "fingerprint.json").write_text("[]")
    asked.clear()
    assert np.array_equal(encode_catalogue(encoder, TEXTS, PICTURES, tmp_path), vectors)
    assert not asked


@pytest.fixture
def checkpoint(tiny, tiny_vectors, tmp_path):
    """A content model and the vectors that it was trained on."""
    save_vectors(tmp_path / "vectors.safetensors", tiny_vectors, tiny.dataset, MADE)
    config = ContentConfig(dim_in=tiny_vectors.shape[1], dim=8, blocks=1, hidden=8)
    out = tmp_path / "content"
    train_molar(tiny.split, tiny_vectors, align=CONTENT_ALONE, config=config, epochs=1, out=out, encoder=MADE)
    return tmp_path


@pytest.mark.parametrize(
    "other, said",
    [
        ({"backbone_sha256": "9" * 16, "backbone": "qwen2-vl-2b"}, r"another backbone \(qwen2-vl-2b, not nano\)"),
        ({"backbone_sha256": "9" * 16}, r"another backbone \(9999999999999999, not 0000000000000000\)"),
        ({"prompt": "99999999"}, r"another prompt \(99999999, not 11111111\)"),
        ({"adapter_sha256": "untrained"}, r"another adapter \(untrained, not 2222222222222222\)"),
        ({"precision": "bfloat16"}, r"another precision \(bfloat16, not nf4\)"),
        ({"pooling": 1}, r"come from another pooling \(1, not 2\) than"),
        ({"picture": {"height": 64, "width": 64}}, r"come from another picture size \(.* 64, .* 224\D+ than"),
        ({"gate": False}, r"another feature concatenation \(False, not True\)"),
        ({"format": 0}, r"another encoder format \(0, not 1\)"),
        ({"precision": "int8", "prompt": "9"}, r"another prompt .* and another precision"),
    ],
)
def test_vectors_of_another_encoder_are_refused(checkpoint, tiny, tiny_vectors, other, said):
    save_vectors(checkpoint / "vectors.safetensors", tiny_vectors, tiny.dataset, MADE | other)
    with pytest.raises(MolarError, match=said):
        load_checkpoint_models(checkpoint, tiny.split, tiny_vectors)


def test_the_same_backbone_in_another_folder_on_another_version_is_the_same(checkpoint, tiny, tiny_vectors):
    moved = MADE | {"backbone": "models/nano", "versions": {"torch": "2.14.0"}}
    assert differing_parts(moved, MADE) == {}
    save_vectors(checkpoint / "vectors.safetensors", tiny_vectors, tiny.dataset, moved)
    assert set(load_checkpoint_models(checkpoint, tiny.split, tiny_vectors)) == {"content"}


def test_a_recommender_refuses_them_too(checkpoint, tiny, tiny_vectors):
    import shutil

    from molar.serving.recommender import Recommender

    for name in ("molar", "sasrec"):
        shutil.copytree(checkpoint / "content", checkpoint / name)
    save_vectors(checkpoint / "vectors.safetensors", tiny_vectors, tiny.dataset, MADE | {"precision": "int8"})
    with pytest.raises(MolarError, match="another precision"):
        Recommender.load(tiny.dataset.root, checkpoint)


def test_the_shipped_vectors_and_models_fit():
    shipped = Path("checkpoints/demo")
    assert vectors_fingerprint(shipped / "vectors.safetensors").keys() == MADE.keys()
    for model in ("content", "molar"):
        require_model_of_vectors(shipped / model, shipped / "vectors.safetensors")
