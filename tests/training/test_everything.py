"""What CHECKPOINT/everything joins: trained, chosen by validation, saved, and opened again."""

import json

import numpy as np
import pytest

from molar.core.errors import MolarError
from molar.evaluation.everything import load_everything
from molar.evaluation.metrics import ndcg
from molar.evaluation.new_items import choose_offset
from molar.evaluation.ranking import ModelScorer, evaluate_ranks
from molar.models.content import ContentConfig
from molar.models.item_to_item import SLISTConfig
from molar.models.sasrec import SASRecConfig
from molar.storage.checkpoint import read_meta, save_model
from molar.storage.everything import has_everything, read_everything
from molar.storage.trained import find_content_models, find_id_models, load_content_model
from molar.training.alignment import AlignConfig
from molar.training.closed_form.item_to_item import fit_item_to_item
from molar.training.config import TrainingConfig
from molar.training.joined import everything
from molar.training.joined.everything import describe_everything, train_everything
from molar.training.train import CONTENT_ALONE, train_id_model

TRAINING = TrainingConfig(epochs=2, batch_size=8, lr=1e-2, weight_decay=0.01, patience=3)
CONFIG = ContentConfig(16, dim=16, max_length=6, hidden=0, scaling="pca", residual="free")
SASREC = SASRecConfig(n_items=30, dim=16, blocks=1, max_length=6)
HISTORIES = [np.array([1, 2, 3]), np.array([9])]


def trained(tiny, vectors, folder, **options):
    ids = train_id_model(tiny.split, config=SASREC, training=TRAINING, out=folder / "sasrec")
    return train_everything(tiny.split, vectors, ids, folder, **{"config": CONFIG, "training": TRAINING} | options)


@pytest.fixture(scope="module")
def made(tiny, tiny_vectors, tmp_path_factory):
    folder = tmp_path_factory.mktemp("everything")
    return folder, trained(tiny, tiny_vectors, folder, command="python -m molar train")


def test_what_is_opened_is_what_was_chosen(tiny, tiny_vectors, made):
    folder, scorer = made
    opened = load_everything(folder, tiny.split, tiny_vectors)
    assert (opened.name, opened.weights, opened.floor, opened.offset) == (
        "everything",
        scorer.weights,
        scorer.floor,
        scorer.offset,
    )
    np.testing.assert_allclose(opened.scores(HISTORIES)[:, 1:], scorer.scores(HISTORIES)[:, 1:], rtol=1e-5)
    reached = ndcg(evaluate_ranks(opened, tiny.split, "validation"), 10).mean()
    assert reached == pytest.approx(scorer.validation)


def test_the_folder_tells_members_weights_numbers_and_hashes(made):
    folder, scorer = made
    saved = json.loads((folder / "everything/config.json").read_text())
    assert set(saved) == {"class", "config", "weights_sha256", "meta"}
    assert set(saved["weights_sha256"]) == {"content", "sasrec", "slist"}
    meta = saved["meta"]
    assert meta["command"] == "python -m molar train" and meta["content"] in meta["validation"]
    assert set(meta["validation"]) == {"aligned", "not aligned"}
    best = max(one["ndcg@10"] for one in meta["validation"].values())
    assert meta["validation"][meta["content"]]["ndcg@10"] == best == scorer.validation
    told = describe_everything(folder)
    assert all(f"{name} {one['ndcg@10']:.4f}" in told for name, one in meta["validation"].items())
    assert "weights: content" in told and "logits on new items" in told


def test_its_content_model_has_a_residual_and_is_aligned_or_not_as_chosen(made):
    folder, _ = made
    saved = json.loads((folder / "everything/content/config.json").read_text())
    assert saved["config"]["residual"] == "free"
    chosen = read_meta(folder / "everything")["content"]
    assert AlignConfig(**saved["meta"]["align"]).active == (chosen == "aligned")


@pytest.mark.parametrize("wanted", [False, True])
def test_what_validation_prefers_is_kept_and_nothing_is_trained_twice(
    tiny, tiny_vectors, tmp_path, monkeypatch, wanted
):
    fit = everything.FusedScorer.fit

    def preferred(name, content, ids, split, items):
        scorer = fit(name, content, ids, split, items)
        scorer.validation = 0.9 if trainings[-1] == wanted else 0.1
        return scorer

    trainings, train = [], everything.train_molar
    monkeypatch.setattr(
        everything, "train_molar", lambda *a, **k: trainings.append(k["align"] is not CONTENT_ALONE) or train(*a, **k)
    )
    monkeypatch.setattr(everything.FusedScorer, "fit", preferred)
    before = None
    for _ in range(3):
        trained(tiny, tiny_vectors, tmp_path)
        align = AlignConfig(**read_meta(tmp_path / "everything/content")["align"])
        assert align.active == wanted
        files = [tmp_path / "everything" / name / "model.safetensors" for name in ("content", "other")]
        times = [file.stat().st_mtime_ns for file in files]
        assert before in (None, times)
        before = times
    assert trainings == [False, True] * 3


def test_without_an_alignment_there_is_one_content_model(tiny, tiny_vectors, tmp_path):
    trained(tiny, tiny_vectors, tmp_path, align=CONTENT_ALONE)
    assert list(read_meta(tmp_path / "everything")["validation"]) == ["not aligned"]
    assert not (tmp_path / "everything/other").exists()


def test_an_item_to_item_model_that_is_there_is_taken(tiny, tiny_vectors, tmp_path):
    trained_items = int((~tiny.split.cold[1:]).sum())
    config = SLISTConfig(n_items=30, n_trained=trained_items, half_life=7.0)
    fit_item_to_item(tiny.split, config=config, choose=(), out=tmp_path / "slist")
    scorer = trained(tiny, tiny_vectors, tmp_path, align=CONTENT_ALONE)
    assert scorer.items.model.config.half_life == 7.0


def test_a_large_catalogue_has_item_knn_instead(tiny, tiny_vectors, tmp_path, monkeypatch):
    monkeypatch.setattr(everything, "MOST_ITEMS", 29)
    scorer = trained(tiny, tiny_vectors, tmp_path, align=CONTENT_ALONE)
    assert scorer.items.name == "item-knn" and not (tmp_path / "slist").exists()
    opened = load_everything(tmp_path, tiny.split, tiny_vectors)
    np.testing.assert_allclose(opened.scores(HISTORIES)[:, 1:], scorer.scores(HISTORIES)[:, 1:], rtol=1e-5)
    assert "item-knn" in describe_everything(tmp_path)


def test_a_member_that_was_trained_again_is_refused(tiny, tiny_vectors, tmp_path):
    trained(tiny, tiny_vectors, tmp_path, align=CONTENT_ALONE)
    again = train_id_model(tiny.split, config=SASREC, training=TRAINING, seed=5)
    save_model(tmp_path / "sasrec", again, read_meta(tmp_path / "sasrec"))
    with pytest.raises(MolarError, match=r"sasrec has been trained again .* run python -m molar train again"):
        load_everything(tmp_path, tiny.split, tiny_vectors)


def test_a_config_that_does_not_fit_ends_in_a_sentence(tiny, tiny_vectors, made, tmp_path):
    saved = json.loads((made[0] / "everything/config.json").read_text())
    (tmp_path / "everything").mkdir()
    path = tmp_path / "everything/config.json"
    for wrong in (
        {"weight": 1},
        {"items": "other"},
        {"weights": [0.5]},
        {"weights": [-1, 1, 1]},
        {"half_life": -1},
        {"floor": 0},
    ):
        path.write_text(json.dumps(saved | {"config": saved["config"] | wrong}))
        with pytest.raises(MolarError):
            read_everything(tmp_path)
    assert has_everything(tmp_path) and not has_everything(tmp_path / "elsewhere")


def test_it_is_no_id_model_and_its_content_models_are_found_by_their_labels(made):
    assert {label for label, _ in find_id_models([made[0]]).values()} == {"sasrec", "slist"}
    labels = {label for label, _ in find_content_models([made[0]]).values()}
    assert labels == {"everything-content", "everything-molar"}


def test_a_content_model_tells_how_high_new_items_are_best(tiny, tiny_vectors, made):
    folder = made[0] / "everything/content"
    scorer = ModelScorer("content", load_content_model(folder, tiny.split, tiny_vectors), tiny.split)
    assert read_meta(folder)["new_items_offset"] == choose_offset(scorer, tiny.split)


def test_vectors_of_another_encoding_are_refused(tiny, tiny_vectors, made):
    with pytest.raises(MolarError, match="other item vectors"):
        load_everything(made[0], tiny.split, tiny_vectors + 1)
