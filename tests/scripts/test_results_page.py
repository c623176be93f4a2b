"""docs/results.md and its plots are what results/*.json give, and say what is missing."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

from molar.core.errors import MolarError
from molar.experiments.curves import KEY, curves_path, read_curves, write_curves
from molar.experiments.results import OWN, write_rows
from molar.experiments.rows import Run, Source, rows_for
from scripts.draw_curves import curves_svg, nice_ticks, whole_ticks
from scripts.results_page import CHAPTERS, plots, results_page


def test_the_page_shows_what_was_measured():
    assert Path("docs/results.md").read_text(encoding="utf-8") == results_page()


def test_the_plots_show_what_was_measured():
    stored = {path.name: path.read_text(encoding="utf-8") for path in Path("docs/results").glob("*.svg")}
    assert stored == plots()


def test_a_file_that_is_not_there_is_a_line_with_its_command(tmp_path):
    page = results_page(tmp_path)
    for chapter in CHAPTERS:
        assert f"`results/{chapter.file}` is not there yet: `{chapter.command}` makes it." in page


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


def numbers(folder, model, slice="all"):
    rows = json.loads((folder / "ml1m-id.json").read_text())["rows"]
    return [
        row["metrics"]["ndcg@10"] for row in rows if (row["model"], row["slice"], row["kind"]) == (model, slice, OWN)
    ]


def test_seeds_are_shown_by_their_mean_and_deviation(folder):
    found = numbers(folder, "sasrec-bce")
    assert f"| SASRec, BCE | 0, 1, 2 | {np.mean(found):.3f} ± {np.std(found, ddof=1):.3f} |" in results_page(folder)


def test_a_table_names_its_command_data_and_weights(folder):
    page = results_page(folder)
    assert f"films, data `{'d' * 16}`, by `python -m molar evaluate-id films`." in page
    assert f"SASRec, BCE 2 `{'2' * 16}`" in page


def test_lists_buckets_and_differences_have_their_tables(folder):
    page = results_page(folder)
    assert "| item-kNN | 0.500 | 0.250 | – |" in page
    assert "| NDCG@10 by popularity | 1 (7 items): 90 |" in page
    assert ", p < .001 |" in page and "| SASRec, BCE minus item-kNN | +" in page


def test_published_numbers_stand_by_the_whole_of_movielens_alone(folder):
    assert results_page(folder).count("Published elsewhere") == 1


def curve(model, seed=0, values=(0.01, 0.05, 0.04), **more):
    points = [{"epoch": epoch, "ndcg@10": value} for epoch, value in enumerate(values, start=1)]
    told = {"dataset": "films", "data_hash": "d", "split_hash": "s", "model": model, "seed": seed, "command": "train"}
    return told | {"weights_sha256": "w", "curve": points} | more


def test_a_plot_has_a_line_a_seed_and_marks_the_best_epoch():
    svg = curves_svg([curve("a"), curve("a", 1, (0.02, 0.03, 0.06)), curve("b & c")], "Films <all>")
    root = ET.fromstring(svg)
    lines = root.findall("{*}polyline")
    assert len(lines) == 3 and len({line.get("stroke") for line in lines}) == 2
    best = root.findall("{*}circle")[0]
    assert f"{best.get('cx')},{best.get('cy')}" == lines[0].get("points").split()[1]
    assert {"a, 2 seeds", "b & c"} <= {text.text for text in root.findall("{*}text")}
    assert svg == curves_svg([curve("a"), curve("a", 1, (0.02, 0.03, 0.06)), curve("b & c")], "Films <all>")


def test_ticks_are_round_and_reach_the_highest():
    assert nice_ticks(0, 0.134) == pytest.approx([0, 0.05, 0.1, 0.15])
    assert nice_ticks(0, 0.12) == pytest.approx([0, 0.02, 0.04, 0.06, 0.08, 0.1, 0.12])
    assert whole_ticks(3) == [1, 2, 3] and whole_ticks(30) == [1, 5, 10, 15, 20, 25, 30]


def test_curves_are_merged_by_model_seed_and_split(tmp_path):
    results = tmp_path / "films.json"
    write_curves(results, [curve("a"), curve("a", 1), curve("b", data_hash="old", dataset="gone")])
    write_curves(results, [curve("a", 1, (0.9,)), curve("a", split_hash="t"), curve("b", dataset="gone")])
    found = {tuple(one[name] for name in KEY): one["curve"][0]["ndcg@10"] for one in read_curves(results)}
    films = {("films", "s", "a", 0): 0.01, ("films", "s", "a", 1): 0.9, ("films", "t", "a", 0): 0.01}
    assert found == films | {("gone", "s", "b", 0): 0.01}


def test_another_file_is_not_taken_for_curves(tmp_path):
    results = tmp_path / "films.json"
    curves_path(results).write_text('{"rows": []}')
    with pytest.raises(MolarError, match=r"films-curves.json is not a results file with curves"):
        write_curves(results, [curve("a")])
