"""Content models side by side: vectors and ID model of each, comparisons, seeds, input ablations, and what is refused."""

import shutil
from types import SimpleNamespace

import numpy as np
import pytest

from molar.cli.main import main
from molar.core.errors import MolarError
from molar.encoder.vectors import load_vectors, save_vectors
from molar.evaluation.metrics import ndcg
from molar.evaluation.new_items import Offset, choose_offset
from molar.evaluation.ranking import evaluate_ranks
from molar.experiments.entries import Trained
from molar.experiments.evaluate_content import (
    Content,
    Models,
    comparisons,
    evaluate_content_models,
    read_models,
    vector_files,
)
from molar.experiments.offsets import offsets_path, read_offsets
from molar.experiments.results import ABLATION, DIFFERENCE, OWN, read_rows
from molar.storage.trained import find_content_models

SMALL = [part for setting in ("dim=8", "heads=1", "blocks=1", "max_length=5") for part in ("--set", setting)]


@pytest.fixture(scope="module")
def world(tmp_path_factory, tiny, tiny_vectors):
    """(dataset folder, folder with vectors/, ids/ and contents/): content and molar in two seeds, four ablations in one."""
    root, home = str(tiny.dataset.root), tmp_path_factory.mktemp("home")
    rng = np.random.default_rng(5)
    for name, vectors in (
        ("vectors", tiny_vectors),
        ("text", rng.normal(size=(31, 6)).astype(np.float32)),
        ("vectors-no-text", tiny_vectors[:, ::-1].copy()),
    ):
        vectors[0] = 0
        save_vectors(home / "vectors" / f"{name}.safetensors", vectors, tiny.dataset, {"encoder": "random"})

    def train(verb, name, *more, sizes=SMALL):
        folder = home / ("ids" if verb == "train-id" else "contents")
        assert main([verb, root, "--checkpoint", str(folder), "--name", name, "--epochs", "1", *sizes, *more]) == 0

    own, text = (["--vectors", str(home / "vectors" / f"{name}.safetensors")] for name in ("vectors", "text"))
    for seed in ("0", "1"):
        sasrec = ["--id-model", str(home / "ids" / "sasrec" / f"seed-{seed}")]
        train("train-id", f"sasrec/seed-{seed}", "--seed", seed)
        train("train-content", f"content/seed-{seed}", "--seed", seed, *own, "--set", "align=none")
        train("train-content", f"molar/seed-{seed}", "--seed", seed, *own, *sasrec)
    gru4rec = [part for setting in ("dim=8", "hidden=8", "max_length=5") for part in ("--set", setting)]
    train("train-id", "gru4rec/seed-0", "--model", "gru4rec", sizes=gru4rec)
    train("train-content", "to-gru4rec/seed-0", *own, "--id-model", str(home / "ids" / "gru4rec" / "seed-0"))
    first = ["--id-model", str(home / "ids" / "sasrec" / "seed-0")]
    train("train-content", "joint/seed-0", *own, *first, "--set", "id_tower=joint")
    train("train-content", "late/seed-0", *own, *first, "--set", "align=none", "--set", "fusion=late")
    train("train-content", "on-text/seed-0", *text, "--set", "align=none")
    return root, home


def opened(world, tiny):
    _, home = world
    return read_models(tiny.split, [home / "contents"], [home / "ids"], [home / "vectors"])


def command(world, out, *more):
    root, home = world
    return [
        "evaluate-content",
        root,
        str(home / "contents"),
        "--id-model",
        str(home / "ids"),
        "--vectors",
        str(home / "vectors"),
        "--out",
        str(out),
        "--fused",
        "molar",
        *more,
    ]


@pytest.fixture(scope="module")
def out(world, tmp_path_factory):
    path = tmp_path_factory.mktemp("results") / "contents.json"
    assert main(command(world, path, "--ablations", "molar", "late", "sasrec")) == 0
    return path


@pytest.fixture(scope="module")
def rows(out):
    return read_rows(out)


def values(rows, model, **told):
    asked = {"model": model, "slice": "all", "split": "test", "kind": OWN} | told
    return [row["metrics"]["ndcg@10"] for row in rows if asked.items() <= row.items()]


def test_every_model_seed_and_baseline_has_its_row(rows):
    for split in ("validation", "test"):
        found = {model: len(values(rows, model, split=split)) for model in {row["model"] for row in rows}}
        assert found == {
            "random": 1,
            "popularity": 1,
            "item-knn": 1,
            "content-knn": 1,
            "content-knn, tf-idf": 1,
            "content-knn, text": 1,
            "gru4rec": 1,
            "sasrec": 2,
            "content": 2,
            "molar": 2,
            "to-gru4rec": 1,
            "on-text": 1,
            "joint": 1,
            "joint, ID tower": 1,
            "late": 1,
            "molar-fused": 2,
        }


def test_the_comparisons_are_those_that_the_method_asks(rows):
    pairs = {(row["model"], row["other"]) for row in rows if row["kind"] == DIFFERENCE and not row["ablation"]}
    assert pairs == {
        ("molar", "content"),
        ("molar", "sasrec"),
        ("molar", "gru4rec"),
        ("to-gru4rec", "molar"),
        ("to-gru4rec", "content"),
        ("on-text", "molar"),
        ("joint", "molar"),
        ("joint", "content"),
        ("late", "molar"),
        ("late", "content"),
        *(("molar-fused", other) for other in ("molar", "content", "sasrec", "gru4rec")),
        ("molar", "random"),
        ("molar", "popularity"),
        ("molar", "item-knn"),
        ("molar", "content-knn"),
        ("molar", "content-knn, tf-idf"),
        ("molar", "content-knn, text"),
    }


def test_a_difference_is_that_of_the_means_over_seeds(rows):
    (difference,) = values(rows, "molar", kind=DIFFERENCE, other="content")
    assert difference == pytest.approx(np.mean(values(rows, "molar")) - np.mean(values(rows, "content")), abs=2e-6)


def test_cold_items_are_told_in_three_numbers(world, tiny, out, rows):
    """Among themselves; beside warm ones at the offset that validation chooses; and at every offset."""
    one = next(one for one in opened(world, tiny).contents if (one.entry.label, one.entry.seed) == ("content", 1))
    offset = choose_offset(one.entry.scorer, tiny.split)
    asked = {"model": "content", "seed": 1, "split": "test", "kind": OWN}
    of = {row["slice"]: row["metrics"] for row in rows if asked.items() <= row.items()}
    ranks = evaluate_ranks(Offset(one.entry.scorer, tiny.split, offset), tiny.split, "test")
    assert of["all"]["ndcg@10"] == pytest.approx(ndcg(ranks, 10).mean(), abs=1e-6)
    assert [of[name]["new_items_offset"] for name in ("all", "warm", "cold")] == [offset] * 3
    assert of["among cold"]["ndcg@10"] >= of["cold"]["ndcg@10"] and "new_items_offset" not in of["among cold"]
    assert not values(rows, "sasrec", slice="among cold") and len(values(rows, "molar-fused", slice="among cold")) == 2
    lines = {(line["model"], line["seed"]): line for line in read_offsets(offsets_path(out))}
    line = lines["content", 1]
    assert max(line["all"]) == line["all"][line["offsets"].index(offset)] and line["split"] == "validation"
    assert {label for label, _ in lines} == {
        "content",
        "molar",
        "to-gru4rec",
        "on-text",
        "joint",
        "late",
        "molar-fused",
    }


def test_an_input_ablation_has_a_row_and_what_it_costs(rows):
    ablations = {(row["model"], row["ablation"]) for row in rows if row["kind"] == ABLATION}
    assert ablations == {
        ("molar", "no-text"),
        ("molar", "shuffled-history"),
        ("molar", "id-blanked"),
        ("late", "no-text"),
        ("late", "shuffled-history"),
        ("late", "id-blanked"),
        ("sasrec", "shuffled-history"),
    }
    (cost,) = values(rows, "molar", kind=DIFFERENCE, ablation="no-text")
    assert cost == pytest.approx(
        np.mean(values(rows, "molar")) - np.mean(values(rows, "molar", kind=ABLATION, ablation="no-text")), abs=2e-6
    )


def test_blanking_the_id_model_of_an_aligned_model_is_no_operation_and_says_so(rows):
    blanked = [
        row for row in rows if row["ablation"] == "id-blanked" and row["kind"] == ABLATION and row["slice"] == "all"
    ]
    assert {(row["model"], "no_op" in row["metrics"]) for row in blanked} == {("molar", True), ("late", False)}
    assert values(rows, "molar", kind=ABLATION, ablation="id-blanked") == values(rows, "molar")


def test_the_fused_score_notes_what_validation_chose(rows):
    noted = [
        row["metrics"] for row in rows if row["model"] == "molar-fused" and row["slice"] == "all" and row["kind"] == OWN
    ]
    assert (
        all({"weight", "new_items_offset"} <= set(metrics) and 0 <= metrics["weight"] <= 1 for metrics in noted)
        and len(noted) == 4
    )


def test_a_model_is_held_against_the_id_model_that_it_was_aligned_to(world, tiny):
    models = opened(world, tiny)
    partners = {
        (one.entry.label, one.entry.seed): (one.partner.label, one.partner.seed, one.aligned) for one in models.contents
    }
    assert partners[("molar", 1)] == ("sasrec", 1, True)
    assert partners[("to-gru4rec", 0)] == ("gru4rec", 0, True)
    assert partners[("content", 1)] == ("sasrec", 1, False)
    assert next(one for one in models.contents if one.entry.label == "on-text").reads.vectors.stem == "text"


def test_an_id_model_that_is_not_named_is_asked_for(world, tmp_path):
    root, home = world
    with pytest.raises(MolarError, match="was aligned to an ID model that --id-model does not name"):
        evaluate_content_models(
            root,
            [home / "contents"],
            tmp_path / "out.json",
            id_models=[home / "ids" / "gru4rec"],
            vectors=[home / "vectors"],
        )


def test_vectors_that_are_not_named_are_asked_for(world, tmp_path):
    root, home = world
    with pytest.raises(MolarError, match=r"was trained on other item vectors than .*text.safetensors"):
        evaluate_content_models(
            root,
            [home / "contents" / "molar"],
            tmp_path / "out.json",
            id_models=[home / "ids"],
            vectors=[home / "vectors" / "text.safetensors"],
        )


def test_files_of_one_name_and_of_no_vectors_are_refused(world, tmp_path):
    _, home = world
    with pytest.raises(MolarError, match="different names"):
        vector_files([home / "vectors", home / "vectors" / "text.safetensors"])
    with pytest.raises(MolarError, match="not none"):
        vector_files([tmp_path])


def test_a_brief_table_holds_two_metrics_of_all_users(world, tmp_path):
    out = tmp_path / "brief.json"
    assert main(command(world, out, "--brief", "--which", "validation")) == 0
    rows = read_rows(out)
    assert {row["slice"] for row in rows} == {"all"} and {row["split"] for row in rows} == {"validation"}
    trained = [row for row in rows if row["model"] == "molar" and row["kind"] == OWN]
    assert all({"ndcg@10", "recall@10"} <= set(row["metrics"]) and "ndcg@50" not in row["metrics"] for row in trained)


def test_content_models_alone_are_found(world, tmp_path):
    _, home = world
    labels = {label for label, _ in find_content_models([home]).values()}
    assert labels == {"content", "molar", "to-gru4rec", "on-text", "joint", "late"}
    shutil.copytree(home / "ids" / "sasrec" / "seed-0", tmp_path / "only" / "ids")
    with pytest.raises(MolarError, match="no trained content model"):
        find_content_models([tmp_path])


def test_an_id_model_trained_with_a_model_is_its_own_and_a_fused_one_is_not(world, tiny):
    models = opened(world, tiny)
    of = {one.entry.label: one for one in models.contents if one.entry.seed == 0}
    assert [one.label for one in models.joint] == ["joint, ID tower"] and of["joint"].partner is models.joint[0]
    assert of["late"].partner is of["molar"].partner and of["late"].aligned


def test_the_fused_score_is_compared_with_each_of_its_parts():
    ids, *entries = (Trained(SimpleNamespace(name=label)) for label in ("sasrec", "content", "molar"))
    contents = [Content(entry, None, ids, aligned=entry.label == "molar") for entry in entries]
    pairs = comparisons(Models([ids], contents), ["random"], "molar")
    assert [other for model, other in pairs if model == "molar-fused"] == [
        "molar",
        "content",
        "sasrec",
        "content-fused",
    ]
    assert ("molar", "content-fused") not in pairs


def test_the_vectors_that_were_loaded_are_those_on_disk(world, tiny):
    _, home = world
    models = read_models(tiny.split, [home / "contents" / "molar"], [home / "ids"], [home / "vectors"])
    for path, array in models.vectors.items():
        assert np.array_equal(array, load_vectors(path, tiny.dataset))
