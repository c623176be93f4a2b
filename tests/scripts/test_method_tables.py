"""The method's tables: what rows say, beside what others published, and nothing where nothing is measured."""

import json
from pathlib import Path

import pytest
from standin_results import row, write

from scripts.method_tables import (
    ALIGNED,
    COLD,
    ENCODED,
    FULL,
    QUESTIONS,
    SEARCH,
    STAGE_1,
    cold_lines,
    dial_lines,
    headline_lines,
    method_lines,
)
from scripts.results_page import plots, results_page

SOURCE = {"dataset": "films", "data": "d" * 16, "n": 6040}


def minus(model, other, value, slice_="all", p=0.02, **facts):
    return row(
        model, slice_, value=value, variant=f"minus {other}", more={"p_value": p / 2, "p_holm": p}, **SOURCE | facts
    )


def full_rows():
    rows = []
    for place, model in enumerate(("random", "sasrec", "content", "molar", "molar-fused")):
        seeds = (0,) if model == "random" else (0, 1, 2)
        more = {"ndcg@20": 0.2 + 0.01 * place, "recall@20": 0.4 + 0.01 * place}
        rows += [
            row(model, value=round(0.1 + 0.01 * place + 0.001 * seed, 4), seed=seed, more=more, **SOURCE)
            for seed in seeds
        ]
    rows += [minus("molar", "content", 0.01), minus("molar", "sasrec", 0.02, p=0.0001)]
    for model, cosine in (("content", 0.01), ("molar", 0.83)):
        align = dict.fromkeys(
            (
                "align/shuffled_cosine",
                "align/retrieval_r@1",
                "align/retrieval_r@10",
                "align/retrieval_mrr",
                "align/retrieval_mrr_chance",
                "align/procrustes_paired_cosine",
                "align/procrustes_retrieval_mrr",
                "align/mutual_knn@10",
                "align/mutual_knn@10_chance",
                "align/debiased_cka",
                "align/alignment",
                "align/uniformity_content",
                "align/centroid_gap",
                "align/effective_rank_content",
            ),
            0.5,
        )
        align |= {"align/paired_cosine": cosine} | ({"delta_ndcg@10": 0.0123} if model == "molar" else {})
        rows.append(row(model, "held-out", value=0.1, more=align, **SOURCE | {"n": 600}))
    return rows


@pytest.fixture
def folder(tmp_path):
    """results/ with the headline, the ablation files and cold films."""
    write(tmp_path, Path(FULL).stem, full_rows())
    aligned = [
        row(label, value=0.1, **SOURCE) for label in ("molar", "content", "to-gru4rec", "alpha-1", "fusion-late")
    ]
    aligned += [
        minus("to-gru4rec", "molar", -0.003),
        minus("to-gru4rec", "content", 0.001),
        minus("alpha-1", "molar", 0.002),
    ]
    aligned += [minus("fusion-late", "molar", 0.005), minus("molar", "content", 0.004)]
    write(tmp_path, Path(ALIGNED).stem, aligned)
    encoded = [row(label, value=0.1, **SOURCE) for label in ("molar", "content", "image-only", "random-linear")]
    encoded += [
        minus("image-only", "molar", -0.02),
        minus("random-linear", "molar", -0.03),
        minus("molar", "content", 0.004),
    ]
    write(tmp_path, Path(ENCODED).stem, encoded)
    tuned = [
        row(label, value=0.1, seed=seed, **SOURCE) for label in ("molar", "content", "without-it") for seed in (0, 1, 2)
    ]
    tuned += [minus("without-it", "molar", -0.006)]
    tuned += [row("molar", value=0.09, variant="probe no-text", seed=seed, **SOURCE) for seed in (0, 1, 2)]
    tuned += [row("molar", value=0.131, variant="probe id-blanked", more={"no_op": 1.0}, **SOURCE)]
    tuned += [minus("molar", "probe no-text", 0.04), minus("molar", "probe id-blanked", 0.0)]
    write(tmp_path, Path(STAGE_1).stem, tuned)
    cold = [
        row(model, slice_, value=value, **SOURCE | {"n": 600})
        for slice_ in ("all", "cold")
        for model, value in (("popularity", 0.0), ("content-knn", 0.05), ("molar", 0.06))
    ]
    cold += [minus("molar", "content-knn", 0.011, "cold")]
    write(tmp_path, Path(COLD).stem, cold)
    return tmp_path


def test_nothing_measured_is_nothing_said(tmp_path):
    assert method_lines(tmp_path) == headline_lines(tmp_path) == cold_lines(tmp_path) == []
    assert "question by question" not in results_page(tmp_path)


def test_the_search_tells_what_each_trial_changed_and_which_was_chosen(tmp_path):
    start = ["align=none", "blocks=1"]
    trials = [
        {"settings": start, "validation_ndcg@10": 0.1, "best_epoch": 6},
        {"settings": [*start, "blocks=2"], "validation_ndcg@10": 0.14, "best_epoch": 7},
        {"settings": [*start, "blocks=3", "dropout=0.3"], "validation_ndcg@10": 0.12, "best_epoch": 8},
    ]
    about = {"epochs": 8, "data_hash": "d" * 16}
    (tmp_path / SEARCH).write_text(json.dumps({"trials": [trial | about for trial in trials]}))
    lines = method_lines(tmp_path)
    assert "| the start | 0.100 | 6 |" in lines and "| `blocks=2` | 0.140, chosen | 7 |" in lines
    assert "| `blocks=3`, `dropout=0.3` | 0.120 | 8 |" in lines


def test_the_headline_has_seeds_aims_and_claims(folder):
    text = "\n".join(headline_lines(folder))
    assert "| **molar**, aligned | 0, 1, 2 | 0.131 ± 0.001 | 0.230 ± 0.000 | 0.262 ± 0.002 |" in text
    assert "| *aim: Molar, the paper* |  | .1768 |  | .3124 |  |" in text and "| .1893 |  | .3294 |" in text
    assert "| **molar**, aligned minus SASRec | +0.020 [+0.014, +0.026], p < .001 |" in text
    assert "fused with ids minus" not in text  # not measured: no line
    assert f"`{'d' * 16}`" in text and "python -m molar evaluate X" in text


def test_the_papers_tables_stand_beside_ours(folder):
    text = "\n".join(method_lines(folder))
    assert "| image only | .0182 | -8 % | 0.100 [0.094, 0.106] | -0.020 [-0.026, -0.014], p = .020 |" in text
    assert "| without alignment | .0182 | -8 % | 0.100 [0.094, 0.106] | -0.004 [-0.010, +0.002], p = .020 |" in text
    assert "| without IT | .0186 | -6 % | 0.100 ± 0.000 | -0.006 [-0.012, +0.000], p = .020 |" in text
    assert "| without IT | .0186 | -6 % | – | – |" in text  # where stage 1 was run on other items
    assert "ours on films, seeds 0, 1, 2: exploratory." in text and "ours on films, one seed: exploratory." in text
    assert "| GRU4Rec | .0195 | -1 % | 0.100 [0.094, 0.106] | -0.003 [-0.009, +0.003], p = .020 |" in text
    assert "| fixed random vectors, linear adapter | 0.100 [0.094, 0.106] | +0.030 [+0.024, +0.036], p = .020 |" in text


def test_every_question_with_rows_is_answered_in_one_row(folder):
    text = "\n".join(method_lines(folder))
    asked = [question.asked for question in QUESTIONS]
    answered = [one for one in asked if f"| {one} | " in text]
    assert set(asked) - set(answered) == {
        "Aligning items, or items as well as users",
        "Sensitivity to τ (default 0.1)",
        "Is it the ID tower's knowledge, or mere regularisation? Random targets, shuffled users",
    }
    cold = next(line for line in text.splitlines() if line.startswith("| Cold items |"))
    assert "content-kNN +0.011" in cold and "`results/ml1m-cold.json`" in cold


def test_alignment_never_stands_without_accuracy(folder):
    text = "\n".join(method_lines(folder))
    assert "| **molar**, aligned, 0 | 0.012 [0.006, 0.018] | 0.830 | 0.500 |" in text
    assert "| content only, 0 | – | 0.010 | 0.500 |" in text


def test_probes_say_what_they_cost_and_which_is_none(folder):
    text = "\n".join(method_lines(folder))
    assert "| **molar**, aligned | no-text | 0.090 ± 0.000 | +0.040 [+0.034, +0.046], p = .020 |" in text
    assert "id-blanked, no operation: the ID tower is not asked when items are ranked" in text
    page = results_page(folder)
    assert "minus probe" not in page


def test_the_page_shows_towers_once_they_are_measured(folder):
    page = results_page(folder)
    assert (
        "## MovieLens-1M in full, content and alignment" in page
        and "## MovieLens-1M, a tenth of its films cold" in page
    )
    assert plots(folder) == {}


def test_a_difference_turned_round_keeps_its_interval(folder):
    (line,) = [line for line in cold_lines(folder) if line.startswith("| content-kNN")]
    assert "+0.011 [+0.005, +0.017], p = .020" in line
    assert json.loads((folder / COLD).read_text())


def test_each_dial_says_what_alignment_adds_on_warm_and_cold_items(tmp_path):
    shop = {"dataset": "shop", "n": 200}
    for dial in (0, 50, 100):
        rows = [
            row(model, slice_, value=0.1, seed=seed, **shop)
            for model in ("content", "molar")
            for slice_ in ("all", "warm", "cold")
            for seed in (0, 1)
        ]
        write(tmp_path, f"demo-dial-{dial}", [*rows, minus("molar", "content", dial / 10_000, "warm", **shop)])
    lines = dial_lines(tmp_path)
    assert [
        one
        for one in lines
        if "| warm |" in one and "+0.005 [-0.001, +0.011], p = .020" in one and one.startswith("| 50 %")
    ]
    assert "seeds 0, 1." in lines[0] and len([one for one in lines if "| cold |" in one]) == 3


def test_dials_of_id_models_alone_have_no_such_table(tmp_path):
    write(tmp_path, "demo-dial-0", [row("sasrec", value=0.1)])
    assert dial_lines(tmp_path) == []
