"""What the maps give to a browser, and what they take from it, without one."""

import re
from types import SimpleNamespace

import httpx
import numpy as np
import pytest
from served import serving
from standin import write_checkpoint
from tiny_world import write_tiny_folder

from app.tabs.alignment.map_data import Packed
from molar.serving.user_maps import VIEWS

SHOPPERS = 19  # of the tiny world, u02 has no test target


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    root = tmp_path_factory.mktemp("maps")
    dataset = write_tiny_folder(root / "tiny")
    with serving(dataset, write_checkpoint(root / "checkpoint", dataset)) as address:
        yield address


def linked_maps(address) -> dict:
    """The component, as the page's config tells it."""
    components = httpx.get(f"{address}config").json()["components"]
    return next(one for one in components if one["props"].get("elem_id") == "linked-maps")


def test_a_browser_keeps_the_shoppers_under_an_address_that_changes_with_them(address):
    shoppers = re.search(r'data-shoppers="([^"]+)"', linked_maps(address)["props"]["html_template"])[1]
    answer = httpx.get(address + shoppers)
    assert "max-age" in answer.headers["cache-control"] and len(answer.json()["shoppers"]) == SHOPPERS
    assert re.fullmatch(r"maps/shoppers-[0-9a-f]{12}\.json", shoppers)
    assert httpx.get(f"{address}maps/shoppers.json").status_code == 404


@pytest.mark.parametrize("change", [{"user_ids": ["u2", "u1"]}, {"data_hash": "other"}, {"place": 0.5}])
def test_other_maps_have_another_address(change):
    def address(user_ids=("u1", "u2"), data_hash="some", place=0.0) -> str:
        dataset = SimpleNamespace(data_hash=data_hash)
        points = {view: np.full((2, 2), place) for view in VIEWS}
        maps = SimpleNamespace(recommender=SimpleNamespace(dataset=dataset), user_ids=user_ids, points=points)
        return Packed(maps).address

    assert address() == address() and address(**change) != address()


@pytest.mark.parametrize("sent", [-1, SHOPPERS, 10**30, 1.5, True, "0", None, [0], {"row": 0}])
def test_only_a_row_of_the_maps_opens_something(sent, address):
    body = {"component_id": linked_maps(address)["id"], "fn_name": "open_shopper", "session_hash": "test", "data": sent}
    answer = httpx.post(f"{address}gradio_api/component_server", json=body)
    assert (answer.status_code, answer.json()) == (200, None)
    assert "near" in httpx.post(f"{address}gradio_api/component_server", json=body | {"data": 0}).json()


@pytest.mark.parametrize("place", ["nan,0", "1", "1,2,3", "9,9", "<script>,1", "inf,0"])
def test_a_place_that_is_none_is_left_out_of_the_figure(place, address):
    asked = {"colour": "<b>", "after": place}
    figure = httpx.get(f"{address}maps/figure.json", params=asked).json()
    plain = httpx.get(f"{address}maps/figure.json").json()
    assert figure == plain
