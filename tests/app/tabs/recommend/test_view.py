"""What the first tab shows of a checkpoint that joins everything, and of one that does not."""

import pytest
from standin import write_checkpoint
from tiny_world import write_tiny_folder

from app.components.items import rows
from app.state import PageState
from app.tabs.quiz.quiz import YOU, Quiz
from app.tabs.recommend.history import History
from app.tabs.recommend.view import RecommendView
from molar.core.schema import EVERYTHING, MODELS


def page_state(root, **options) -> PageState:
    dataset = write_tiny_folder(root / "tiny")
    return PageState.open(dataset, write_checkpoint(root / "checkpoint", dataset, **options))


@pytest.fixture(scope="module")
def joined(tmp_path_factory):
    return page_state(tmp_path_factory.mktemp("joined"))


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return page_state(tmp_path_factory.mktemp("plain"), everything=False)


def shown(state: PageState, shift: float = 0.0) -> tuple[list[str], str, str]:
    found, said = RecommendView(state).rows(History((3, 7, 1)), shift)
    return [row.model for row in found], said, rows(found)


def test_everything_is_the_first_of_four_and_is_read_aloud(joined):
    models, said, html = shown(joined)
    assert models == [EVERYTHING, *MODELS] and said.startswith("3 picked. Everything now begins with:")
    assert "--columns: 4" in html


def test_without_it_there_are_three_and_the_aligned_one_is_read_aloud(plain):
    models, said, html = shown(plain)
    assert models == list(MODELS) and "Aligned now begins with:" in said and "--columns: 3" in html


def test_new_items_are_marked_and_their_number_is_the_visitors(joined):
    few, many = (shown(joined, shift)[2].count('class="new"') for shift in (-10.0, 10.0))
    assert few == 0 and many == 6, "two that nobody had chosen and the history does not hold, in three lists"


def test_every_list_plays_the_quiz(joined, plain):
    assert Quiz(joined).players == (YOU, EVERYTHING, *MODELS) and Quiz(plain).players == (YOU, *MODELS)
    question = Quiz(joined).question(0)
    assert set(Quiz(joined).reveal(question, question.choices[0]).ranks) >= {EVERYTHING, *MODELS}
