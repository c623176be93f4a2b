"""Curves over offsets of trained models, without measuring anything else."""

import json
import sys

import pytest

from molar.cli.main import main
from molar.encoder.vectors import save_vectors
from molar.evaluation.new_items import OFFSETS
from molar.experiments.offsets import FIELDS, LIST, read_offsets
from scripts import cold_offsets


@pytest.fixture(scope="module")
def trained(tmp_path_factory, tiny, tiny_vectors):
    """A folder with vectors.safetensors and content models of two seeds."""
    home = tmp_path_factory.mktemp("home")
    save_vectors(home / "vectors.safetensors", tiny_vectors, tiny.dataset, {"encoder": "random"})
    for seed in ("0", "1"):
        sizes = [part for setting in ("dim=8", "heads=1", "max_length=5", "align=none") for part in ("--set", setting)]
        assert (
            main(
                [
                    "train-content",
                    str(tiny.dataset.root),
                    "--checkpoint",
                    str(home / "models"),
                    "--name",
                    f"content/seed-{seed}",
                    "--seed",
                    seed,
                    "--vectors",
                    str(home / "vectors.safetensors"),
                    "--epochs",
                    "1",
                    *sizes,
                ]
            )
            == 0
        )
    return home


def test_the_command_replaces_its_own_lines_alone(trained, tiny, tmp_path, monkeypatch, capsys):
    out = tmp_path / "offsets.json"
    other = dict.fromkeys(FIELDS, "") | {"dataset": "other", "model": "molar", "seed": 0}
    out.write_text(json.dumps({LIST: [other]}))
    arguments = [
        str(tiny.dataset.root),
        str(trained / "models"),
        "--vectors",
        str(trained / "vectors.safetensors"),
        "--out",
        str(out),
    ]
    monkeypatch.setattr(sys, "argv", ["cold_offsets", *arguments])
    for _ in range(2):
        assert cold_offsets.main() == 0
    lines = read_offsets(out)
    assert [(line["model"], line["seed"]) for line in lines] == [("molar", 0), ("content", 0), ("content", 1)]
    assert all(line["split"] == "validation" and len(line["all"]) == len(OFFSETS) for line in lines[1:])
    monkeypatch.setattr(sys, "argv", ["cold_offsets", str(tmp_path / "none"), *arguments[1:]])
    assert cold_offsets.main() == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith("error: ")
