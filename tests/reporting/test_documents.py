"""The documents' pages from a folder of results: what they show, and what they say is missing."""

from pathlib import Path

import numpy as np
import pytest
from standin_results import curve, minus, row, write

from molar.data.segments import NO_VARIANT, VARIANT
from molar.experiments.curves import write_curves
from molar.experiments.results import read_rows, write_rows
from molar.experiments.rows import Run, Source, rows_for
from molar.reporting import labels, report
from molar.reporting.documents import pages


def test_a_file_that_is_not_there_is_a_line_with_its_command(tmp_path):
    page = pages(tmp_path)["results.md"]
    for name, known in labels.RUNS.items():
        assert f"`results/{name}.json` is not there yet: `{known.command}` makes it." in page


@pytest.fixture
def folder(tmp_path):
    """results/ with ml1m-id.json: one model in three seeds, one in one; a target is warm or cold, by turns."""
    rng, n = np.random.default_rng(0), 400
    runs = [Run("item-knn", rng.integers(5, 200, n), of_lists={"coverage@10": 0.5, "gini@10": 0.25})]
    runs += [Run("sasrec-bce", rng.integers(1, 40, n), Source(seed, f"{seed}" * 64)) for seed in range(3)]
    masks = {"all": np.ones(n, bool), "warm": np.arange(n) % 2 == 0, "popularity 1 (7 items)": np.arange(n) < 90}
    facts = {"dataset": "films", "data_hash": "d" * 16, "split": "test", "command": "python -m molar evaluate-id films"}
    write_rows(tmp_path / "ml1m-id.json", rows_for(runs, masks, facts, [("sasrec-bce", "item-knn")]))
    return tmp_path


@pytest.fixture
def page(folder) -> str:
    return pages(folder)["results/ml1m-id.md"]


def test_seeds_are_shown_by_their_mean_and_deviation(folder, page):
    found = [
        one["metrics"]["ndcg@10"]
        for one in read_rows(folder / "ml1m-id.json")
        if (one["model"], one["slice"], one["kind"]) == ("sasrec-bce", "all", "own")
    ]
    assert f"| SASRec, BCE | 0, 1, 2 | {np.mean(found):.3f} ± {np.std(found, ddof=1):.3f} |" in page


def test_a_page_names_its_command_data_and_weights(page):
    assert f"films. Data `{'d' * 16}`, by `python -m molar evaluate-id films`." in page
    assert f"SASRec, BCE seed 2 `{'2' * 16}`" in page


def test_lists_buckets_and_differences_have_their_tables(page):
    assert "| item-kNN | 0.500 | 0.250 |" in page
    assert "popularity 1 (7 items), 90 users |" in page
    assert ", p < .001 |" in page
    assert "| SASRec, BCE minus item-kNN | +" in page


def test_curves_are_a_picture_beside_their_page(folder):
    write_curves(folder / "ml1m-id.json", [curve("sasrec-bce", data="d" * 16) | {"dataset": "films"}])
    made = pages(folder)
    assert "](ml1m-id.svg)" in made["results/ml1m-id.md"]
    assert made["results/ml1m-id.svg"].startswith("<svg")


def test_published_numbers_stand_by_the_whole_of_movielens_alone(tmp_path):
    for name, n in (("ml1m-id", 6040), ("ml1m-1500", 1500), ("ml1m-cold", 6040)):
        write(tmp_path, name, [row("sasrec", n=n)])
    assert [name for name, text in pages(tmp_path).items() if "HSTU-large" in text] == ["results/ml1m-id.md"]


def test_input_ablations_are_no_other_model(tmp_path):
    write(
        tmp_path, "demo", [row("molar"), row("content"), minus("molar", "content"), minus("molar", ablation="no-text")]
    )
    page = pages(tmp_path)["results/demo.md"]
    assert "Molar minus content" in page
    assert "minus no" not in page


def test_no_name_of_a_dataset_is_a_tag(tmp_path):
    hostile = "<img src=x>"
    write(tmp_path, "own", [row(hostile, dataset=hostile), row("molar", hostile, dataset=hostile)])
    assert not any("<img" in text for text in pages(tmp_path).values())


def test_the_pages_are_short_enough_to_read():
    assert max(len(one.read_text(encoding="utf-8").splitlines()) for one in Path("docs/results").glob("*.md")) < 300


def test_targets_of_which_a_variant_was_owned_have_a_section_of_their_own(tmp_path):
    rows = [row("molar", slice_, value=value) for slice_, value in (("all", 0.1), (VARIANT, 0.4), (NO_VARIANT, 0.05))]
    write(tmp_path, "fashion", rows)
    made = pages(tmp_path)["results/fashion.md"]
    assert report.BY_VARIANT in made and "| 0.400 [0.394, 0.406] | 0.050 [0.044, 0.056] |" in made
    assert report.OTHER_SLICES not in made
    assert "real purchases" in made
