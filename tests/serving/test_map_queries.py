from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from standin import write_checkpoint

from molar.core.errors import MolarError
from molar.serving import map_queries as locate
from molar.serving.map_queries import NEAREST, ShopperMaps, near_weights
from molar.serving.recommender import Recommender
from molar.serving.user_maps import shopper_spaces


@pytest.fixture(scope="module")
def checkpoint(tiny, tmp_path_factory):
    return write_checkpoint(tmp_path_factory.mktemp("locate"), tiny.dataset.root)


@pytest.fixture(scope="module")
def shopper_maps(tiny, checkpoint):
    return ShopperMaps.load(Recommender.load(tiny.dataset.root, checkpoint), checkpoint)


def ids(shopper_maps, numbers):
    return [str(shopper_maps.recommender.dataset.item_ids[number]) for number in numbers]


def test_a_shoppers_own_history_finds_that_shopper(shopper_maps):
    for row in range(3):
        for place in shopper_maps.locate(ids(shopper_maps, shopper_maps.history(row))).values():
            assert place.nearest[0] == row
            assert place.similarity[0] == pytest.approx(1, abs=1e-5)


def test_a_point_lies_among_its_neighbours(shopper_maps):
    for view, place in shopper_maps.locate(["i01", "i07", "i12"]).items():
        near = shopper_maps.points[view][place.nearest]
        assert (near.min(axis=0) <= [place.x, place.y]).all() and ([place.x, place.y] <= near.max(axis=0)).all()
        assert len(place.nearest) == NEAREST and (np.diff(place.similarity) <= 0).all()


def test_nearer_shoppers_weigh_more_and_equal_ones_alike():
    weights = near_weights(np.array([0.9, 0.8, 0.8, 0.1], np.float32))
    assert weights.sum() == pytest.approx(1)
    assert weights[0] > weights[1] == weights[2] > weights[3]
    np.testing.assert_allclose(near_weights(np.full(4, 0.5, np.float32)), 0.25)


def test_a_shopper_is_not_his_own_neighbour(shopper_maps):
    for view, place in shopper_maps.nearest(4).items():
        assert 4 not in place.nearest
        similarity = shopper_maps.spaces[view] @ shopper_maps.spaces[view][4]
        assert set(place.nearest) == set(np.argsort(-similarity)[1 : NEAREST + 1])


def test_what_the_id_model_never_saw_has_no_place_on_its_map(shopper_maps):
    assert list(shopper_maps.locate(["i29"])) == ["before", "after"]
    assert list(shopper_maps.locate(["i29", "i01"])) == ["before", "after", "id"]


def test_no_history_no_place(shopper_maps):
    assert shopper_maps.locate([]) == {}


@pytest.mark.parametrize("history, message", [(["nothing"], "no item"), (["i01"] * 501, "at most 500")])
def test_a_wrong_history_is_refused(shopper_maps, history, message):
    with pytest.raises(MolarError, match=message):
        shopper_maps.locate(history)


def test_agreement_is_counted_in_each_space(shopper_maps):
    rooms = shopper_maps.table["room"].to_numpy()
    shares = [
        (rooms[place.nearest] == rooms[row]).mean()
        for row in range(len(shopper_maps))
        for view, place in shopper_maps.nearest(row).items()
        if view == "after"
    ]
    assert shopper_maps.agreement["room"]["after"] == pytest.approx(np.mean(shares))
    counts = pd.Series(rooms).value_counts()
    n = len(rooms)
    assert shopper_maps.agreement["room"]["chance"] == pytest.approx((counts * (counts - 1)).sum() / (n * (n - 1)))


def test_the_spaces_are_computed_once_and_only_when_asked_for(tiny, checkpoint, monkeypatch):
    asked = []
    monkeypatch.setattr(locate, "shopper_spaces", lambda *parts: asked.append(parts) or shopper_spaces(*parts))
    fresh = ShopperMaps.load(Recommender.load(tiny.dataset.root, checkpoint), checkpoint)
    assert asked == []
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: fresh.nearest(0), range(4)))
    assert len(asked) == 1 and len(found) == 4


def test_maps_of_other_models_are_refused(tiny, tmp_path):
    folder = write_checkpoint(tmp_path, tiny.dataset.root)
    shop = Recommender.load(tiny.dataset.root, folder)
    weights = folder / "molar" / "model.safetensors"
    weights.write_bytes(weights.read_bytes() + b" ")
    with pytest.raises(MolarError, match="drawn from other models"):
        ShopperMaps.load(shop, folder)


def test_maps_of_other_users_are_refused(tiny, tmp_path):
    folder = write_checkpoint(tmp_path, tiny.dataset.root)
    shop = Recommender.load(tiny.dataset.root, folder)
    pd.read_csv(folder / "maps.csv").iloc[1:].to_csv(folder / "maps.csv", index=False)
    with pytest.raises(MolarError, match="draw-maps again"):
        ShopperMaps.load(shop, folder)


@pytest.mark.parametrize("about", [None, "no json", "[]", '{"n": 19}'])
def test_maps_of_unknown_origin_are_refused(about, tiny, checkpoint, tmp_path):
    shop = Recommender.load(tiny.dataset.root, checkpoint)
    with pytest.raises(MolarError, match="holds no maps yet"):
        ShopperMaps.load(shop, tmp_path)
    (tmp_path / "maps.csv").write_bytes((checkpoint / "maps.csv").read_bytes())
    if about is not None:
        (tmp_path / "maps.json").write_text(about)
    with pytest.raises(MolarError, match=r"does not tell what maps.csv was drawn from"):
        ShopperMaps.load(shop, tmp_path)
