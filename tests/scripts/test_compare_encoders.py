"""What the comparison of encoders stands on: rows that can be read."""

import numpy as np
import pandas as pd

from molar.storage.checkpoint import load_model, read_meta, weights_sha256
from scripts.compare_encoders import LINEAR, accuracy_rows, probe_rows

FACTS = {
    "dataset": "tiny",
    "data_hash": "0" * 16,
    "split": "validation",
    "seed": 0,
    "command": "",
    "weights_sha256": "",
}


def test_a_kind_of_vectors_gets_its_rows(tiny, tiny_vectors, tmp_path, monkeypatch):
    monkeypatch.setenv("MOLAR_HOME", str(tmp_path))
    rows = accuracy_rows(tiny.split, LINEAR, tiny_vectors, 1, 3, FACTS)
    folder = next((tmp_path / "compared").iterdir())
    assert read_meta(folder)["seed"] == rows[0]["seed"] == 3 and rows[0]["weights_sha256"] == weights_sha256(folder)
    assert load_model(folder).config.hidden == 0
    assert {row["slice"] for row in rows} >= {"all", "warm"} and {row["setting"] for row in rows} == {LINEAR}


def test_the_probe_reads_what_is_there_and_nothing_else():
    rng = np.random.default_rng(0)
    colours = np.repeat(["red", "blue"], 30)
    truth = pd.DataFrame({"colour": colours})
    noise = rng.standard_normal((len(truth), 4)).astype(np.float32)
    kinds = {"telling": noise + 9 * (colours == "red")[:, None], "random": noise}
    found = {row["setting"]: row["metrics"]["probe_accuracy"] for row in probe_rows(kinds, truth, FACTS, ("colour",))}
    assert found["telling"] == 1 and found["random"] < 0.8
