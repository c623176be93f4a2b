"""Cold items under offsets: the trade between warm and cold, beside ranks counted by hand; and its table."""

import dataclasses
import json
import sys

import numpy as np
import pytest

from molar.cli.main import main
from molar.core.errors import MolarError
from molar.encoder.vectors import load_vectors, save_vectors
from molar.evaluation.metrics import ndcg
from molar.evaluation.ranking import ModelScorer, evaluate_ranks
from molar.experiments.results import read_entries
from molar.storage.checkpoint import load_trained
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


@pytest.fixture(scope="module")
def content_0(trained, tiny):
    vectors = load_vectors(trained / "vectors.safetensors", tiny.dataset, read_pictures=False)
    return load_trained(trained / "models" / "content" / "seed-0", tiny.split, vectors)


def test_without_an_offset_the_ranks_are_those_of_the_evaluation(content_0, tiny):
    curve = cold_offsets.offset_curve(content_0, tiny.split)
    gains = ndcg(evaluate_ranks(ModelScorer("content", content_0, tiny.split), tiny.split, "validation"), 10)
    assert curve["all"][cold_offsets.OFFSETS.index(0)] == pytest.approx(gains.mean(), abs=1e-6)
    assert np.all(np.diff(curve["cold"]) >= 0) and np.all(np.diff(curve["warm"]) <= 0)
    assert curve["among_cold"] >= max(curve["cold"]) and curve["n_cold"] == 2


def test_without_cold_targets_there_is_nothing_to_trade(content_0, tiny):
    all_warm = dataclasses.replace(tiny.split, cold=np.zeros_like(tiny.split.cold))
    with pytest.raises(MolarError, match="no users of both kinds"):
        cold_offsets.offset_curve(content_0, all_warm)


def test_the_command_replaces_its_own_lines_alone(trained, tiny, tmp_path, monkeypatch, capsys):
    out = tmp_path / "offsets.json"
    out.write_text(json.dumps({"towers": [{"dataset": "other", "model": "molar", "seed": 0}]}))
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
    lines = read_entries(out, cold_offsets.LIST)
    assert [(line["model"], line["seed"]) for line in lines] == [("molar", 0), ("content", 0), ("content", 1)]
    assert all(line["split"] == "validation" and len(line["all"]) == len(cold_offsets.OFFSETS) for line in lines[1:])
    monkeypatch.setattr(sys, "argv", ["cold_offsets", str(tmp_path / "none"), *arguments[1:]])
    assert cold_offsets.main() == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith("error: ")
