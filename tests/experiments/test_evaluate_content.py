"""Content towers side by side: each with its vectors and its ID model, comparisons, seeds, probes, and what is refused."""

import dataclasses
import shutil

import numpy as np
import pytest

from molar.cli.main import main
from molar.core.errors import MolarError
from molar.encoder.vectors import load_vectors, save_vectors
from molar.evaluation.metrics import ndcg
from molar.experiments.alignment_report import Pairing, alignment_rows
from molar.experiments.evaluate_content import (
    Field,
    Trained,
    comparisons,
    evaluate_content_models,
    read_field,
    vector_files,
)
from molar.experiments.results import ABLATION, ALIGNMENT, DIFFERENCE, OWN, Run, Source, read_rows
from molar.storage.trained import find_content_models

SMALL = [part for setting in ("dim=8", "heads=1", "blocks=1", "max_length=5") for part in ("--set", setting)]


@pytest.fixture(scope="module")
def world(tmp_path_factory, tiny, tiny_vectors):
    """(dataset folder, folder with vectors/, ids/ and towers/): content and molar in two seeds, four ablations in one."""
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
        folder = home / ("ids" if verb == "train-id" else "towers")
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


def command(world, out, *more):
    root, home = world
    return [
        "evaluate-content",
        root,
        str(home / "towers"),
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
def rows(world, tmp_path_factory):
    out = tmp_path_factory.mktemp("results") / "towers.json"
    assert main(command(world, out, "--probes", "molar", "late", "sasrec")) == 0
    return read_rows(out)


def values(rows, model, **told):
    asked = {"model": model, "slice": "all", "split": "test", "kind": OWN} | told
    return [row["metrics"]["ndcg@10"] for row in rows if asked.items() <= row.items()]


def test_every_tower_seed_and_baseline_has_its_row(rows):
    for split in ("validation", "test"):
        found = {model: len(values(rows, model, split=split)) for model in {row["model"] for row in rows}}
        assert found == {
            "random": 1,
            "popularity": 1,
            "item-knn": 1,
            "content-knn": 1,
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
        ("molar", "content-knn, text"),
    }


def test_a_difference_is_that_of_the_means_over_seeds(rows):
    (difference,) = values(rows, "molar", kind=DIFFERENCE, other="content")
    assert difference == pytest.approx(np.mean(values(rows, "molar")) - np.mean(values(rows, "content")), abs=2e-6)


def test_a_probe_has_a_row_and_what_it_costs(rows):
    probes = {(row["model"], row["ablation"]) for row in rows if row["kind"] == ABLATION}
    assert probes == {
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


def test_blanking_the_id_tower_of_an_aligned_tower_is_no_operation_and_says_so(rows):
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
        all({"weight", "offset"} <= set(metrics) and 0 <= metrics["weight"] <= 1 for metrics in noted)
        and len(noted) == 4
    )


def test_a_tower_is_held_against_the_id_model_that_it_was_aligned_to(world, tiny):
    _, home = world
    field = read_field(tiny.split, [home / "towers"], [home / "ids"], [home / "vectors"])
    partners = {(one.label, one.seed): (one.partner.label, one.partner.seed, one.aligned) for one in field.contents}
    assert partners[("molar", 1)] == ("sasrec", 1, True)
    assert partners[("to-gru4rec", 0)] == ("gru4rec", 0, True)
    assert partners[("content", 1)] == ("sasrec", 1, False)
    assert next(one for one in field.contents if one.label == "on-text").vectors.stem == "text"


def test_an_id_model_that_is_not_named_is_asked_for(world, tmp_path):
    root, home = world
    with pytest.raises(MolarError, match="was aligned to an ID model that --id-model does not name"):
        evaluate_content_models(
            root,
            [home / "towers"],
            tmp_path / "out.json",
            id_models=[home / "ids" / "gru4rec"],
            vectors=[home / "vectors"],
        )


def test_vectors_that_are_not_named_are_asked_for(world, tmp_path):
    root, home = world
    with pytest.raises(MolarError, match=r"was trained on other item vectors than .*text.safetensors"):
        evaluate_content_models(
            root,
            [home / "towers" / "molar"],
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


def test_content_towers_alone_are_found(world, tmp_path):
    _, home = world
    labels = {label for label, _ in find_content_models([home]).values()}
    assert labels == {"content", "molar", "to-gru4rec", "on-text", "joint", "late"}
    shutil.copytree(home / "ids" / "sasrec" / "seed-0", tmp_path / "only" / "ids")
    with pytest.raises(MolarError, match="no trained content tower"):
        find_content_models([tmp_path])


def test_an_id_tower_trained_with_a_tower_is_its_own_and_a_fused_one_is_not(world, tiny):
    _, home = world
    field = read_field(tiny.split, [home / "towers"], [home / "ids"], [home / "vectors"])
    of = {one.label: one for one in field.contents if one.seed == 0}
    assert [one.label for one in field.joint] == ["joint, ID tower"] and of["joint"].partner is field.joint[0]
    assert of["late"].partner is of["molar"].partner and of["late"].aligned


def test_the_fused_score_is_compared_with_each_of_its_parts():
    ids = [Trained(None, "sasrec", 0, None)]
    contents = [Trained(None, label, 0, None, aligned=label == "molar") for label in ("content", "molar")]
    names = ["random", "sasrec", "content", "molar", "molar-fused", "content-fused"]
    pairs = comparisons(Field(ids, contents), names, "molar")
    assert [other for model, other in pairs if model == "molar-fused"] == [
        "molar",
        "content",
        "sasrec",
        "content-fused",
    ]
    assert ("molar", "content-fused") not in pairs


class Told:
    """A tower whose user vectors are told beforehand, by the user's number."""

    def __init__(self, vectors):
        self.vectors = vectors

    def user_vectors(self, histories, users):
        assert len(histories) == len(users)
        return self.vectors[users]


@pytest.fixture
def held(tiny):
    """The tiny split with fourteen held-out users, its test users, and two towers: an ID tower and one near to it."""
    split = dataclasses.replace(tiny.split, held_out=np.arange(tiny.dataset.n_users) < 15)
    rng = np.random.default_rng(0)
    ids = rng.normal(size=(tiny.dataset.n_users, 4))
    return split, split.evaluation_users("test"), Told(ids), Told(ids + 0.1 * rng.normal(size=ids.shape)), rng


def test_alignment_stands_beside_what_became_of_accuracy(held):
    split, users, ids, near, rng = held
    before, after = (Run(model, rng.integers(1, 12, len(users)), Source(3)) for model in ("content", "molar"))
    pairings = [Pairing(before, Told(rng.normal(size=(20, 4))), ids), Pairing(after, near, ids, before=before)]
    facts = {"dataset": "tiny", "data_hash": "0" * 16, "split": "test", "command": ""}
    rows = alignment_rows(pairings, [before, after], split, "test", users, facts)
    of = {(row["model"], row["other"]): row for row in rows}
    pool = split.held_out[users]
    change = ndcg(after.ranks[pool], 10).mean() - ndcg(before.ranks[pool], 10).mean()
    assert of["molar", ""]["metrics"]["delta_ndcg@10"] == pytest.approx(change, abs=1e-6)
    assert of["molar", ""]["ci"]["delta_ndcg@10"] == of["molar", "content"]["ci"]["ndcg@10"]
    assert of["molar", ""]["metrics"]["align/paired_cosine"] > 0.9 > of["content", ""]["metrics"]["align/paired_cosine"]
    assert "delta_ndcg@10" not in of["content", ""]["metrics"]


def test_before_has_a_row_of_its_own_against_another_id_model(held):
    split, users, ids, near, rng = held
    run = Run("content", rng.integers(1, 12, len(users)))
    facts = {"dataset": "tiny", "data_hash": "0" * 16, "split": "test", "command": ""}
    rows = alignment_rows([Pairing(run, near, ids, against="gru4rec")], [run], split, "test", users, facts)
    own, against = rows
    assert (against["kind"], against["other"]) == (ALIGNMENT, "gru4rec") and "align/debiased_cka" in against["metrics"]
    assert not any(name.startswith("align/") for name in own["metrics"])


def test_the_vectors_that_were_loaded_are_those_on_disk(world, tiny):
    _, home = world
    field = read_field(tiny.split, [home / "towers" / "molar"], [home / "ids"], [home / "vectors"])
    for path, array in field.vectors.items():
        assert np.array_equal(array, load_vectors(path, tiny.dataset))
