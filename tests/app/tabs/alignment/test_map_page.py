"""The linked maps in Chromium: what is drawn, what moves, what is pointed at, colours and groups."""

import re

import pytest
from axe import serious_problems
from maps_page import VIEWS, at, caption, ink, lonely, open_row, packed
from served import SIZES

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("size", SIZES)
def test_three_maps_are_drawn_and_fit_the_screen(size, visit):
    page = visit(size).page
    captions = page.locator("#linked-maps figcaption").all_inner_texts()
    assert captions == ["Content, before alignment", "Content, after alignment", "ID only"]
    blank = page.evaluate("() => { const c = document.createElement('canvas'); return c.toDataURL(); }")
    for view in VIEWS:
        canvas = page.locator(f"#linked-maps [data-panel={view}] canvas")
        assert canvas.bounding_box()["width"] > 150
        assert canvas.evaluate("one => one.toDataURL()") != blank
    assert len({ink(page, view) for view in VIEWS}) == 3
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing_serious(size, scheme, visit):
    page = visit(size, color_scheme=scheme).page
    open_row(page, 7)
    assert serious_problems(page) == []


def test_the_slider_moves_the_middle_map_alone(visit):
    page = visit().page
    ends = {view: ink(page, view) for view in VIEWS}
    page.locator("#linked-maps .morph input").fill("50")
    assert caption(page) == "Content, 50 % of the way"
    assert ink(page, "stage") != ends["stage"]
    assert {view: ink(page, view) for view in ("before", "id")} == {view: ends[view] for view in ("before", "id")}
    page.locator("#linked-maps .morph input").fill("0")
    assert caption(page) == "Content, before alignment"
    assert ink(page, "stage") == ends["before"]
    page.locator("#linked-maps .morph input").fill("100")
    assert ink(page, "stage") == ends["stage"]


def test_play_travels_from_before_to_after(visit):
    page = visit().page
    end = ink(page, "stage")
    page.click("#linked-maps .play")
    page.wait_for_function(
        "document.querySelector('#linked-maps [data-panel=stage] figcaption').textContent.includes('%')"
    )
    page.wait_for_function(
        "document.querySelector('#linked-maps [data-panel=stage] figcaption').textContent === 'Content, after alignment'",
        timeout=10_000,
    )
    assert page.locator("#linked-maps .morph input").input_value() == "100"
    assert ink(page, "stage") == end


def test_reduced_motion_jumps(visit):
    page = visit(reduced_motion="reduce").page
    page.click("#linked-maps .play")
    assert caption(page) == "Content, before alignment"
    page.click("#linked-maps .play")
    assert caption(page) == "Content, after alignment"


def test_arrow_keys_travel_and_are_told(visit):
    page = visit().page
    page.focus("#linked-maps .play")
    page.keyboard.press("ArrowLeft")
    assert caption(page) == "Content, 90 % of the way"
    assert page.locator("#linked-maps .live").inner_text() == "Content, 90 % of the way"
    page.keyboard.press("ArrowRight")
    assert caption(page) == "Content, after alignment"
    page.focus("#linked-maps .morph input")
    page.keyboard.press("Home")
    assert caption(page) == "Content, before alignment"


@pytest.mark.parametrize("view, panel", [("before", "before"), ("after", "stage"), ("id", "id")])
def test_pointing_shows_the_last_items_on_each_map(view, panel, visit, world):
    page = visit().page
    row = lonely(world[1], view)
    page.locator(f"#linked-maps [data-panel={panel}] canvas").hover(position=at(page, world[1], row, view, panel))
    page.wait_for_selector(f"#linked-maps .tip[data-shopper='{row}']:not([hidden])")
    assert page.locator("#linked-maps .tip b").inner_text() == world[1]["user_id"][row]
    opened = page.locator("#linked-maps .tip img")
    assert opened.count() == 4
    told = packed(page)
    assert [
        int(re.search(r"pictures/(\d+)", src)[1]) for src in opened.evaluate_all("all => all.map(one => one.src)")
    ] == told["last"][row]
    page.mouse.move(5, 5)
    page.wait_for_selector("#linked-maps .tip", state="hidden")


def test_pointing_is_marked_on_all_three_maps(visit, world):
    page = visit().page
    before = {view: ink(page, view) for view in VIEWS}
    page.locator("#linked-maps [data-panel=before] canvas").hover(position=at(page, world[1], lonely(world[1])))
    assert all(ink(page, view) != before[view] for view in VIEWS)


def test_colours_by_truth_activity_and_change(visit):
    page = visit().page
    options = page.locator("#linked-maps .colour option").all_inner_texts()
    assert options == ["True room", "Activity (length of the history)", "Change of neighbourhood"]
    seen = set()
    for option in options:
        page.select_option("#linked-maps .colour", label=option)
        seen.add(ink(page, "before"))
    assert len(seen) == 3
    assert "all ten replaced" in page.locator("#linked-maps .legend").inner_text()


def test_the_legend_shows_one_group(visit):
    page = visit().page
    all_of_them = ink(page, "id")
    kitchen = page.locator("#linked-maps .legend").get_by_role("button", name="kitchen")
    kitchen.click()
    assert kitchen.get_attribute("aria-pressed") == "true"
    assert ink(page, "id") != all_of_them
    kitchen.click()
    assert ink(page, "id") == all_of_them


def test_the_dark_page_has_other_shades(visit):
    page = visit(color_scheme="light").page
    page.select_option("#linked-maps .colour", label="Change of neighbourhood")
    light = ink(page, "before")
    page.click("#header [data-act=theme]")
    page.wait_for_function("document.body.classList.contains('dark')")
    assert ink(page, "before") != light


def test_the_dark_page_keeps_the_chosen_group_and_has_another_scale(visit):
    page = visit(color_scheme="light").page
    kitchen = page.locator("#linked-maps .legend").get_by_role("button", name="kitchen")
    kitchen.click()
    page.click("#header [data-act=theme]")
    page.wait_for_function("document.body.classList.contains('dark')")
    chosen = ink(page, "id")
    assert kitchen.get_attribute("aria-pressed") == "true"
    kitchen.click()
    assert ink(page, "id") != chosen
    page.select_option("#linked-maps .colour", label="Change of neighbourhood")
    scale = "document.querySelector('#linked-maps .scale').style.background"
    dark = page.evaluate(scale)
    page.click("#header [data-act=theme]")
    page.wait_for_function("!document.body.classList.contains('dark')")
    assert page.evaluate(scale) not in ("", dark)
