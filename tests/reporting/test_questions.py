"""The method's questions: what rows say, beside what the paper published, and nothing where nothing is measured."""

import json

import pytest
from standin_results import minus, row, write

from molar.reporting.markdown import section_lines
from molar.reporting.questions import (
    ALIGNMENT,
    COLD,
    ENCODERS,
    FINE_TUNING,
    FULL,
    QUESTIONS,
    SEARCH,
    questions,
)

SOURCE = {"dataset": "films", "data": "d" * 16, "n": 6040}


def differences(found: dict, **facts) -> list[dict]:
    return [minus(*pair, value=value, p=0.02, **SOURCE | facts) for pair, value in found.items()]


@pytest.fixture
def folder(tmp_path):
    """results/ with ablation files, MovieLens-1M in full and with cold films."""
    write(
        tmp_path, FULL, [row("molar", **SOURCE), *differences({("molar", "content"): 0.01, ("molar", "sasrec"): 0.02})]
    )
    aligned = {
        ("to-gru4rec", "molar"): -0.003,
        ("alpha-1", "molar"): 0.002,
        ("fusion-late", "molar"): 0.005,
        ("molar", "content"): 0.004,
    }
    models = ("molar", "content", "to-gru4rec", "alpha-1", "fusion-late")
    write(tmp_path, ALIGNMENT, [row(label, **SOURCE) for label in models] + differences(aligned))
    encoded = {("image-only", "molar"): -0.02, ("random-linear", "molar"): -0.03, ("molar", "content"): 0.004}
    models = ("molar", "content", "image-only", "random-linear")
    write(tmp_path, ENCODERS, [row(label, **SOURCE) for label in models] + differences(encoded))
    tuned = [row(label, seed=seed, **SOURCE) for label in ("molar", "content", "without-it") for seed in range(3)]
    tuned += differences({("without-it", "molar"): -0.006})
    tuned += [minus("molar", ablation="no-text", value=0.04, p=0.02, **SOURCE)]
    write(tmp_path, FINE_TUNING, tuned)
    cold = [minus("molar", "content-knn", "cold", value=0.011, p=0.02, **SOURCE)]
    write(tmp_path, COLD, [row("molar", "cold", **SOURCE), *cold])
    return tmp_path


def text(folder) -> str:
    return "\n".join(line for section in questions(folder) for line in section_lines(section))


def test_nothing_measured_is_nothing_said(tmp_path):
    assert questions(tmp_path) == []


def test_the_papers_tables_stand_beside_ours(folder):
    found = text(folder)
    assert "| image only | .0182 | -8 % | 0.100 [0.094, 0.106] | -0.020 [-0.026, -0.014], p = .020 |" in found
    assert "| without IT | .0186 | -6 % | 0.100 ± 0.000 | -0.006 [-0.012, +0.000], p = .020 |" in found
    assert "| without IT | .0186 | -6 % | – | – |" in found  # where the encoder was fine-tuned on other items
    assert "ours on films, seeds 0, 1, 2: exploratory." in found
    assert "ours on films, one seed: exploratory." in found
    assert "| GRU4Rec | .0195 | -1 % | 0.100 [0.094, 0.106] | -0.003 [-0.009, +0.003], p = .020 |" in found


def test_a_difference_that_was_measured_the_other_way_is_turned_round(folder):
    found = text(folder)
    assert "| without alignment | .0182 | -8 % | 0.100 [0.094, 0.106] | -0.004 [-0.010, +0.002], p = .020 |" in found
    assert (
        "| fixed random vectors, linear adapter | 0.100 [0.094, 0.106] | +0.030 [+0.024, +0.036], p = .020 |" in found
    )


def test_every_question_with_rows_is_answered_in_one_row(folder):
    found = text(folder)
    asked = [question.asked for question in QUESTIONS]
    answered = [one for one in asked if f"| {one} | " in found]
    assert set(asked) - set(answered) == {
        "Aligning items, or items as well as users",
        "Sensitivity to τ (default 0.1)",
        "Is it the ID model's knowledge, or mere regularisation? Random targets, shuffled users",
    }
    cold = next(line for line in found.splitlines() if line.startswith("| Cold items |"))
    assert "content-kNN +0.011" in cold
    assert "`results/ml1m-cold.json`" in cold
    assert "no text costs Molar +0.040 [+0.034, +0.046], p = .020" in found


def test_the_search_tells_what_each_trial_changed_and_which_was_chosen(tmp_path):
    start = ["align=none", "blocks=1"]
    trials = [
        {"settings": start, "validation_ndcg@10": 0.1, "best_epoch": 6},
        {"settings": [*start, "blocks=2"], "validation_ndcg@10": 0.14, "best_epoch": 7},
        {"settings": [*start, "blocks=3", "dropout=0.3"], "validation_ndcg@10": 0.12, "best_epoch": 8},
    ]
    about = {"epochs": 8, "data_hash": "d" * 16}
    (tmp_path / SEARCH).write_text(json.dumps({"trials": [trial | about for trial in trials]}))
    found = text(tmp_path)
    assert "| the start | 0.100 | 6 |" in found
    assert "| `blocks=2` | 0.140, chosen | 7 |" in found
    assert "| `blocks=3`, `dropout=0.3` | 0.120 | 8 |" in found
