"""`import molar` is the command line's verbs over one open checkpoint."""

import json
import shutil

import pytest
from standin import write_checkpoint
from tiny_world import write_tiny_folder

import molar
from molar.core.schema import EVERYTHING, MODELS
from molar.serving.map_queries import ShopperMaps
from molar.serving.recommender import Recommender


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    root = tmp_path_factory.mktemp("shop")
    dataset = write_tiny_folder(root / "tiny")
    return molar.load(dataset, write_checkpoint(root / "checkpoint", dataset))


def test_every_name_of_the_front_door_is_there():
    assert set(molar.__all__) <= set(dir(molar))
    assert all(getattr(molar, name) is not None for name in molar.__all__)
    with pytest.raises(AttributeError, match="no attribute 'train_nothing'"):
        molar.train_nothing  # noqa: B018  (asking is the test)


def test_it_answers_as_the_recommender_does(shop):
    plain = Recommender.load(shop.dataset.root, shop.checkpoint)
    assert isinstance(shop, molar.Shop)
    for model in (EVERYTHING, *MODELS):
        assert shop.recommend(["i03", "i07"], model, 5) == plain.recommend(["i03", "i07"], model, 5)


def test_it_locates_by_ids(shop):
    places = shop.locate(["i03", "i07"])
    assert [(place.map, place.model) for place in places] == [
        ("before", "content"),
        ("after", "molar"),
        ("id", "sasrec"),
    ]
    maps = ShopperMaps.load(shop, shop.checkpoint)
    for place in places:
        assert {user for user, _ in place.nearest} <= set(maps.user_ids)
        assert [cosine for _, cosine in place.nearest] == sorted((cosine for _, cosine in place.nearest), reverse=True)
    assert shop.locate([]) == []
    assert [place.map for place in shop.locate(["i29"])] == ["before", "after"], "nobody has bought it: no ID map"


def test_it_measures_itself(shop, tmp_path):
    rows = shop.evaluate(tmp_path / "out.json", subset="validation")
    assert {row["model"] for row in rows} >= {EVERYTHING, *MODELS, "popularity"}
    assert {row["split"] for row in json.loads((tmp_path / "out.json").read_text())["rows"]} == {"validation"}


def test_without_maps_it_says_how_to_draw_them(shop, tmp_path):
    shutil.copytree(shop.checkpoint, tmp_path / "bare", ignore=shutil.ignore_patterns("maps.*"))
    with pytest.raises(molar.MolarError, match="draw-maps"):
        molar.load(shop.dataset.root, tmp_path / "bare").locate(["i03"])
