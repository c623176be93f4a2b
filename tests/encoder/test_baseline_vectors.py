"""Vectors of words and of nothing: what they are fitted on, their shape, and that they are the same every time."""

import numpy as np

from molar.encoder.baseline_vectors import WIDTH, padded, random_vectors, tfidf_vectors, write_baseline_vectors
from molar.encoder.vectors import load_vectors, vectors_fingerprint

TEXTS = [
    "a red fox",
    "the red fox runs",
    "a blue whale",
    "the blue whale sings",
    "one green fern",
    "a green fern grows",
]


def cosines(vectors):
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit @ unit.T


def test_items_of_the_same_words_lie_together():
    found = cosines(tfidf_vectors(TEXTS, np.ones(6, bool), width=4))
    for first in (0, 2, 4):
        others = np.delete(found[first], [first, first + 1])
        assert found[first, first + 1] > others.max() + 0.5


def test_cold_items_shape_neither_words_nor_axes():
    fitted = np.array([True] * 4 + [False] * 2)
    changed = [*TEXTS[:4], "entirely other things", "blue whale"]
    one, other = (tfidf_vectors(texts, fitted, width=3) for texts in (TEXTS, changed))
    np.testing.assert_array_equal(one[:4], other[:4])
    assert not one[4:].any()  # none of their words train
    assert other[5].any() and not other[4].any()


def test_few_words_or_items_leave_columns_out_and_none_leaves_nothing():
    assert tfidf_vectors(TEXTS, np.ones(6, bool)).shape[1] < WIDTH
    assert tfidf_vectors(["alone words", "others"], np.ones(2, bool)).shape == (2, 1)
    assert not tfidf_vectors(["", ""], np.ones(2, bool), width=5).any()


def test_both_files_are_of_this_dataset_and_the_same_every_time(tiny, tmp_path):
    paths, again = (write_baseline_vectors(tiny.split, tmp_path / name) for name in ("a", "b"))
    assert [path.name for path in paths] == ["tf-idf.safetensors", "random.safetensors"]
    for path, other in zip(paths, again, strict=True):
        vectors = load_vectors(path, tiny.dataset)
        assert len(vectors) == 31 and not vectors[0].any() and path.read_bytes() == other.read_bytes()
        assert vectors_fingerprint(path)["baseline"] == path.stem


def test_random_vectors_tell_items_apart_and_no_more():
    vectors = padded(random_vectors(200))
    assert vectors.shape == (201, WIDTH) and not vectors[0].any()
    assert abs(cosines(vectors[1:]) - np.eye(200)).max() < 0.4
