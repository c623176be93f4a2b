"""The Evidence tab in Chromium: opened late, chosen by keyboard, readable on a phone, nothing serious for axe."""

import pytest
from axe import serious_problems
from served import SIZES, Visit, serving, visiting
from standin import write_checkpoint
from standin_results import write_all
from tiny_world import write_tiny_folder

from app.strings import common as words
from app.strings import evidence as said
from app.tabs.evidence import tab as evidence
from molar.data.dataset import load_dataset
from molar.reporting import labels

pytestmark = pytest.mark.browser

RUN, METRIC = "#proof select[data-column=run]", "#proof select[data-column=metric]"


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """(address, folder of results): one file of each shape, two of them about the page's own data."""
    root = tmp_path_factory.mktemp("evidence")
    dataset = write_tiny_folder(root / "tiny")
    checkpoint = write_checkpoint(root / "checkpoint", dataset)
    results = write_all(root / "results", load_dataset(dataset).data_hash)
    before, evidence.RESULTS = evidence.RESULTS, results
    with serving(dataset, checkpoint) as address:
        yield address, results
    evidence.RESULTS = before


@pytest.fixture
def visit(browser, world):
    """Opens the tab."""
    with visiting(browser) as open_page:

        def open_tab(size: str = "desktop", **context) -> Visit:
            opened = open_page(world[0], size, **context)
            opened.open_tab(words.TAB_EVIDENCE)
            opened.page.wait_for_selector("#proof .ev-part")
            return opened

        yield open_tab


def choose(page, selector: str, value: str) -> None:
    """Choose, and wait until the page shows what was chosen."""
    page.select_option(selector, value)
    label = page.locator(f"{selector} option[value='{value}']").inner_text()
    page.wait_for_function(
        "says => document.querySelector('#proof [data-said]').dataset.said.includes(says)", arg=label
    )


def test_nothing_is_read_before_the_tab_is_opened(browser, world):
    opened = Visit(browser, world[0], *SIZES["desktop"])
    assert opened.page.locator("#proof table").count() == 0
    opened.open_tab(words.TAB_EVIDENCE)
    opened.page.wait_for_selector("#proof table")
    assert said.PROTOCOL in opened.page.locator(".ev-lead").inner_text()
    opened.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing_serious_and_nothing_is_wider_than_the_page(size, scheme, visit):
    page = visit(size, color_scheme=scheme).page
    for run in ("demo", "ml1m-id", "dial"):
        choose(page, RUN, run)
        page.evaluate("document.querySelectorAll('#proof details').forEach(one => { one.open = true; })")
        assert serious_problems(page) == [], run
        assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0], run


def test_a_choice_by_keyboard_keeps_the_keyboard_there_and_is_told(visit):
    page = visit().page
    page.focus(RUN)
    page.keyboard.press("ArrowDown")
    page.wait_for_function(
        "says => document.querySelector('#said').textContent.includes(says)", arg=labels.RUNS["demo-temporal"].title
    )
    assert page.evaluate("document.activeElement.dataset.column") == "run"
    assert labels.RUNS["demo-temporal"].note in page.locator("#proof").inner_text()


def test_the_choice_stays_while_other_tabs_are_looked_at(visit):
    opened = visit()
    choose(opened.page, METRIC, "recall@10")
    choose(opened.page, RUN, "ml1m-id")
    opened.open_tab(words.TAB_QUIZ)
    opened.open_tab(words.TAB_EVIDENCE)
    opened.page.wait_for_timeout(500)
    assert opened.page.locator(RUN).input_value() == "ml1m-id"
    assert opened.page.locator(METRIC).input_value() == "recall@10"


def test_two_visitors_choose_for_themselves(visit):
    one, other = visit(), visit()
    choose(one.page, RUN, "ml1m-1500")
    assert other.page.locator(RUN).input_value() == "demo"


def test_dots_stand_where_their_axis_says(visit):
    page = visit().page
    box = page.locator("#proof section").first
    marks = box.locator("thead th:nth-child(2) .ev-axis text").evaluate_all(
        "all => all.map(one => { const at = one.getBoundingClientRect(); return [Number(one.textContent), (at.left + at.right) / 2]; })"
    )
    (low, left), (high, right) = marks[0], marks[-1]
    shown = box.locator("tr:has(th:text('Molar, aligned')) td").first
    dot, value = shown.locator(".dot").bounding_box(), float(shown.locator("b").inner_text())
    wanted = left + (value - low) / (high - low) * (right - left)
    assert abs(dot["x"] + dot["width"] / 2 - wanted) < 3


def test_wide_tables_scroll_in_their_own_box_by_keyboard(visit):
    page = visit("phone").page
    box = page.locator("#proof .ev-box").first
    box.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("document.querySelector('#proof .ev-box').scrollLeft > 20")
    name = box.locator("tbody th[scope=row]").first.bounding_box()
    assert 0 <= name["x"] < 30, "the models' names stay in sight"


def test_a_command_is_copied(visit):
    page = visit(permissions=["clipboard-read", "clipboard-write"]).page
    page.locator("#proof .ev-command button").first.click()
    page.wait_for_selector("#proof .ev-command button:text('Copied')")
    assert page.evaluate("navigator.clipboard.readText()") == page.locator("#proof .ev-command code").first.inner_text()


def test_every_picture_has_a_description(visit):
    page = visit().page
    choose(page, RUN, "ml1m-id")
    bare = "[...document.querySelectorAll('#proof svg')].filter(one => !one.closest('[aria-hidden=true], [role=img][aria-label]'))"
    assert page.evaluate(f"{bare}.length") == 0
    assert page.locator("#proof [role=img]").count() > 20
