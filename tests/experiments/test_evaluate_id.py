"""ID models side by side: labels, seeds, comparisons, curves, and what is refused. Real models after one epoch."""

import json
import shutil

import numpy as np
import pytest

from molar.cli.main import main
from molar.core.errors import MolarError
from molar.experiments.curves import read_curves
from molar.experiments.evaluate import Options
from molar.experiments.evaluate_id import comparisons, evaluate_id_models
from molar.experiments.results import COST, DIFFERENCE, OWN, read_rows
from molar.experiments.rows import Run, Source
from molar.storage.checkpoint import CONFIG
from molar.storage.trained import find_id_models


def train(root, checkpoint, name, *more):
    small = [part for setting in ("dim=8", "heads=1", "blocks=1", "max_length=5") for part in ("--set", setting)]
    assert (
        main(["train-id", str(root), "--checkpoint", str(checkpoint), "--name", name, "--epochs", "1", *small, *more])
        == 0
    )


@pytest.fixture(scope="module")
def world(tmp_path_factory, tiny):
    """(dataset folder, folder of models): one label in two seeds, another in one, a third split by time."""
    root, models = tiny.dataset.root, tmp_path_factory.mktemp("models")
    for seed in ("0", "1"):
        train(root, models, f"plain/seed-{seed}", "--seed", seed)
    train(root, models, "pairs", "--set", "kind=bce")
    train(root, models.parent / f"{models.name}-by-time", "timed", "--split", "temporal")
    return root, models


@pytest.fixture(scope="module")
def out(world, tmp_path_factory):
    root, models = world
    path = tmp_path_factory.mktemp("results") / "shop-id.json"
    assert main(["evaluate-id", str(root), str(models), "--out", str(path)]) == 0
    return path


def models_of(rows, **wanted):
    return sorted((row["model"], row["seed"]) for row in rows if row["kind"] == OWN and wanted.items() <= row.items())


def test_every_model_and_seed_has_a_row_and_baselines_have_one(out):
    rows = read_rows(out)
    expected = [("item-knn", 0), ("pairs", 0), ("plain", 0), ("plain", 1), ("popularity", 0), ("random", 0)]
    for split in ("validation", "test"):
        assert models_of(rows, split=split, slice="all") == expected
    assert {
        row["weights_sha256"] != "" for row in rows if row["model"] in ("plain", "pairs") and row["kind"] == OWN
    } == {True}
    assert all(
        {"coverage@10", "gini@10"} <= set(row["metrics"])
        for row in rows
        if row["slice"] == "all" and row["kind"] == OWN
    )


def test_rows_of_trained_models_say_what_the_training_cost(out):
    rows = [row for row in read_rows(out) if row["kind"] == OWN and row["slice"] == "all" and row["split"] == "test"]
    told = {row["model"]: set(COST) <= set(row["metrics"]) for row in rows}
    assert {model for model, known in told.items() if known} == {"plain", "pairs"}
    assert {row["metrics"]["epochs"] for row in rows if row["model"] == "plain"} == {1}


def test_buckets_and_differences_are_of_the_test_split(out):
    rows = read_rows(out)
    assert {row["slice"] for row in rows if row["split"] == "validation"} == {"all"}
    assert {row["split"] for row in rows if row["kind"] == DIFFERENCE} == {"test"}
    assert any(row["slice"].startswith("popularity 1") for row in rows)


def test_seeds_are_averaged_before_models_are_compared(out):
    rows = [row for row in read_rows(out) if row["split"] == "test" and row["slice"] == "all"]
    of = {
        name: [row["metrics"]["ndcg@10"] for row in rows if row["model"] == name and row["kind"] == OWN]
        for name in ("plain", "pairs")
    }
    (row,) = [row for row in rows if {row["model"], row["other"]} == {"plain", "pairs"}]
    sign = 1 if row["model"] == "plain" else -1
    assert row["metrics"]["ndcg@10"] == pytest.approx(sign * (np.mean(of["plain"]) - of["pairs"][0]), abs=2e-6)
    assert {row["metrics"]["seeds"], row["metrics"]["seeds_other"]} == {1, 2}
    assert row["metrics"]["p_value"] <= row["metrics"]["p_holm"] <= 1


def test_curves_lie_beside_the_results(out):
    curves = read_curves(out)
    assert [(curve["model"], curve["seed"]) for curve in curves] == [("pairs", 0), ("plain", 0), ("plain", 1)]
    assert all(curve["curve"][0]["epoch"] == 1 and "ndcg@10" in curve["curve"][0] for curve in curves)
    assert curves[0]["command"].startswith("python -m molar train-id")


def test_one_folder_more_keeps_models_and_replaces_the_family(world, out, tmp_path):
    root, models = world
    path = shutil.copy(out, tmp_path / "more.json")
    evaluate_id_models(root, [models / "plain" / "seed-1"], path)
    rows = read_rows(path)
    assert models_of(rows, split="test", slice="all") == models_of(read_rows(out), split="test", slice="all")
    assert {frozenset((row["model"], row["other"])) for row in rows if row["kind"] == DIFFERENCE} == {
        frozenset(("plain", "item-knn"))
    }


def test_a_split_by_time_has_a_name_of_its_own(world, tmp_path):
    root, models = world
    timed = models.parent / f"{models.name}-by-time"
    rows = evaluate_id_models(root, [timed], tmp_path / "timed.json", Options(strategy="temporal"))
    assert {row["dataset"] for row in rows} == {"tiny, split by time"}


def test_a_model_of_another_split_is_refused(world, tmp_path):
    root, models = world
    with pytest.raises(MolarError, match="trained on another split"):
        evaluate_id_models(root, [models], tmp_path / "out.json", Options(strategy="temporal"))
    assert not (tmp_path / "out.json").exists()


def test_a_folder_without_models_is_refused(tmp_path):
    with pytest.raises(MolarError, match="no trained ID model in"):
        find_id_models([tmp_path])


def test_two_models_of_one_name_are_refused_and_copies_are_one(world, tmp_path):
    for name in ("a", "b"):
        shutil.copytree(world[1] / "pairs", tmp_path / name)
    assert find_id_models([tmp_path]) == {tmp_path / "a": ("pairs", 0)}
    shutil.copytree(world[1] / "plain" / "seed-0", tmp_path / "c")
    config = json.loads((tmp_path / "c" / CONFIG).read_text())
    (tmp_path / "c" / CONFIG).write_text(json.dumps(config | {"meta": config["meta"] | {"label": "pairs"}}))
    with pytest.raises(MolarError, match="are both pairs with seed 0"):
        find_id_models([tmp_path])


def test_content_models_are_passed_over_in_a_folder_and_refused_by_name(world, tmp_path):
    shutil.copytree(world[1] / "pairs", tmp_path / "pairs")
    shutil.copytree(world[1] / "pairs", tmp_path / "content")
    config = json.loads((tmp_path / "content" / CONFIG).read_text())
    (tmp_path / "content" / CONFIG).write_text(json.dumps(config | {"class": "ContentUserEncoder"}))
    assert list(find_id_models([tmp_path])) == [tmp_path / "pairs"]
    with pytest.raises(MolarError, match="needs item vectors"):
        evaluate_id_models(world[0], [tmp_path / "content"], tmp_path / "out.json")


def test_the_better_one_by_validation_comes_first():
    good, bad, middle = (np.full(4, rank) for rank in (1, 9, 3))
    runs = [Run("random", good), Run("popularity", good), Run("item-knn", bad), Run("a", middle)]
    runs += [Run("b", good, Source(seed)) for seed in (0, 1)]
    assert comparisons(runs) == [("b", "a"), ("b", "item-knn"), ("a", "item-knn")]
