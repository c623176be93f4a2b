"""Models on disk: what was saved comes back, and anything else is refused."""

import json

import numpy as np
import pytest
import torch

from molar.core.errors import MolarError
from molar.models.content import ContentConfig, ContentUserEncoder
from molar.models.sasrec import SASRec, SASRecConfig
from molar.storage.checkpoint import load_model, read_meta, save_model, weights_sha256

HISTORY = [np.array([3, 1, 2])]


@pytest.fixture
def saved(tmp_path):
    torch.manual_seed(0)
    model = SASRec(SASRecConfig(n_items=5, dim=8, max_length=4)).eval()
    save_model(tmp_path, model, {"seed": 3})
    return tmp_path, model


def rewrite(folder, **changes):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | changes))


def test_an_id_model_comes_back(saved):
    folder, model = saved
    np.testing.assert_allclose(load_model(folder).user_vectors(HISTORY), model.user_vectors(HISTORY), atol=5e-3)
    assert read_meta(folder) == {"seed": 3}


def test_a_content_model_comes_back_without_its_item_vectors(tmp_path):
    model = ContentUserEncoder(ContentConfig(dim_in=6, dim=8, hidden=8))
    vectors = np.random.default_rng(0).normal(size=(6, 6)).astype(np.float32)
    model.set_item_vectors(vectors)
    model.fit_scaling(torch.arange(6) > 0)
    save_model(tmp_path, model, {})
    loaded = load_model(tmp_path)
    with pytest.raises(MolarError, match="set_item_vectors"):
        loaded.user_vectors(HISTORY)
    loaded.set_item_vectors(vectors)
    np.testing.assert_allclose(loaded.user_vectors(HISTORY), model.user_vectors(HISTORY), atol=5e-3)


def test_a_loaded_model_has_dropout_off(saved):
    assert not load_model(saved[0]).training


def test_nothing_half_written_stays(saved):
    assert sorted(path.name for path in saved[0].iterdir()) == ["config.json", "model.safetensors"]


@pytest.mark.parametrize(
    "changes, error",
    [
        ({"extra": 1}, "exactly"),
        ({"class": "Other"}, "names the class Other"),
        ({"config": {"n_items": 5, "dim": 8, "max_length": 4, "width": 2}}, "width"),
        ({"config": {"n_items": 6, "dim": 8, "max_length": 4}}, "size mismatch"),
        ({"weights_sha256": "0" * 64}, "not the file"),
    ],
)
def test_a_config_that_does_not_fit_is_refused(saved, changes, error):
    rewrite(saved[0], **changes)
    with pytest.raises(MolarError, match=error):
        load_model(saved[0])


def test_changed_weights_are_refused(saved):
    path = saved[0] / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-4] + b"\0\0\0\1")
    with pytest.raises(MolarError, match="not the file"):
        load_model(saved[0])


def test_an_empty_folder_says_what_to_do(tmp_path):
    with pytest.raises(MolarError, match="Train it first"):
        load_model(tmp_path)
    with pytest.raises(MolarError, match="Train it first"):
        weights_sha256(tmp_path)
