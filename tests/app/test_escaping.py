"""Whatever a dataset or a visitor's catalogue calls its things, on no tab does any of it become HTML."""

from types import SimpleNamespace

import httpx
import numpy as np
import pytest
from hostile import broken_out, hostile, marks, write_hostile_folder
from served import serving
from standin import write_checkpoint

from app.components.pictures import placeholder
from app.components.templates import render
from app.state import PageState
from app.tabs.alignment import tab as alignment
from app.tabs.catalogue import answers, view
from app.tabs.catalogue.uploads import Upload
from app.tabs.quiz import view as quiz_view
from app.tabs.quiz.quiz import Progress, Quiz
from app.tabs.recommend.history import History
from app.tabs.recommend.view import RecommendView
from molar.data.problems import ERROR, WARNING, Problem
from molar.serving.similar import ContentNeighbours


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("hostile")
    dataset = write_hostile_folder(root / "shop")
    return dataset, write_checkpoint(root / "checkpoint", dataset)


@pytest.fixture(scope="module")
def shop(folders):
    return PageState.open(*folders)


@pytest.fixture(scope="module")
def recommend(shop):
    return RecommendView(shop)


def test_the_header_tells_name_and_note_as_text(shop):
    html = render("components/header.html", dataset=shop.dataset, joined=True)
    assert broken_out(html) == [] and {"name", "note"} <= marks(html)


def test_filters_tell_columns_and_values_as_text(recommend):
    html = recommend.filters()
    assert broken_out(html) == [] and {"column", "artist 0", "value 1"} <= marks(html)


def test_the_gallery_tells_titles_and_facts_as_text(recommend):
    html = recommend.gallery()
    assert broken_out(html) == [] and {"title i01", "artist 1"} <= marks(html)


@pytest.mark.parametrize("said", ["", hostile("said")])
def test_the_history_bar_tells_titles_labels_and_what_it_is_told_as_text(said, recommend):
    html = recommend.history_bar(recommend.begin, said, said)
    assert broken_out(html) == []
    assert {"truth", *(["said"] if said else [])} <= marks(html)
    assert sum(one.startswith("room") for one in marks(html)) == 4
    assert sum(one.startswith("title") for one in marks(html)) == 4


def test_rows_tell_titles_and_reasons_as_text(recommend):
    html = recommend.moved(History((1, 2, 3)), 0.0)
    assert broken_out(html) == [] and {f"title i0{number}" for number in (1, 2, 3)} & marks(html)


def test_the_quiz_tells_titles_and_truth_as_text(shop):
    quiz = Quiz(shop)
    begun = quiz_view.drawn(quiz, Progress())
    after = quiz_view.drawn(quiz, quiz.guessed(Progress(), quiz.question(0).choices[0]))
    assert broken_out(begun) == [] and any(one.startswith("title") for one in marks(begun))
    assert broken_out(after) == [] and {"truth"} <= marks(after)


def test_the_inspector_tells_shoppers_and_titles_as_text(shop):
    for answer in (alignment.open_shopper(shop.maps, 0), alignment.locate(shop.maps, (1, 2))):
        assert broken_out(answer["html"]) == []
        assert {one[0] for one in marks(answer["html"])} == {"t", "u"}, "titles and users"
    assert broken_out(alignment.summary(shop.maps)) == []


def test_a_drawn_picture_is_no_script():
    assert "<script" not in placeholder("<script> &", 1.0)


@pytest.fixture
def upload(shop, tmp_path):
    """The hostile items as a visitor's catalogue, all of them encoded."""
    vectors = np.random.default_rng(0).normal(size=(shop.dataset.n_items + 1, 8)).astype(np.float32)
    vectors[0] = 0
    upload = Upload(tmp_path, 0.0)
    upload.checked = SimpleNamespace(dataset=shop.dataset)
    upload.vectors, upload.encoded, upload.neighbours = vectors, shop.dataset.n_items, ContentNeighbours(vectors)
    for number in (1, 2):
        upload.pick(number)
    return upload


def test_a_visitors_catalogue_is_text(upload):
    for html in (view.gallery(upload, [1, 2, 3], 2), view.selected_items(upload), answers.answers(upload)):
        assert broken_out(html) == [] and any(one.startswith("title") for one in marks(html))


def test_a_report_on_a_visitors_mistakes_is_text():
    wrong = [
        Problem(hostile("file"), 3, hostile("header"), hostile(what), kind)
        for what, kind in (("e", ERROR), ("w", WARNING))
    ]
    dropped = [(3, hostile("dropped"))]
    checked = SimpleNamespace(dataset=None, problems=wrong, errors=wrong[:1], dropped=dropped, left=2)
    html = view.report(checked, [])
    assert broken_out(html) == [] and {"file", "header", "e", "dropped"} <= marks(html)
    assert broken_out(view.bad(hostile("error"))) == []


def test_nothing_of_the_page_that_is_served_breaks_out(folders):
    with serving(*folders) as address:
        told = httpx.get(f"{address}config").json()["components"]
    html = [one["props"].get(name) for one in told for name in ("value", "html_template") if one["type"] == "html"]
    html = [one for one in html if one]
    assert len(html) >= 10 and not any(map(broken_out, html))
