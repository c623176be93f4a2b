"""What one click asks of the models: one pass each, over item numbers."""

import numpy as np
import pytest
from standin import write_checkpoint
from tiny_world import write_tiny_folder

from app.state import PageState
from molar.core.schema import ALIGNED, CONTENT, EVERYTHING, MODELS


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    root = tmp_path_factory.mktemp("state")
    dataset = write_tiny_folder(root / "tiny")
    return PageState.open(dataset, write_checkpoint(root / "checkpoint", dataset))


@pytest.fixture
def passes(shop, monkeypatch) -> list[tuple[str, int]]:
    """(model, histories) of every ranking that is asked for."""
    seen = []
    for name, ranker in shop.recommender.rankers.items():

        def listen(histories, *more, name=name, ask=ranker.scores):
            seen.append((name, len(histories)))
            return ask(histories, *more)

        monkeypatch.setattr(ranker, "scores", listen)
    return seen


@pytest.mark.parametrize("picks, histories", [((3,), 1), ((3, 7, 1, 12), 5)])
def test_a_click_is_one_pass_through_each_model(shop, passes, picks, histories):
    shop.answers(picks)
    assert passes == [(model, histories) for model in (EVERYTHING, *MODELS)]


def test_no_pick_is_no_pass(shop, passes):
    answers = shop.answers(())
    assert passes == []
    assert {(one.before, one.after, one.because) for found in answers.values() for one in found} == {(0, 0, None)}


def test_a_click_looks_up_no_item_id(shop, monkeypatch):
    monkeypatch.setattr(type(shop.dataset), "item_number", lambda *_: pytest.fail("an id was looked up"))
    assert shop.answers((3, 7))


@pytest.mark.parametrize("picks", [(3,), (3, 7, 1, 12)])
@pytest.mark.parametrize("shift", [0.0, 1.5])
def test_answers_are_those_that_programs_get(shop, picks, shift):
    """Ranks, reasons and moves equal what `recommend_with_reasons` and `ranks` say one by one."""
    recommender = shop.recommender
    before, after = (recommender.ranks(picks, name, new_items=shift) for name in (CONTENT, ALIGNED))
    for model, found in shop.answers(picks, 8, shift).items():
        listed = recommender.recommend_with_reasons(shop.ids(picks), model, 8, new_items=shift)
        assert shop.ids([one.number for one in found]) == [one.item_id for one in listed]
        assert [one.rank for one in found] == list(range(1, 9))
        assert [one.because and shop.ids([one.because])[0] for one in found] == [one.because for one in listed]
        moves = [(0, 0) if model == EVERYTHING else (before[one.number], after[one.number]) for one in found]
        assert [(one.before, one.after) for one in found] == moves


def test_more_new_items_are_told_apart(shop):
    found = shop.answers((3, 7, 1), new_items=4.0)
    assert {one.number for one in found[EVERYTHING] if one.new} == {29, 30}
    assert not any(one.new for one in found["sasrec"])


def test_the_ranks_shown_are_those_of_the_list(shop):
    found = shop.answers((3, 7, 1))[ALIGNED]
    assert np.array_equal([one.after for one in found], [one.rank for one in found])
