"""The first tab in Chromium: the first screen, the history bar, filters, links, reasons, keyboard."""

import os
import re

import pytest
from axe import serious_problems
from served import SIZES

from molar.core.schema import EVERYTHING, MODELS

pytestmark = pytest.mark.browser

WITHIN = """([selector, height]) => [...document.querySelectorAll(selector)].filter((one) => {
    const box = one.getBoundingClientRect(); return box.width > 0 && box.top >= 0 && box.bottom <= height; }).length"""
PAINT = """() => new Promise((done) => {
    let paint = 0, shift = 0;
    new PerformanceObserver((list) => list.getEntries().forEach((one) => { paint = one.startTime; }))
        .observe({ type: 'largest-contentful-paint', buffered: true });
    new PerformanceObserver((list) => list.getEntries().forEach((one) => { if (!one.hadRecentInput) shift += one.value; }))
        .observe({ type: 'layout-shift', buffered: true });
    const first = performance.getEntriesByType('navigation')[0].responseStart;
    setTimeout(() => done({ paint: (paint - first) / 1000, shift }), 1500); })"""


def wait_for_titles(opened, titles: list[str]) -> None:
    opened.page.wait_for_function(
        "(titles) => [...document.querySelectorAll('#history .selected-item .name')].map((one) => one.innerText).join() === titles.join()",
        arg=titles,
    )


def numbers(opened) -> list[str]:
    return opened.page.locator("#history .handle").evaluate_all("all => all.map((one) => one.dataset.n)")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("shop", ["standin", "demo"])
def test_the_first_screen_holds_history_gallery_and_recommendations(shop, size, visit, request):
    opened = visit(request.getfixturevalue(shop), size)
    width, height = SIZES[size]
    page = opened.page
    opened.wait_for_pictures("#history", 4)
    assert page.evaluate(WITHIN, ["#header p:first-child", height]) == 1
    assert page.evaluate(WITHIN, ["#history .selected-item", height]) == 4
    if size == "desktop":
        pictures = page.locator("#gallery .frame").evaluate_all(
            "(all, height) => all.filter((one) => { const box = one.getBoundingClientRect();"
            " return box.width >= 140 && box.bottom <= height; }).length",
            height,
        )
        assert pictures >= 9
        for model in (EVERYTHING, *MODELS):
            assert page.evaluate(WITHIN, [f"[data-model={model}] .card", height]) >= 3
    else:
        assert page.evaluate(WITHIN, [".answer:first-child .card", height]) >= 2
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("size", SIZES)
def test_the_first_screen_is_painted_soon_and_stays_where_it_is(size, standin, visit):
    found = [visit(standin, size).page.evaluate(PAINT) for _ in range(3)]
    assert max(one["shift"] for one in found) <= 0.05
    paint = min(one["paint"] for one in found)
    if paint > 2 and os.getloadavg()[0] > os.cpu_count():
        pytest.skip(f"the machine is busy with other things: the largest paint came {paint:.1f} s after the first byte")
    assert 0 < paint <= 2


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(scheme, size, standin, visit):
    opened = visit(standin, size, color_scheme=scheme)
    opened.wait_for_lists()
    assert serious_problems(opened.page) == []
    opened.page.click("[data-act=list]")
    opened.page.click("#history [data-act=clear]")
    opened.wait_for_selected(0)
    assert serious_problems(opened.page) == [], "as a list, nothing picked"


def test_every_card_tells_rank_move_and_reason(standin, visit):
    opened = visit(standin)
    picks = opened.selected()
    for model in MODELS:
        cards = opened.page.locator(f"[data-model={model}] .card")
        for place, text in enumerate(cards.all_inner_texts(), start=1):
            assert text.split()[0] == str(place)
            before, after = re.search(r"(\d+) → (\d+)", text).groups()
            assert {"content": before, "molar": after}.get(model, str(place)) == str(place)
        reasons = opened.page.locator(f"[data-model={model}] .because i").all_inner_texts()
        assert reasons and set(reasons) <= set(picks)


def test_everything_stands_first_and_tells_reasons_without_moves(standin, visit):
    opened = visit(standin)
    headings = opened.page.locator(".answer h2").all_inner_texts()
    assert headings == ["Everything", "Content only", "Aligned", "ID only"]
    cards = opened.page.locator("[data-model=everything] .card").all_inner_texts()
    assert len(cards) == 10 and not any("→" in text for text in cards)
    reasons = opened.page.locator("[data-model=everything] .because i").all_inner_texts()
    assert reasons and set(reasons) <= set(opened.selected())


NEW_SHOWN = "document.querySelectorAll('[data-model=everything] .new').length > 1"


def test_the_slider_ranks_again_with_more_and_fewer_new_items(standin, visit):
    opened = visit(standin)
    page, slider = opened.page, opened.page.locator("#new-items input")
    assert page.get_by_label("New items").count() == 1
    first = opened.rows()
    slider.focus()
    page.keyboard.press("End")
    page.wait_for_function(NEW_SHOWN)
    assert page.locator("[data-model=sasrec] .new").count() == 0
    assert slider.get_attribute("aria-valuetext") == "4 more"
    page.wait_for_function("document.getElementById('said')?.textContent.includes('Everything now begins with')")
    assert page.evaluate("document.activeElement.id") == "new-items-range", "the slider keeps the keyboard"
    page.locator("#gallery .card").nth(5).click()  # what is picked next is ranked alike
    opened.wait_for_selected(5)
    page.wait_for_function(NEW_SHOWN)
    page.click("#history [data-act=undo]")
    opened.wait_for_selected(4)
    slider.focus()
    page.keyboard.press("Home")
    page.wait_for_function("!document.querySelector('[data-model=everything] .new')")
    slider.dblclick()
    page.wait_for_function("document.querySelector('#new-items input').value === '0'")
    page.wait_for_function(
        "(titles) => [...document.querySelectorAll('[data-model=content] .name')].map((one) => one.innerText).join() === titles",
        arg=",".join(first["content"]),
    )
    assert opened.rows() == first


def test_picks_are_moved_by_keyboard_and_by_drag_and_each_step_is_undone(standin, visit):
    opened = visit(standin)
    page, (a, b, c, d) = opened.page, opened.selected()
    rows = opened.rows()
    page.locator("#history .handle").first.focus()
    page.keyboard.press("ArrowRight")
    wait_for_titles(opened, [b, a, c, d])
    assert opened.rows() != rows
    page.wait_for_function("document.activeElement.dataset.place === '1'")  # the keyboard stays with the pick
    page.keyboard.press("End")
    wait_for_titles(opened, [b, c, d, a])
    page.locator("#history .handle").nth(3).drag_to(
        page.locator("#history .handle").first, target_position={"x": 8, "y": 40}
    )
    wait_for_titles(opened, [a, b, c, d])
    assert opened.rows() == rows
    page.keyboard.press("Control+z")
    wait_for_titles(opened, [b, c, d, a])
    page.click("#history [data-act=undo]")
    wait_for_titles(opened, [b, a, c, d])


def test_delete_removes_the_pick_under_the_keyboard(standin, visit):
    opened = visit(standin)
    _, *rest = opened.selected()
    opened.page.locator("#history .handle").first.focus()
    opened.page.keyboard.press("Delete")
    wait_for_titles(opened, rest)
    opened.page.wait_for_function("document.activeElement.classList.contains('handle')")


def test_the_whole_way_by_keyboard(standin, visit):
    """From the address bar: search, pick the second of what is found, undo."""
    opened = visit(standin)
    page = opened.page

    def tab_to(selector: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
                return
        raise AssertionError(f"Tab never comes to {selector}")

    tab_to("#search textarea, #search input")
    page.keyboard.type("fox")
    page.wait_for_function("document.querySelectorAll('#gallery .card').length === 6")
    tab_to("#gallery .card")
    page.keyboard.press("ArrowRight")
    title = page.evaluate("document.activeElement.title")
    before = opened.selected()
    page.keyboard.press("Space")
    wait_for_titles(opened, [one for one in before if one != title] if title in before else [*before, title])
    tab_to("#history [data-act=undo]")
    page.keyboard.press("Enter")
    wait_for_titles(opened, before)


def test_a_change_is_said_to_a_screen_reader(standin, visit):
    opened = visit(standin)
    opened.page.locator("#gallery .card[aria-pressed=false]").first.click()
    opened.wait_for_selected(5)
    said = opened.page.locator("[role=status]#said").inner_text()
    assert said.startswith("5 picked.") and opened.rows()["everything"][0] in said


def test_the_history_survives_a_reload_and_a_new_visit(standin, visit):
    opened = visit(standin)
    opened.page.locator("#gallery .card[aria-pressed=false]").first.click()
    opened.wait_for_selected(5)
    picks = opened.selected()
    opened.page.reload()
    wait_for_titles(opened, picks)
    opened.page.goto(standin)  # without the link in the address
    wait_for_titles(opened, picks)
    # Gradio reports its own open stream as an error, in either wording, where a page is left while it listens. Nothing is
    # hidden by this: the titles came over the connection of the page that stayed.
    broken = ("AbortError", "Unexpected error Connection errored out")
    opened.errors[:] = [error for error in opened.errors if not error.startswith(broken)]


def test_the_history_travels_in_a_link(standin, visit):
    opened = visit(standin, permissions=["clipboard-read", "clipboard-write"])
    opened.page.click("#history .selected-item:nth-child(2) [data-act=drop]", force=True)
    opened.wait_for_selected(3)
    opened.page.click("#history [data-act=copy]")
    link = opened.page.evaluate("navigator.clipboard.readText()")
    assert link == opened.page.url
    other = visit(link)
    wait_for_titles(other, opened.selected())
    assert other.rows() == opened.rows()


def test_unknown_ids_in_a_link_are_left_out_with_a_sentence(standin, visit):
    opened = visit(standin + "?items=i03,<b>nothing</b>,i07,../i01")
    opened.wait_for_selected(2)
    assert numbers(opened) == ["3", "7"]
    assert "2 items are not in this catalogue" in opened.page.locator("#history .hint").inner_text()


def test_a_persona_is_borrowed_and_given_back(standin, visit):
    opened = visit(standin)
    first = opened.selected()
    chips = opened.page.locator("#history .chip")
    assert chips.count() == 4
    chips.nth(2).click()
    opened.page.wait_for_function("document.querySelectorAll('#history .chip')[2].ariaPressed === 'true'")
    assert len(opened.selected()) == 4 and opened.selected() != first
    opened.page.click("#history [data-act=undo]")
    wait_for_titles(opened, first)


def test_the_demo_names_the_room_that_a_persona_buys_for(demo, visit):
    personas = visit(demo).page.locator("#history .personas")
    assert "by room" in personas.inner_text()
    assert len(set(personas.locator(".chip").all_inner_texts())) == 4


def test_surprise_me_adds_one_of_what_is_found(standin, visit):
    opened = visit(standin)
    opened.page.locator("#search textarea, #search input").fill("fern")
    opened.page.wait_for_function("document.querySelectorAll('#gallery .card').length === 6")
    opened.page.click("[data-act=surprise]")
    opened.wait_for_selected(5)
    assert opened.selected()[-1].startswith("Fern")


def test_filters_come_from_the_columns_and_narrow_together_with_the_search(standin, visit):
    opened = visit(standin)
    price = opened.page.locator("#filters select[data-column=price]")
    values = [one for one in price.locator("option").evaluate_all("all => all.map((one) => one.value)") if one]
    assert len(values) == 4
    price.select_option(values[0])
    opened.page.wait_for_function("document.querySelectorAll('#gallery .card').length === 8")
    opened.page.locator("#search textarea, #search input").fill("fern")
    opened.page.wait_for_function("[1, 2].includes(document.querySelectorAll('#gallery .card').length)")
    low, high = (int(part) for part in values[0].split(" – "))
    opened.page.click("[data-act=list]")
    for facts in opened.page.locator("#gallery .facts").all_inner_texts():
        assert low <= int(facts.split(" · ")[-1]) <= high
    price.select_option("")
    opened.page.wait_for_function("document.querySelectorAll('#gallery .card').length === 6")


def test_the_gallery_is_also_a_list_of_words(standin, visit):
    opened = visit(standin)
    opened.page.click("[data-act=list]")
    card = opened.page.locator("#gallery .card").first
    assert not card.locator("img").is_visible()
    assert "Ada Birk" in card.inner_text()
    count = len(opened.selected())
    pressed = card.get_attribute("aria-pressed") == "true"
    card.click()
    opened.wait_for_selected(count - 1 if pressed else count + 1)
