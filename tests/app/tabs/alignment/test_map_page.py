"""The Alignment tab in Chromium: what its paragraph of promises says, promise by promise."""

import io
import re

import httpx
import pandas as pd
import pytest
from axe import serious_problems
from PIL import Image
from served import SIZES, Visit, serving, visiting
from standin import write_checkpoint
from tiny_world import write_tiny_folder

from app.strings import alignment as words

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=alert(1)>"
SHOPPERS = 19  # of the tiny world, u02 has no test target
VIEWS = ("before", "stage", "id")


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """(address, maps.csv): one shopper's room and one title try to break out of the page."""
    root = tmp_path_factory.mktemp("maps")
    dataset = write_tiny_folder(root / "tiny")
    items = (dataset / "items.csv").read_text(encoding="utf-8")
    (dataset / "items.csv").write_text(items.replace("Whale 1,", HOSTILE + ","), encoding="utf-8")
    checkpoint = write_checkpoint(root / "checkpoint", dataset)
    table = pd.read_csv(checkpoint / "maps.csv")
    table.loc[table["room"] == "hall", "room"] = HOSTILE
    table.to_csv(checkpoint / "maps.csv", index=False)
    with serving(dataset, checkpoint) as address:
        yield address, table


@pytest.fixture
def visit(browser, world):
    """Opens the tab."""
    with visiting(browser) as open_page:

        def open_tab(size: str = "desktop", **context) -> Visit:
            opened = open_page(world[0], size, **context)
            opened.open_tab("Alignment")
            ready = "#linked-maps [data-ready], #linked-maps[data-ready]"
            opened.page.wait_for_selector(ready, state="attached", timeout=20_000)
            opened.page.wait_for_selector("#linked-maps .inspector[data-shopper=you]")
            return opened

        yield open_tab


def ink(page, view: str) -> int:
    """A number that changes with what a canvas shows."""
    return page.evaluate(
        """(view) => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => {
            const canvas = document.querySelector(`#linked-maps [data-panel=${view}] canvas`);
            const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
            let sum = 7;
            for (let i = 0; i < data.length; i++) if (data[i]) sum = (sum * 31 + i + data[i]) % 2147483647;
            done(sum);
        })))""",
        view,
    )


def packed(page) -> dict:
    """What the browser draws the maps from."""
    return httpx.get(page.url + page.locator("#linked-maps .panels").get_attribute("data-shoppers")).json()


def at(page, table: pd.DataFrame, row: int, view: str = "before", panel: str = "before") -> dict[str, float]:
    """Where a shopper is drawn, in pixels from the canvas's corner; those beyond the map's reach are at its edge."""
    box = page.locator(f"#linked-maps [data-panel={panel}] canvas").bounding_box()
    reach = packed(page)["reach"][view]
    unit = min((box["width"] / 2 - 5) / reach[0], (box["height"] / 2 - 5) / reach[1])
    x, y = box["width"] / 2 + table[f"{view}_x"][row] * unit, box["height"] / 2 - table[f"{view}_y"][row] * unit
    return {"x": min(max(x, 5), box["width"] - 5), "y": min(max(y, 5), box["height"] - 5)}


def lonely(table: pd.DataFrame, view: str = "before") -> int:
    """The row that is farthest from any other on a map: pointing there means nobody else."""
    points = table[[f"{view}_x", f"{view}_y"]].to_numpy()
    distances = ((points[:, None] - points[None]) ** 2).sum(-1)
    distances[range(len(points)), range(len(points))] = 9
    return int(distances.min(axis=1).argmax())


def open_row(page, row: int) -> None:
    page.locator("#linked-maps .find input").fill(f"u{row:02d}")
    page.locator("#linked-maps .find input").press("Enter")
    page.wait_for_selector(f"#linked-maps .inspector h2:has-text('Shopper u{row:02d}')")


def caption(page) -> str:
    return page.locator("#linked-maps [data-panel=stage] figcaption").inner_text()


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
def test_pointing_shows_the_last_prints_on_each_map(view, panel, visit, world):
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


@pytest.mark.parametrize("size", SIZES)
def test_a_click_opens_history_and_neighbours_in_each_space(size, visit, world):
    opened = visit(size)
    page, row = opened.page, lonely(world[1])
    page.locator("#linked-maps [data-panel=before] canvas").click(position=at(page, world[1], row))
    page.wait_for_selector(f"#linked-maps .inspector[data-shopper='{row}']")
    assert world[1]["user_id"][row] in page.locator("#linked-maps .inspector h2").inner_text()
    opened.wait_for_pictures("#linked-maps .prints", int(world[1]["history"][row]))
    spaces = page.locator("#linked-maps .thirds section")
    assert spaces.count() == 3
    near = {
        space: set(page.locator(f"#linked-maps [data-space={space}] .who").all_inner_texts())
        for space in ("before", "after", "id")
    }
    assert all(len(users) == 10 and world[1]["user_id"][row] not in users for users in near.values())
    shared = page.locator("#linked-maps [data-space=before] li:has(em[data-also=ID]) .who").all_inner_texts()
    assert set(shared) == near["before"] & near["id"]
    assert (
        f"{len(near['after'] & near['id'])} also by ID"
        in page.locator("#linked-maps [data-space=after] p").inner_text()
    )


def test_a_neighbour_opens_by_keyboard(visit):
    page = visit().page
    first = page.locator("#linked-maps [data-space=id] button").first
    name = first.locator(".who").inner_text()
    first.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(f"#linked-maps .inspector h2:has-text('Shopper {name}')")
    assert page.evaluate("document.querySelector('#linked-maps .inspector').contains(document.activeElement)")


def test_a_shopper_is_found_by_id_and_a_wrong_id_is_told(visit):
    page = visit().page
    open_row(page, 7)
    page.locator("#linked-maps .find input").fill(HOSTILE)
    page.locator("#linked-maps .find input").press("Enter")
    page.wait_for_function(
        "told => document.querySelector('#linked-maps .live').textContent === told",
        arg=f"No shopper {HOSTILE} on these maps.",
    )
    assert "u07" in page.locator("#linked-maps .inspector h2").inner_text()


def test_the_visitors_point_follows_the_history(visit):
    opened = visit()
    page = opened.page
    assert page.locator("#linked-maps .inspector .prints img").count() == 4
    before = ink(page, "id")
    page.get_by_role("tab", name="Recommend").click()
    page.locator("#gallery .card[aria-pressed=false]").first.click()
    opened.wait_for_selected(5)
    page.get_by_role("tab", name="Alignment").click()
    page.wait_for_function("document.querySelectorAll('#linked-maps .inspector .prints img').length === 5")
    assert ink(page, "id") != before
    page.get_by_role("tab", name="Recommend").click()
    page.click("#history [data-act=clear]")
    opened.wait_for_selected(0)
    page.get_by_role("tab", name="Alignment").click()
    page.wait_for_selector("#linked-maps .inspector:has-text('Your history is empty')")
    assert page.locator("#linked-maps .you").is_hidden()


def test_until_your_place_is_found_the_maps_say_so(browser, world):
    opened = Visit(browser, world[0], *SIZES["desktop"])
    opened.page.route("**/queue/join*", lambda route: None)  # the answer never comes
    opened.open_tab("Alignment")
    opened.page.wait_for_selector("#linked-maps [data-ready], #linked-maps[data-ready]", state="attached")
    assert opened.page.locator("#linked-maps .inspector").inner_text() == words.MAPS["waiting"]
    opened.context.close()


def test_a_click_on_you_comes_back_to_your_own_neighbours(visit):
    page = visit().page
    open_row(page, 5)
    page.click("#linked-maps .you")
    page.wait_for_selector("#linked-maps .inspector[data-shopper=you]")
    assert page.locator("#linked-maps .inspector h2").inner_text() == "Your history on the maps"


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


def test_numbers_stand_with_chance_and_ranking_in_one_table(visit):
    page = visit().page
    table = page.locator("#numbers table")
    assert table.count() == 1
    assert page.locator("#numbers thead th").all_inner_texts()[1:] == ["before", "after", "change", "chance"]
    lines = table.inner_text()
    for said in ("Ten nearest shoppers shared with the ID model", "NDCG@10, all items", "+0.400", "+0.0200"):
        assert said in lines


def test_a_sentence_tells_what_a_umap_may_not_be_read_for(visit):
    said = visit().page.locator("#reading .limits").first.inner_text()
    assert "UMAP" in said and "mean nothing" in said


def test_the_maps_are_told_in_words(visit, world):
    page = visit().page
    said = page.locator("#maps-in-words").inner_text()
    overlap = 10 * world[1]["overlap_after_id"].mean()
    assert f"{SHOPPERS} shoppers" in said and f"{overlap:.1f} after it" in said and "Same true room" in said
    for canvas in page.locator("#linked-maps canvas").all():
        assert canvas.get_attribute("aria-describedby") == "maps-in-words"
        assert canvas.get_attribute("aria-label")


def test_a_picture_is_saved(visit):
    page = visit().page
    with page.expect_download(timeout=60_000) as saved:
        page.click("#linked-maps [data-save=png]")
    assert saved.value.suggested_filename == "maps.png"
    with Image.open(io.BytesIO(saved.value.path().read_bytes())) as picture:
        assert picture.width == 3000 and 800 <= picture.height <= 1800
        assert len(picture.convert("RGB").resize((300, 136)).getcolors(50_000)) > 50


def test_a_page_of_its_own_is_saved(visit, browser, tmp_path):
    page = visit().page
    with page.expect_download(timeout=60_000) as saved:
        page.click("#linked-maps [data-save=html]")
    alone = tmp_path / "maps.html"
    saved.value.save_as(alone)
    context = browser.new_context()
    asked, other = [], context.new_page()
    other.on("request", lambda request: asked.append(request.url))
    other.goto(alone.as_uri())
    other.wait_for_selector(".js-plotly-plot .scatterlayer .point", state="attached", timeout=30_000)
    assert other.locator(".scatterlayer .point").count() == 3 * (SHOPPERS + 1)  # and the visitor
    assert other.locator("img[src=x]").count() == 0
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    context.close()


def test_text_of_the_data_stays_text(visit, world):
    page = visit().page
    hostile = int(world[1].index[world[1]["room"] == HOSTILE][0])
    open_row(page, int(world[1]["user_id"][hostile][1:]))
    assert HOSTILE in page.locator("#linked-maps .inspector .head").inner_text()
    assert HOSTILE in page.locator("#linked-maps .legend").inner_text()
    assert page.locator("img[src=x]").count() == 0


def test_two_visitors_have_their_own_points(visit):
    one, other = visit(), visit()
    other.page.get_by_role("tab", name="Recommend").click()
    other.page.click("#history [data-act=clear]")
    other.wait_for_selected(0)
    other.page.get_by_role("tab", name="Alignment").click()
    other.page.wait_for_selector("#linked-maps .inspector:has-text('Your history is empty')")
    one.page.get_by_role("tab", name="Recommend").click()
    one.page.get_by_role("tab", name="Alignment").click()
    one.page.wait_for_selector("#linked-maps .inspector[data-shopper=you]")
