"""Input ablations take away from the items what they say, and nothing else."""

import dataclasses

import numpy as np
import pytest
from tiny_backbone import save_tiny_backbone

from molar.cli.main import main
from molar.core.errors import MolarError
from molar.data.dataset import load_dataset
from molar.data.item_text import item_pictures, item_texts
from molar.encoder.input_ablations import ablated_items, ablation_path
from molar.encoder.vectors import load_vectors, vectors_fingerprint


def test_every_picture_goes_to_another_item_and_none_is_lost(tiny):
    own = item_pictures(tiny.dataset)
    texts, moved = ablated_items(tiny.dataset, "shuffled-pictures")
    assert texts == item_texts(tiny.dataset)
    assert sorted(map(str, moved)) == sorted(map(str, own))
    assert all(a != b for a, b in zip(own, moved) if a is not None)
    assert moved[-1] is None  # the item that has no picture gets none
    assert ablated_items(tiny.dataset, "shuffled-pictures") == (texts, moved)
    assert ablated_items(tiny.dataset, "shuffled-pictures", seed=1)[1] != moved


def test_text_picture_and_title_are_taken_away_by_themselves(tiny):
    texts, pictures = item_texts(tiny.dataset), item_pictures(tiny.dataset)
    assert ablated_items(tiny.dataset, "no-text") == ([""] * 30, pictures)
    assert ablated_items(tiny.dataset, "no-picture") == (texts, [None] * 30)
    masked, same = ablated_items(tiny.dataset, "no-title")
    assert same == pictures
    assert all(text == f"{title}. {rest}" for text, title, rest in zip(texts, tiny.dataset.items["title"], masked))


def test_what_cannot_be_ablated_is_refused(tiny):
    with pytest.raises(MolarError, match="no input ablation of items named no-colour"):
        ablated_items(tiny.dataset, "no-colour")
    bare = dataclasses.replace(tiny.dataset, encoded_columns=("description",))
    with pytest.raises(MolarError, match="nothing to mask"):
        ablated_items(bare, "no-title")


def test_a_catalogue_is_encoded_without_a_part_of_it(tiny_folder, tmp_path, monkeypatch):
    monkeypatch.setenv("MOLAR_HOME", str(tmp_path / "home"))
    backbone = str(save_tiny_backbone(tmp_path / "backbone"))
    encode = [
        "encode",
        str(tiny_folder),
        "--checkpoint",
        str(tmp_path / "out"),
        "--backbone",
        backbone,
        "--precision",
        "float32",
    ]
    assert main(encode) == 0
    assert main([*encode, "--ablation", "no-picture"]) == 0
    dataset, own = load_dataset(tiny_folder), tmp_path / "out" / "vectors.safetensors"
    whole, without = load_vectors(own, dataset), load_vectors(ablation_path(own, "no-picture"), dataset)
    assert np.array_equal(whole[30], without[30])  # the item that has no picture anyway
    assert not any(np.allclose(whole[item], without[item]) for item in range(1, 30))
    assert not without[1:, 16:40].any()  # the picture's block of the concatenated features
    assert vectors_fingerprint(ablation_path(own, "no-picture"))["probe"] == "no-picture"
    assert main([*encode, "--probe", "no-colour"]) == 2
