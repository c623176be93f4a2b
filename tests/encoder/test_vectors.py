"""Item vectors know what they were encoded from: texts and pictures that changed since are noticed."""

import json

import numpy as np
import pytest
from PIL import Image

from molar.core.errors import MolarError
from molar.data.dataset import load_dataset
from molar.encoder.vectors import load_vectors, save_vectors, vectors_fingerprint


@pytest.fixture
def saved(tiny_folder, tiny_vectors, tmp_path):
    path = tmp_path / "checkpoint" / "vectors.safetensors"
    save_vectors(path, tiny_vectors, load_dataset(tiny_folder), {"precision": "nf4"})
    return path


def test_vectors_come_back_with_what_made_them(saved, tiny_folder, tiny_vectors):
    np.testing.assert_allclose(load_vectors(saved, load_dataset(tiny_folder)), tiny_vectors, atol=5e-3)
    assert vectors_fingerprint(saved) == {"precision": "nf4"}


def test_the_file_is_what_safetensors_would_have_written(saved, tiny_vectors):
    from safetensors.numpy import save

    assert saved.read_bytes() == save({"vectors": tiny_vectors.astype(np.float16)})


def rewrite(path, old: str, new: str):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_an_edited_text_is_noticed(saved, tiny_folder):
    rewrite(tiny_folder / "items.csv", "A print of a whale.", "A drawing of a whale.")
    with pytest.raises(MolarError, match=r"other texts.*molar encode"):
        load_vectors(saved, load_dataset(tiny_folder))


def test_another_catalogue_is_noticed(saved, tiny_folder):
    for name in ("items.csv", "interactions.csv"):
        rewrite(tiny_folder / name, "i07,", "j07,")
    with pytest.raises(MolarError, match="another catalogue"):
        load_vectors(saved, load_dataset(tiny_folder))


def test_what_the_encoder_does_not_read_may_change(saved, tiny_folder):
    rewrite(tiny_folder / "items.csv", "Ada Birk,11,", "Ada Birk,99,")  # a price
    load_vectors(saved, load_dataset(tiny_folder))


def test_a_redrawn_picture_is_noticed_also_by_its_size_alone(saved, tiny_folder):
    Image.new("RGB", (8, 8), "red").save(tiny_folder / "images" / "i01.png")
    for read_pictures in (True, False):
        with pytest.raises(MolarError, match="other pictures"):
            load_vectors(saved, load_dataset(tiny_folder), read_pictures=read_pictures)


def test_one_changed_byte_of_a_picture_is_noticed_when_pictures_are_read(saved, tiny_folder):
    dataset, path = load_dataset(tiny_folder), tiny_folder / "images" / "i01.png"
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    load_vectors(saved, dataset, read_pictures=False)
    with pytest.raises(MolarError, match="other pictures"):
        load_vectors(saved, dataset)


def test_two_swapped_pictures_are_noticed(saved, tiny_folder):
    one, other = (tiny_folder / "images" / name for name in ("i01.png", "i02.png"))
    first = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(first)
    with pytest.raises(MolarError, match="other pictures"):
        load_vectors(saved, load_dataset(tiny_folder))


def test_vectors_that_are_not_those_described_are_refused(saved, tiny_folder):
    saved.write_bytes(saved.read_bytes()[:-2] + b"\0\1")
    with pytest.raises(MolarError, match=r"not the file that vectors.json describes"):
        load_vectors(saved, load_dataset(tiny_folder))


@pytest.mark.parametrize(
    "damage",
    [lambda path: path.unlink(), lambda path: path.write_text("{"), lambda path: path.write_text(json.dumps([1]))],
)
def test_without_its_description_a_file_is_refused(saved, tiny_folder, damage):
    damage(saved.with_suffix(".json"))
    with pytest.raises(MolarError, match=r"vectors.json.*cannot be read: run `python -m molar encode` again"):
        load_vectors(saved, load_dataset(tiny_folder))
