"""What opens beside the maps in Chromium: a shopper's history and neighbours, and the visitor's own."""

import pytest
from maps_page import HOSTILE, at, ink, lonely, open_row
from served import SIZES, Visit

from app.strings import alignment as words

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("size", SIZES)
def test_a_click_opens_history_and_neighbours_in_each_space(size, visit, world):
    opened = visit(size)
    page, row = opened.page, lonely(world[1])
    page.locator("#linked-maps [data-panel=before] canvas").click(position=at(page, world[1], row))
    page.wait_for_selector(f"#linked-maps .inspector[data-shopper='{row}']")
    assert world[1]["user_id"][row] in page.locator("#linked-maps .inspector h2").inner_text()
    opened.wait_for_pictures("#linked-maps .past", int(world[1]["history"][row]))
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
    assert page.locator("#linked-maps .inspector .past img").count() == 4
    before = ink(page, "id")
    page.get_by_role("tab", name="Recommend").click()
    page.locator("#gallery .card[aria-pressed=false]").first.click()
    opened.wait_for_selected(5)
    page.get_by_role("tab", name="Alignment").click()
    page.wait_for_function("document.querySelectorAll('#linked-maps .inspector .past img').length === 5")
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
