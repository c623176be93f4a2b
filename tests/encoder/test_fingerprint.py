"""A checkpoint refuses vectors that another encoder made, and says what differs."""

from pathlib import Path

import pytest

from molar.core.errors import MolarError
from molar.encoder.fingerprint import differing_parts
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


@pytest.fixture
def checkpoint(tiny, tiny_vectors, tmp_path):
    """A content tower and the vectors that it was trained on."""
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
        ({"gate": False}, r"another late gate \(False, not True\)"),
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


def test_the_shipped_vectors_and_towers_fit():
    shipped = Path("checkpoints/demo")
    assert vectors_fingerprint(shipped / "vectors.safetensors").keys() == MADE.keys()
    for tower in ("content", "molar"):
        require_model_of_vectors(shipped / tower, shipped / "vectors.safetensors")
