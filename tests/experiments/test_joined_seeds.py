"""Checkpoints of several seeds, each with all of its models, measured by one command."""

from pathlib import Path

import pytest

from molar.cli.main import main
from molar.encoder.vectors import save_vectors
from molar.experiments.results import DIFFERENCE, OWN, read_rows
from molar.storage.trained import find_everything, find_id_models

SMALL = [part for setting in ("dim=8", "heads=1", "max_length=5") for part in ("--set", setting)]


@pytest.fixture(scope="module")
def home(tmp_path_factory, tiny, tiny_vectors) -> Path:
    """seed-0 and seed-1, each made by train-id and train."""
    home = tmp_path_factory.mktemp("seeds")
    for seed in ("0", "1"):
        folder = home / f"seed-{seed}"
        save_vectors(folder / "vectors.safetensors", tiny_vectors, tiny.dataset, {"encoder": "random"})
        given = [str(tiny.dataset.root), "--checkpoint", str(folder), "--epochs", "1", "--seed", seed, *SMALL]
        assert main(["train-id", *given]) == 0 and main(["train", *given]) == 0
    return home


def test_what_each_seed_joins_is_one_model_of_that_seed_and_compared_with_all(home, tiny, tmp_path):
    vectors, out = home / "seed-0" / "vectors.safetensors", tmp_path / "found.json"
    given = [str(tiny.dataset.root), str(home), "--id-model", str(home), "--vectors", str(vectors), "--out", str(out)]
    assert main(["evaluate-content", *given]) == 0
    rows = [row for row in read_rows(out) if row["slice"] == "all" and row["split"] == "test"]
    seeds = [row["seed"] for row in rows if (row["model"], row["kind"]) == ("everything", OWN)]
    assert seeds == [0, 1]
    others = {row["other"] for row in rows if (row["model"], row["kind"]) == ("everything", DIFFERENCE)}
    assert {"content", "molar", "sasrec", "slist", "item-knn", "content-knn", "everything-content"} <= others


def test_what_is_solved_in_closed_form_is_one_model_in_all_seeds(home):
    labels = [name for name in find_id_models([home]).values() if name[0] == "slist"]
    assert labels == [("slist", 0)] and [path.name for path in find_everything([home])] == ["seed-0", "seed-1"]
