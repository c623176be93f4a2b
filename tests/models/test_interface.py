"""Every model says for itself what it can rank and what it must be given; nobody asks for its class."""

import dataclasses
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_world import COLD, N_ITEMS

from molar.core.errors import MolarError
from molar.evaluation.ranking import ModelScorer
from molar.models.baselines import ContentKNN, ItemKNN, Popularity, Random
from molar.models.content import ContentConfig, ContentUserEncoder
from molar.models.interface import ID_MODEL, ITEM_VECTORS
from molar.models.zoo import CLASSES, ID_MODELS, required
from molar.training.train import data_sizes

ROOT = Path(__file__).parents[2]
HISTORIES = [np.array([3, 1, 2]), np.array([7])]


def content(vectors: np.ndarray, **options) -> ContentUserEncoder:
    model = ContentUserEncoder(ContentConfig(16, dim=16, heads=1, hidden=8, **options)).eval()
    model.set_item_vectors(vectors)
    return model


def id_model(name: str, split):
    build, config = ID_MODELS[name]
    return build(config(**data_sizes(config, split), dim=16)).eval()


@pytest.mark.parametrize("name", ID_MODELS)
def test_an_id_model_ranks_what_somebody_has_bought(tiny, name):
    model = id_model(name, tiny.split)
    assert model.requires == required(type(model).__name__) == ()
    assert set(np.flatnonzero(~model.scorable(tiny.split))) == {0, *np.flatnonzero(tiny.split.cold)} >= set(COLD)


def test_a_content_model_ranks_every_item(tiny, tiny_vectors):
    model = content(tiny_vectors)
    assert model.requires == required("ContentUserEncoder") == (ITEM_VECTORS,)
    assert np.flatnonzero(~model.scorable(tiny.split)).tolist() == [0]


def test_a_fused_model_requires_an_id_model_too(tiny, tiny_vectors):
    model = content(tiny_vectors, fusion="late")
    assert model.requires == (ITEM_VECTORS, ID_MODEL)
    model.set_id_model(id_model("sasrec", tiny.split))
    assert model.scorable(tiny.split)[1:].all()


def scorers(tiny, vectors) -> list:
    models = {name: id_model(name, tiny.split) for name in ID_MODELS} | {"content": content(vectors)}
    made = [ModelScorer(name, model, tiny.split) for name, model in models.items()]
    return [Random(tiny.split), Popularity(tiny.split), ItemKNN(tiny.split), ContentKNN(tiny.split, vectors), *made]


def test_every_scorer_scores_the_catalogue_and_is_silent_where_it_cannot(tiny, tiny_vectors):
    torch.manual_seed(0)
    silent = {"item-knn", *ID_MODELS}
    for scorer in scorers(tiny, tiny_vectors):
        scores = scorer.scores(HISTORIES)
        assert scores.shape == (2, N_ITEMS + 1) and scores.dtype == np.float32, scorer.name
        unranked = np.flatnonzero(np.isneginf(scores[:, 1:]).all(0)) + 1
        assert unranked.tolist() == (np.flatnonzero(tiny.split.cold).tolist() if scorer.name in silent else [])


def test_a_model_of_another_catalogue_is_refused(tiny):
    build, config = CLASSES["SASRec"]
    with pytest.raises(MolarError, match="knows 29 items, the dataset 'tiny' has 30"):
        ModelScorer("sasrec", build(config(N_ITEMS - 1, dim=8)), tiny.split)


def test_it_asks_the_split_that_is_ranked(tiny):
    everything = dataclasses.replace(tiny.split, cold=np.zeros_like(tiny.split.cold))
    assert id_model("sasrec", tiny.split).scorable(everything)[1:].all()


def test_nobody_asks_a_model_for_its_class_to_know_what_it_can_rank():
    """`split.cold` says which items are cold; what a model makes of it is the model's own to say."""
    asks = re.compile(r"hasattr\(|isinstance\([^)]*ContentUserEncoder|isinstance\([^)]*IDModel")
    files = [path for folder in ("molar", "app", "scripts") for path in (ROOT / folder).rglob("*.py")]
    found = [path.relative_to(ROOT).as_posix() for path in files if asks.search(path.read_text(encoding="utf-8"))]
    allowed = ("scripts/printshop", "molar/storage")  # loading refuses a model of another kind than was asked for
    assert [name for name in found if not name.startswith(allowed)] == []
