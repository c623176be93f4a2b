"""A full disk: one sentence names the file, whatever is being saved; what was there stays, nothing half-written."""

import errno
import os

import pytest
import torch

from molar.core.errors import MolarError
from molar.core.io import write_json
from molar.encoder.item_encoder import Adapter
from molar.encoder.vectors import save_vectors
from molar.models.sasrec import SASRec, SASRecConfig
from molar.storage.checkpoint import save_model
from molar.training.loop import State, save_state


def small_model():
    torch.manual_seed(0)
    return SASRec(SASRecConfig(n_items=5, dim=8, max_length=4))


def state():
    model = small_model()
    return State(model.state_dict(), torch.optim.AdamW(model.parameters()))


SAVERS = {
    "vectors.safetensors": lambda folder, tiny, vectors: save_vectors(
        folder / "vectors.safetensors", vectors, tiny.dataset, {}
    ),
    "adapter.safetensors": lambda folder, *_: Adapter(4, 4).save(folder, {}),
    "model.safetensors": lambda folder, *_: save_model(folder, small_model(), {}),
    "training.safetensors": lambda folder, *_: save_state(folder / "training.safetensors", state(), "run"),
    "results.json": lambda folder, *_: write_json(folder / "results.json", {"rows": []}),
}


@pytest.mark.parametrize("name", SAVERS)
def test_a_full_disk_is_one_sentence_and_keeps_what_was_there(name, tiny, tiny_vectors, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    (tmp_path / name).write_bytes(b"old")
    monkeypatch.setattr("molar.core.io.os.fsync", full)
    with pytest.raises(MolarError, match=f"{name} could not be written .No space left on device.: free some space"):
        SAVERS[name](tmp_path, tiny, tiny_vectors)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {name: b"old"}


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(MolarError, match=r"model.safetensors could not be written .(Not a directory|File exists)"):
        save_model(tmp_path / "file", small_model(), {})
