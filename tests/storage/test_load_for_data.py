"""A model is used on the data, the split and the vectors that it was trained on; every way in refuses others."""

import json
from dataclasses import replace

import numpy as np
import pytest
from standin import write_checkpoint
from tiny_world import write_tiny_folder

from molar.cli.main import main
from molar.core.errors import MolarError
from molar.data.dataset import load_dataset
from molar.data.splits import leave_one_out, of_train_users
from molar.encoder.vectors import load_vectors, save_vectors
from molar.serving.recommender import Recommender
from molar.storage.checkpoint import load_trained
from molar.training.train import CONTENT_ALONE, train_molar


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """(dataset folder, checkpoint folder)."""
    root = tmp_path_factory.mktemp("models")
    return write_tiny_folder(root / "tiny"), write_checkpoint(root / "checkpoint", root / "tiny")


@pytest.fixture
def parts(made):
    """(checkpoint, split, vectors) that fit each other."""
    dataset = load_dataset(made[0])
    return made[1], leave_one_out(dataset), load_vectors(made[1] / "vectors.safetensors", dataset)


@pytest.mark.parametrize("name", ["sasrec", "content", "molar"])
def test_a_fitting_model_is_ready_to_answer(parts, name):
    checkpoint, split, vectors = parts
    assert np.isfinite(load_trained(checkpoint / name, split, vectors).user_vectors([np.array([1, 2])])).all()


@pytest.mark.parametrize("name", ["sasrec", "content"])
def test_other_data_and_another_split_are_refused(parts, name):
    checkpoint, split, vectors = parts
    with pytest.raises(MolarError, match=f"{name} was trained on another split"):
        load_trained(checkpoint / name, replace(split, split_hash="other"), vectors)
    with pytest.raises(MolarError, match=f"{name} was trained on other data"):
        load_trained(checkpoint / name, replace(split, dataset=replace(split.dataset, data_hash="other")), vectors)


def test_a_model_of_a_part_of_the_users_ranks_by_their_counts(parts, tmp_path):
    """Also where it is asked about everybody: as it was trained, and as training itself gave it back."""
    _, split, vectors = parts
    part = of_train_users(split, 0.5)
    trained = train_molar(part, vectors, align=CONTENT_ALONE, epochs=1, out=tmp_path / "part")
    loaded = load_trained(tmp_path / "part", split, vectors)
    np.testing.assert_allclose(loaded.item_bias(), trained.item_bias())
    whole = train_molar(split, vectors, align=CONTENT_ALONE, epochs=1, out=tmp_path / "whole")
    assert not np.allclose(loaded.prior, whole.prior)


def test_other_vectors_are_refused_by_the_models_that_read_them(parts):
    checkpoint, split, vectors = parts
    load_trained(checkpoint / "sasrec", split, vectors + 1)
    with pytest.raises(MolarError, match="content was trained on other item vectors"):
        load_trained(checkpoint / "content", split, vectors + 1)


def test_the_page_refuses_models_of_other_vectors(tmp_path, tiny_vectors):
    dataset = write_tiny_folder(tmp_path / "tiny")
    checkpoint = write_checkpoint(tmp_path / "checkpoint", dataset)
    save_vectors(checkpoint / "vectors.safetensors", tiny_vectors + 1, load_dataset(dataset), {})
    with pytest.raises(MolarError, match="content was trained on other item vectors"):
        Recommender.load(dataset, checkpoint)


@pytest.mark.parametrize("verb", [["train"], ["evaluate", "--out", "x.json"]])
def test_commands_refuse_an_id_model_of_another_split(made, tmp_path, verb, monkeypatch, capsys):
    dataset, checkpoint = made
    monkeypatch.chdir(tmp_path)
    config = checkpoint / "sasrec" / "config.json"
    before = config.read_text()
    saved = json.loads(before)
    saved["meta"]["split_hash"] = "other"
    config.write_text(json.dumps(saved))
    try:
        assert main([verb[0], str(dataset), "--checkpoint", str(checkpoint), *verb[1:]]) == 2
    finally:
        config.write_text(before)
    assert "sasrec was trained on another split (other)" in capsys.readouterr().err
