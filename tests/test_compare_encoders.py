"""What the comparison of encoders stands on: cold items that are cold, and rows that can be read."""

import numpy as np

from molar.split import leave_one_out
from scripts.compare_encoders import RANDOM, accuracy_rows, with_cold_items

FACTS = {"dataset": "tiny", "data_hash": "0" * 16, "split": "validation", "seed": 0, "command": "", "weights_sha256": ""}


def test_items_made_cold_are_in_no_training_prefix_but_stay_targets(tiny):
    made = with_cold_items(tiny.dataset, 0.3)
    split = leave_one_out(made)
    cold = np.flatnonzero(split.cold)
    assert len(cold) >= round(0.3 * made.n_items)
    for user in range(made.n_users):
        assert np.array_equal(made.history(user)[-2:], tiny.dataset.history(user)[-2:])
    assert made.data_hash != tiny.dataset.data_hash


def test_a_kind_of_vectors_gets_its_rows(tiny, tiny_vectors, tmp_path, monkeypatch):
    monkeypatch.setenv("MOLAR_HOME", str(tmp_path))
    rows = accuracy_rows(tiny.split, RANDOM, tiny_vectors, 1, 0, FACTS)
    assert rows[0]["slice"] == "all" and rows[0]["variant"] == RANDOM and 0 <= rows[0]["metrics"]["ndcg@10"] <= 1
