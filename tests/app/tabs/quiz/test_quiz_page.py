"""The quiz in Chromium: a guess, the reveal, the running score."""

import pytest
from axe import serious_problems
from served import SIZES

from app.strings import common
from app.strings import quiz as words

pytestmark = pytest.mark.browser


def play(opened):
    opened.page.get_by_role("tab", name=common.TAB_QUIZ).click()
    opened.page.wait_for_selector("#quiz .eight .card")
    return opened.page


def guess(page, place: int) -> None:
    page.locator("#quiz .eight .card").nth(place).click()
    page.wait_for_selector("#quiz .reveal")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("shop", ["standin", "demo"])
def test_a_guess_reveals_what_was_bought_and_how_all_ranked_it(shop, size, visit, request):
    opened = visit(request.getfixturevalue(shop), size)
    page = play(opened)
    assert page.locator("#quiz .eight .card").count() == 8
    assert page.locator("#quiz .past li").count() >= 4
    title = page.locator("#quiz .eight .card").nth(3).get_attribute("title")
    guess(page, 3)
    bought = page.locator("#quiz .shown.bought .name").inner_text()
    assert bought in page.locator("#quiz .verdict").inner_text()
    mine = page.locator("#quiz .shown", has=page.locator(".mark[data-who=you]")).locator(".name").inner_text()
    assert mine == title
    for model in ("content", "molar", "sasrec"):
        line = page.locator(f"#quiz tr[data-who={model}]").inner_text()
        assert " of " in line or words.NOT_RANKED in line
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]


def test_the_score_counts_each_round_once(standin, visit):
    page = play(visit(standin))
    won = 0
    for count in (1, 2, 3):
        guess(page, 0)
        won += page.locator("#quiz .shown.bought .mark[data-who=you]").count()
        assert page.locator("#quiz .score [data-who=you]").inner_text() == f"You {won} of {count}"
        models = page.locator("#quiz .score [data-who=molar]").inner_text()
        assert models.endswith(f"of {count}")
        page.click("#quiz [data-act=next]")
        page.wait_for_selector("#quiz .eight .card")


def test_another_shopper_costs_nothing(standin, visit):
    page = play(visit(standin))
    before = page.locator("#quiz .past").inner_text()
    page.click("#quiz [data-act=next]")
    page.wait_for_function("(before) => document.querySelector('#quiz .past').innerText !== before", arg=before)
    assert page.locator("#quiz .score").count() == 0


def test_the_quiz_is_played_by_keyboard_and_read_aloud(standin, visit):
    page = play(visit(standin))
    page.locator("#quiz .eight .card").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_selector("#quiz .reveal")
    assert page.locator("#quiz .verdict span").inner_text() == page.locator("#said").inner_text()
    page.wait_for_function("document.activeElement.dataset.act === 'next'")


def test_the_demo_reveals_the_oracles_and_the_truth(demo, visit):
    page = play(visit(demo))
    guess(page, 0)
    for oracle in words.ORACLES:
        assert " of " in page.locator(f"#quiz tr[data-who={oracle}]").inner_text()
    assert "room:" in page.locator("#quiz .reveal").inner_text()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(scheme, size, standin, visit):
    page = play(visit(standin, size, color_scheme=scheme))
    assert serious_problems(page) == []
    guess(page, 0)
    assert serious_problems(page) == []
