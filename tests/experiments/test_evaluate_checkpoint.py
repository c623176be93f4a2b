"""A checkpoint measured whole: real models after one epoch, on 160 users so that enough are held out."""

import json

import numpy as np
import pytest
from tiny_world import write_csv

from molar.core.errors import MolarError
from molar.data.dataset import load_dataset
from molar.data.splits import leave_one_out
from molar.experiments.evaluate import Options
from molar.experiments.evaluate_checkpoint import evaluate_checkpoint
from molar.experiments.results import DIFFERENCE, FIELDS, NORMALISED_NDCG, OWN

N_ITEMS, N_USERS = 40, 160


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """(dataset folder, checkpoint folder, split)."""
    from molar.encoder.baseline_vectors import write_baseline_vectors
    from molar.encoder.vectors import load_vectors, save_vectors
    from molar.models.content import ContentConfig
    from molar.models.sasrec import SASRecConfig
    from molar.training.alignment import AlignConfig
    from molar.training.joined.everything import train_everything
    from molar.training.train import CONTENT_ALONE, train_id_model, train_molar

    root = tmp_path_factory.mktemp("shop")
    checkpoint = tmp_path_factory.mktemp("checkpoint")
    rng = np.random.default_rng(0)
    write_csv(root / "items.csv", [["item_id", "title"]] + [[f"i{n}", f"Print {n}"] for n in range(1, N_ITEMS + 1)])
    purchases = [["user_id", "item_id", "order"]]
    for user in range(N_USERS):
        liked = np.arange(1 + user % 2, N_ITEMS - 1, 2)  # odd or even prints
        history = list(rng.choice(liked, 8, replace=False))
        history[-1:] = [N_ITEMS] if user % 8 == 0 else history[-1:]
        purchases += [[f"u{user}", f"i{number}", order] for order, number in enumerate(history)]
    write_csv(root / "interactions.csv", purchases)
    dataset = load_dataset(root)
    split = leave_one_out(dataset)
    write_truth(dataset, split)

    vectors = rng.normal(size=(N_ITEMS + 1, 6)).astype(np.float32)
    vectors[1::2, 0] += 4
    save_vectors(checkpoint / "vectors.safetensors", vectors, dataset, {})
    vectors = load_vectors(checkpoint / "vectors.safetensors", dataset)  # as stored, in half precision
    small = SASRecConfig(n_items=N_ITEMS, dim=8, max_length=10)
    id_model = train_id_model(split, config=small, epochs=1, out=checkpoint / "sasrec")
    config = ContentConfig(dim_in=6, dim=8, max_length=10, hidden=8)
    for name, alpha in (("content", 0.0), ("molar", 0.5)):
        train_molar(
            split,
            vectors,
            id_model,
            align=AlignConfig(alpha=alpha),
            config=config,
            epochs=1,
            seed=3,
            out=checkpoint / name,
        )
    joined = ContentConfig(dim_in=6, dim=8, max_length=10, hidden=0, residual="free")
    train_everything(split, vectors, id_model, checkpoint, config=joined, align=CONTENT_ALONE, epochs=1, seed=3)
    _, random = write_baseline_vectors(split, checkpoint / "baselines")
    over_random = load_vectors(random, dataset)
    config = ContentConfig(dim_in=over_random.shape[1], dim=8, max_length=10, hidden=8)
    made = {"vectors_file": random.name, "out": checkpoint / "content-random"}
    train_molar(split, over_random, config=config, align=CONTENT_ALONE, epochs=1, seed=3, **made)
    return root, checkpoint, split


def write_truth(dataset, split):
    rows = [["user_id", "split", "item_id", "knowing_rank", "reading_rank", "attainable_rank"]]
    for subset in ("validation", "test"):
        for user in split.evaluation_users(subset):
            rows.append([dataset.user_ids[user], subset, dataset.item_ids[split.target(user, subset)], 1, 2, 3])
    (dataset.root / "truth").mkdir()
    write_csv(dataset.root / "truth" / "oracle.csv", rows)


@pytest.fixture(scope="module")
def results(world, tmp_path_factory):
    """(rows of the written file, what the page shows)."""
    root, checkpoint, _ = world
    out = tmp_path_factory.mktemp("results") / "shop.json"
    evaluate_checkpoint(root, checkpoint, out, Options(command="evaluate shop"))
    return json.loads(out.read_text())["rows"], json.loads((checkpoint / "metrics.json").read_text())


MODELS = {
    "random",
    "popularity",
    "item-knn",
    "content-knn",
    "content-knn, tf-idf",
    "sasrec",
    "sasrec, guessed",
    "content",
    "content-random",
    "molar",
    "slist",
    "everything",
    "oracle-knowing",
    "oracle-reading",
    "oracle-attainable",
}


def test_every_model_has_every_slice_of_both_splits(results):
    rows, _ = results
    found = {(row["split"], row["slice"], row["model"]) for row in rows if row["kind"] == OWN}
    slices = {"validation": ("all", "warm"), "test": ("all", "warm", "cold")}  # no cold validation item in this world
    expected = {(split, name, model) for split, names in slices.items() for name in names for model in MODELS}
    assert expected <= found
    among = {model for _, name, model in found if name == "among cold"}
    assert among == {
        "random",
        "popularity",
        "content-knn",
        "content-knn, tf-idf",
        "content",
        "content-random",
        "molar",
        "sasrec, guessed",
        "everything",
    }
    assert all(set(row) == set(FIELDS) and row["command"] == "evaluate shop" for row in rows)


def test_models_name_their_weights_and_seed(world, results):
    import hashlib

    digest = hashlib.sha256((world[1] / "molar" / "model.safetensors").read_bytes()).hexdigest()
    row = next(row for row in results[0] if row["model"] == "molar")
    assert row["weights_sha256"] == digest and row["seed"] == 3


def test_what_joins_everything_tells_its_weights_and_stands_against_each_of_the_others(world, results):
    own = next(row for row in results[0] if (row["model"], row["slice"], row["kind"]) == ("everything", "all", OWN))
    weights = json.loads((world[1] / "everything/config.json").read_text())["config"]["weights"]
    assert [own["metrics"][f"weight_{part}"] for part in ("content", "ids", "items")] == weights
    assert own["seed"] == 3 and own["weights_sha256"]
    against = {row["other"] for row in results[0] if row["model"] == "everything" and row["kind"] == DIFFERENCE}
    assert against == {"molar", "content", "sasrec", "popularity", "item-knn", "content-knn", "content-knn, tf-idf"}


def test_only_content_reaches_cold_items(results):
    cold = {row["model"]: row["metrics"] for row in results[0] if row["slice"] == "cold" and row["kind"] == OWN}
    for model in ("sasrec", "popularity", "item-knn"):
        assert cold[model]["recall@20"] == 0
    assert cold["oracle-knowing"][NORMALISED_NDCG] == pytest.approx(2)  # rank 1 against rank 3


def test_the_id_model_with_guessed_items_is_the_id_model_for_warm_ones(results):
    """As far as no guessed item comes before a warm target: without a cold validation target no offset is chosen."""
    own = {(row["model"], row["slice"]): row for row in results[0] if row["split"] == "test" and row["kind"] == OWN}
    ids, guessed = own["sasrec", "warm"], own["sasrec, guessed", "warm"]
    assert guessed["weights_sha256"] == ids["weights_sha256"]
    assert 0 < guessed["metrics"]["ndcg@50"] <= ids["metrics"]["ndcg@50"]
    assert own["sasrec, guessed", "cold"]["metrics"]["recall@50"] == 1, "of 39 candidates"


def test_alignment_stands_beside_the_change_of_accuracy(world, results):
    held_out = int(world[2].held_out.sum())
    rows = {
        row["model"]: row
        for row in results[0]
        if row["slice"] == "held-out" and row["split"] == "test" and row["kind"] == OWN
    }
    for model in ("content", "molar"):
        numbers = rows[model]["metrics"]
        assert rows[model]["n"] == numbers["align/pool"] == held_out
        assert numbers["align/retrieval_r@1_chance"] == pytest.approx(1 / held_out, abs=1e-6)
        assert {"ndcg@10", "align/paired_cosine", "align/procrustes_retrieval_mrr"} <= set(numbers)
    change = rows["molar"]["metrics"]["ndcg@10"] - rows["content"]["metrics"]["ndcg@10"]
    assert rows["molar"]["metrics"]["delta_ndcg@10"] == pytest.approx(change, abs=2e-6)


def test_the_page_gets_the_same_numbers(results):
    rows, page = results
    row = next(r for r in rows if (r["split"], r["slice"], r["model"], r["kind"]) == ("test", "warm", "molar", OWN))
    assert page["models"]["molar"]["warm"]["ndcg@10"] == row["metrics"]["ndcg@10"]
    assert page["models"]["molar"]["among cold"]["n"] == page["models"]["molar"]["cold"]["n"]
    assert set(page["models"]) == MODELS and set(page["alignment"]) == {"before", "after"}
    assert {
        "molar minus content",
        "molar minus sasrec",
        "content minus item-knn",
        "content minus content-random",
    } <= set(page["differences"])


def test_choosing_on_validation_leaves_the_test_split_alone(world, tmp_path):
    root, checkpoint, _ = world
    before = (checkpoint / "metrics.json").stat().st_mtime_ns if (checkpoint / "metrics.json").exists() else None
    rows = evaluate_checkpoint(root, checkpoint, tmp_path / "out.json", Options(subset="validation"))
    assert {row["split"] for row in rows} == {"validation"}
    after = (checkpoint / "metrics.json").stat().st_mtime_ns if (checkpoint / "metrics.json").exists() else None
    assert before == after


def test_models_of_other_histories_are_refused(world, tmp_path):
    root, checkpoint, _ = world
    lines = (root / "interactions.csv").read_text().splitlines()
    (root / "interactions-0.csv").write_text("\n".join(lines[:-8]))
    with pytest.raises(MolarError, match="trained on other data"):
        evaluate_checkpoint(root, checkpoint, tmp_path / "out.json", Options("interactions-0.csv"))
    assert not (tmp_path / "out.json").exists()
