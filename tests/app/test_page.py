"""The page in Chromium: picks and answers, search, two visitors, a title that tries to break out, a shop without pictures."""

import os
import shutil
from pathlib import Path

import pytest
from hostile import HOSTILE
from served import SIZES, serving
from standin import write_checkpoint
from tiny_world import write_tiny_folder

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """A page over text alone, and nothing measured yet."""
    root = tmp_path_factory.mktemp("bare")
    dataset = write_tiny_folder(root / "tiny")
    shutil.rmtree(dataset / "images")
    lines = (dataset / "items.csv").read_text(encoding="utf-8").splitlines()
    (dataset / "items.csv").write_text("\n".join(line.rsplit(",", 1)[0] for line in lines) + "\n", encoding="utf-8")
    checkpoint = write_checkpoint(root / "checkpoint", dataset)
    (checkpoint / "maps.csv").unlink()
    (checkpoint / "metrics.json").unlink()
    with serving(dataset, checkpoint) as address:
        yield address


@pytest.fixture(scope="module")
def posters(tmp_path_factory):
    """A page over real films and posters."""
    if "MOLAR_DATA" not in os.environ:
        pytest.skip("MOLAR_DATA names no dataset folder")
    dataset = Path(os.environ["MOLAR_DATA"])
    with serving(dataset, write_checkpoint(tmp_path_factory.mktemp("posters") / "checkpoint", dataset)) as address:
        yield address


def pick(page, place: int) -> str:
    card = page.locator("#gallery .card").nth(place)
    card.click()
    return card.locator(".name").inner_text()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("shop", ["standin", "demo"])
def test_three_picks_give_pictured_rows_and_a_fourth_changes_them(shop, size, visit, request):
    opened = visit(request.getfixturevalue(shop), size)
    opened.page.click("#history [data-act=clear]")
    opened.wait_for_selected(0)
    picked = []
    for place in range(3):
        picked.append(pick(opened.page, 4 * place))
        opened.wait_for_selected(place + 1)
    assert opened.selected() == picked
    opened.wait_for_lists()
    before = opened.rows()
    assert len(before) >= 3 and {len(titles) for titles in before.values()} == {10}
    pick(opened.page, 13)
    opened.wait_for_selected(4)
    opened.wait_for_lists()
    after = opened.rows()
    assert all(before[model] != after[model] for model in before)


@pytest.mark.parametrize("size", SIZES)
def test_the_first_screen_is_filled(size, standin, visit):
    opened = visit(standin, size)
    assert len(opened.selected()) == 4
    opened.wait_for_pictures("#history", 4)
    opened.wait_for_lists()
    width, height = SIZES[size]
    seen = """(height) => [...document.querySelectorAll('%s .frame')]
        .filter((one) => { const box = one.getBoundingClientRect(); return box.bottom <= height && box.width >= %d; }).length"""
    assert opened.page.evaluate(seen % ("#recommendations", 80), height) >= 2
    if size == "desktop":
        assert opened.page.evaluate(seen % ("#gallery", 140), height) >= 9
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_pick_is_removed_by_its_button_and_by_a_second_click(standin, visit):
    opened = visit(standin)
    first, *rest = opened.selected()
    opened.page.get_by_role("button", name=f"Remove {first}", exact=True).click(force=True)
    opened.wait_for_selected(3)
    assert opened.selected() == rest
    free = opened.page.locator("#gallery .card[aria-pressed=false]").first
    number = free.get_attribute("data-n")
    card = opened.page.locator(f"#gallery .card[data-n='{number}']")
    card.click()
    opened.wait_for_selected(4)
    assert card.get_attribute("aria-pressed") == "true"
    card.click()
    opened.wait_for_selected(3)
    assert card.get_attribute("aria-pressed") == "false"


def test_fast_clicks_are_all_counted(standin, visit):
    opened = visit(standin)
    opened.page.click("#history [data-act=clear]")
    opened.wait_for_selected(0)
    opened.page.evaluate("document.querySelectorAll('#gallery .card').forEach((one, i) => i < 6 && one.click())")
    opened.wait_for_selected(6)


def test_a_cleared_history_offers_the_popular_and_the_way_back(standin, visit):
    opened = visit(standin)
    borrowed = opened.selected()
    opened.page.click("#history [data-act=clear]")
    opened.wait_for_selected(0)
    rows = opened.rows()
    assert rows["content"] == rows["molar"] == rows["sasrec"]
    opened.page.click("#history [data-act=undo]")
    opened.wait_for_selected(4)
    assert opened.selected() == borrowed


def test_a_card_can_be_picked_with_the_keyboard(standin, visit):
    opened = visit(standin)
    opened.page.locator("#gallery .card[aria-pressed=false]").first.focus()
    opened.page.keyboard.press("Enter")
    opened.wait_for_selected(5)


def test_a_recommendation_can_be_picked_and_leaves_the_rows(standin, visit):
    opened = visit(standin)
    card = opened.page.locator("#recommendations [data-model=molar] .card").first
    title = card.locator(".name").inner_text()
    card.click()
    opened.wait_for_selected(5)
    assert opened.selected()[-1] == title
    assert title not in opened.rows()["molar"]


def test_search_narrows_the_gallery_and_more_widens_it(standin, visit):
    opened = visit(standin)
    cards = opened.page.locator("#gallery .card")
    assert cards.count() == 24
    opened.page.click("#gallery [data-act=more]")
    opened.page.wait_for_function("document.querySelectorAll('#gallery .card').length === 30")
    opened.page.locator("#search textarea, #search input").fill("fern")
    opened.page.wait_for_function("document.querySelectorAll('#gallery .card').length === 6")
    assert all(title.startswith("Fern") for title in cards.locator(".name").all_inner_texts())
    opened.page.locator("#search textarea, #search input").fill("fern whale")
    opened.page.wait_for_selector("#gallery .nothing")


def test_text_of_a_catalogue_stays_text(standin, visit):
    opened = visit(standin)
    opened.page.locator("#search textarea, #search input").fill("onerror")
    opened.page.wait_for_function("document.querySelectorAll('#gallery .card').length === 1")
    assert pick(opened.page, 0) == HOSTILE
    opened.page.wait_for_function("document.querySelectorAll('#history .selected-item').length !== 4")
    assert opened.page.locator("img[src=x]").count() == 0


def test_two_visitors_do_not_share_a_history(standin, visit):
    one, other = visit(standin), visit(standin)
    one.page.click("#history [data-act=clear]")
    one.wait_for_selected(0)
    other.page.locator("#gallery .card[aria-pressed=false]").first.click()
    other.wait_for_selected(5)
    assert one.selected() == []


@pytest.mark.parametrize("size", SIZES)
def test_the_alignment_tab_of_the_demo_draws_maps_and_numbers(size, demo, visit):
    opened = visit(demo, size)
    opened.open_tab("Alignment")
    opened.page.wait_for_selector("#linked-maps [data-ready='2000'], #linked-maps[data-ready='2000']", state="attached")
    opened.page.wait_for_selector("#linked-maps .inspector[data-shopper=you]")
    assert opened.page.locator("#linked-maps .colour option").all_inner_texts()[:2] == ["True room", "True motif"]
    assert opened.page.locator("#numbers tbody tr").count() == 9


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(scheme, standin, visit):
    opened = visit(standin, color_scheme=scheme)
    contrast = """(selector) => {
        const light = (color) => { const [r, g, b] = color.match(/[\\d.]+/g).map((c) => c / 255)
            .map((c) => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4); return .2126 * r + .7152 * g + .0722 * b; };
        let on = document.querySelector(selector);
        const text = light(getComputedStyle(on).color);
        while (getComputedStyle(on).backgroundColor === 'rgba(0, 0, 0, 0)') on = on.parentElement;
        const ground = light(getComputedStyle(on).backgroundColor);
        return (Math.max(text, ground) + .05) / (Math.min(text, ground) + .05); }"""
    for selector in (
        "#header p",
        ".name",
        ".hint",
        "h2",
        "#tabs [role=tab]",
        "#filters select",
        "#history [data-act=clear]",
    ):
        assert opened.page.evaluate(contrast, selector) >= 4.5, selector


def test_the_simulation_is_named_on_the_demo_page(demo, visit):
    assert "simulated" in visit(demo).page.locator("#header").inner_text()


def test_a_dataset_without_pictures_or_maps_still_makes_a_page(bare, visit):
    opened = visit(bare)
    opened.wait_for_lists()
    opened.open_tab("Alignment")
    opened.page.wait_for_selector("text=holds no maps yet")
    opened.page.wait_for_selector("text=holds no measured numbers yet")


@pytest.mark.realdata
@pytest.mark.parametrize("size", SIZES)
def test_real_posters_fill_the_page(size, posters, visit):
    opened = visit(posters, size)
    opened.wait_for_lists()
    pick(opened.page, 0)
    opened.wait_for_selected(5)
