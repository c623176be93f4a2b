"""A trained checkpoint that all verbs share."""

import pytest

from molar.cli.main import main
from molar.encoder.vectors import save_vectors


@pytest.fixture(scope="package")
def world(tmp_path_factory, tiny, tiny_vectors):
    """A dataset folder and a checkpoint folder with trained models: (dataset, checkpoint)."""
    checkpoint = tmp_path_factory.mktemp("checkpoint")
    save_vectors(checkpoint / "vectors.safetensors", tiny_vectors, tiny.dataset, {"encoder": "random"})
    folders = [str(tiny.dataset.root), "--checkpoint", str(checkpoint)]
    assert main(["train-id", *folders, "--epochs", "1"]) == 0
    assert main(["train", *folders, "--epochs", "1"]) == 0
    return str(tiny.dataset.root), str(checkpoint)
