import subprocess
import sys

import httpx
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from served import serving
from standin import write_checkpoint
from tiny_world import write_tiny_folder

from app.page import start
from app.state import PageState


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    root = tmp_path_factory.mktemp("api")
    dataset = write_tiny_folder(root / "tiny")
    with serving(dataset, write_checkpoint(root / "checkpoint", dataset)) as address:
        yield address


@pytest.fixture(scope="module")
def client(address):
    return Client(address, verbose=False)


def test_these_endpoints_and_no_other_are_public(address):
    info = httpx.get(f"{address}gradio_api/info").json()
    assert set(info["named_endpoints"]) == {"/search_items", "/recommend", "/similar_items", "/locate_user"}
    assert info["unnamed_endpoints"] == {}


def test_search_items(client):
    found = client.predict("whale", 3, api_name="/search_items")
    assert [set(one) for one in found] == [{"item_id", "title", "rank", "score"}] * 3
    assert all(one["title"].startswith("Whale") for one in found)


def test_recommend_leaves_the_history_out(client):
    found = client.predict(["i01", "i02"], "molar", 7, api_name="/recommend")
    assert [one["rank"] for one in found] == list(range(1, 8))
    assert not {"i01", "i02"} & {one["item_id"] for one in found}


def test_recommend_joins_everything_unless_told_otherwise(client):
    asked = client.predict(["i01", "i02"], api_name="/recommend")
    assert asked == client.predict(["i01", "i02"], "everything", api_name="/recommend")


def test_recommend_takes_a_number_of_new_items(client):
    few, many = (client.predict(["i01", "i02"], "molar", 28, shift, api_name="/recommend") for shift in (-10, 10))
    new = {"i03", "i29", "i30"}
    assert {one["item_id"] for one in many[:3]} == {one["item_id"] for one in few[-3:]} == new


def test_recommend_has_defaults(client):
    assert len(client.predict([], api_name="/recommend")) == 10


def test_similar_items_are_nearest_first_and_leave_the_item_out(client):
    found = client.predict("i01", 29, api_name="/similar_items")
    assert [one["rank"] for one in found] == list(range(1, 30)) and "i01" not in {one["item_id"] for one in found}
    scores = [one["score"] for one in found]
    assert scores == sorted(scores, reverse=True) and -1 <= scores[-1] <= scores[0] <= 1


@pytest.mark.parametrize(
    "arguments, message", [(("nothing", 5), "nothing"), (("i01", 0), "1 to 100"), ((["i01"], 5), "must be a text")]
)
def test_a_mistaken_question_for_similar_items_comes_back_as_a_sentence(client, arguments, message):
    with pytest.raises(AppError, match=message):
        client.predict(*arguments, api_name="/similar_items")


@pytest.mark.parametrize(
    "arguments, message",
    [
        ((["nothing"], "molar", 5), "nothing"),
        ((["i01"], "gpt", 5), "no model 'gpt'"),
        ((["i01"], "molar", 1000), "1 to 100"),
        ((["i01"], "molar", 5, 11), "new_items must be a number from -10 to 10"),
        (("i01", "molar", 5), "list of item ids"),
        (([1, {}], "molar", 5), "list of item ids"),
    ],
)
def test_a_mistake_comes_back_as_a_sentence(client, arguments, message):
    with pytest.raises(AppError, match=message):
        client.predict(*arguments, api_name="/recommend")


def test_locate_user(client):
    places = client.predict(["i01", "i02"], api_name="/locate_user")
    assert [(one["map"], one["model"]) for one in places] == [
        ("before", "content"),
        ("after", "molar"),
        ("id", "sasrec"),
    ]
    for place in places:
        assert len(place["nearest"]) == 10 and abs(place["x"]) <= 2 and abs(place["y"]) <= 2
        cosines = [near["similarity"] for near in place["nearest"]]
        assert cosines == sorted(cosines, reverse=True)
        assert all(near["user_id"].startswith("u") for near in place["nearest"])


def test_nobody_lies_nowhere(client):
    assert client.predict([], api_name="/locate_user") == []


@pytest.mark.parametrize(
    "history, message",
    [(["nothing"], "nothing"), ("i01", "list of item ids"), ([1], "list of item ids"), (["i01"] * 501, "500")],
)
def test_a_wrong_history_has_no_place(client, history, message):
    with pytest.raises(AppError, match=message):
        client.predict(history, api_name="/locate_user")


@pytest.mark.slow
def test_without_maps_the_reason_stands_beside_and_comes_back_as_a_sentence(tmp_path):
    dataset = write_tiny_folder(tmp_path / "tiny")
    checkpoint = write_checkpoint(tmp_path / "checkpoint", dataset)
    (checkpoint / "maps.csv").unlink()
    shop = PageState.open(dataset, checkpoint)
    assert shop.maps is None and "draw-maps" in shop.why_no_maps
    running, address = start(shop, "127.0.0.1", None)
    try:
        assert httpx.get(f"{address}maps/figure.json").status_code == 404
        with pytest.raises(AppError, match="draw-maps"):
            Client(address, verbose=False).predict(["i01"], api_name="/locate_user")
    finally:
        running.close(verbose=False)


@pytest.mark.parametrize("path", ["pictures/0", "pictures/31", "pictures/x", "type/OFL.txt", "type/..%2Fpage.py"])
def test_only_pictures_of_items_and_fonts_are_served(address, path):
    assert httpx.get(address + path).status_code == 404


def test_an_item_without_a_picture_gets_a_drawn_one(address):
    answer = httpx.get(f"{address}pictures/30")
    assert answer.headers["content-type"] == "image/svg+xml"
    assert ">L3<" in answer.text  # "Lighthouse 30"


@pytest.mark.slow
def test_without_a_checkpoint_the_start_ends_with_one_sentence(tiny_folder, tmp_path):
    run = subprocess.run(
        [sys.executable, "app.py", "--dataset", str(tiny_folder), "--checkpoint", str(tmp_path / "none")],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode == 2
    assert run.stderr.startswith("error: The checkpoint") and len(run.stderr.splitlines()) == 1


LEAVES_WHILE_WARMING = """
import time
from threading import Event
import torch
from app import page
from app.state import PageState

page.WARM = 0.01
shop = PageState.open("assets/demo", "checkpoints/demo")
inside = Event()

def slowly(maps):
    matrix, ends = torch.rand(256, 256), time.monotonic() + 2
    inside.set()
    while time.monotonic() < ends:
        matrix = (matrix @ matrix).softmax(1)

type(shop.maps).spaces = property(slowly)
page.start(shop, "127.0.0.1", None)
assert inside.wait(60)
"""


@pytest.mark.slow
def test_the_process_ends_in_order_while_the_maps_are_being_warmed():
    ended = subprocess.run([sys.executable, "-c", LEAVES_WHILE_WARMING], capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stderr
