"""The vectors of the content baselines: their blocks, their lengths, and that nothing is computed twice."""

import numpy as np
import pytest
from tiny_backbone import save_tiny_backbone

from molar.encoder import item_encoder as encoder
from molar.encoder.item_encoder import EncoderConfig
from molar.encoder.vectors import load_vectors, vectors_fingerprint
from scripts import baseline_vectors
from scripts.baseline_vectors import KINDS, sentence_vectors, write_baseline_vectors


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A cache of its own; a tiny picture tower and a made-up sentence encoder in place of the pre-trained ones."""
    monkeypatch.setenv("MOLAR_HOME", str(tmp_path / "home"))
    backbone = str(save_tiny_backbone(tmp_path / "backbone"))
    monkeypatch.setattr(encoder, "EncoderConfig", lambda: EncoderConfig(backbone, "float32"))
    asked = []

    def encode(texts):
        asked.append(list(texts))
        return np.stack([np.random.default_rng(len(text)).normal(size=8) for text in texts])

    monkeypatch.setattr(baseline_vectors, "_sentence_encoder", lambda: encode)
    return asked


def lengths(vectors):
    return np.linalg.norm(vectors[1:], axis=1)


def test_every_file_is_of_this_dataset_and_every_block_of_length_one(home, tiny, tmp_path):
    paths = write_baseline_vectors(tiny.dataset, tmp_path / "out")
    text, image, both, random = (load_vectors(path, tiny.dataset) for path in paths)
    assert [path.stem for path in paths] == list(KINDS)
    assert np.allclose(lengths(text), 1, atol=2e-3) and np.allclose(lengths(random), 1, atol=2e-3)
    assert np.allclose(lengths(image)[:29], 1, atol=2e-3) and not image[30].any()  # the last item has no picture
    assert np.array_equal(both, np.hstack([text, image])) and random.shape == both.shape
    assert not any(vectors[0].any() for vectors in (text, image, both, random))
    assert vectors_fingerprint(paths[2])["baseline"] == "both"


def test_random_vectors_are_the_same_every_time(home, tiny, tmp_path):
    first, again = (write_baseline_vectors(tiny.dataset, tmp_path / name)[3].read_bytes() for name in ("a", "b"))
    assert first == again


def test_a_text_is_read_once(home):
    first = sentence_vectors(["a fox", "a whale", "a fox"])
    again = sentence_vectors(["a whale", "two ferns"])
    assert home == [["a fox", "a whale"], ["two ferns"]]
    assert np.array_equal(first[1], again[0]) and np.array_equal(first[0], first[2])
