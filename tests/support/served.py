"""Serves the page for a test, and opens it in Chromium without letting the browser talk to anybody else."""

import shutil
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from app.page import start
from app.state import PageState

SIZES = {"desktop": (1440, 900), "phone": (390, 844)}  # width and height of the window
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def serving(dataset: Path, checkpoint: Path):
    """The address of a page over this dataset and checkpoint, on a free port, until the block ends."""
    page, address = start(PageState.open(dataset, checkpoint), "127.0.0.1", None)
    try:
        yield address
    finally:
        page.close(verbose=False)


@contextmanager
def chromium():
    """A headless browser."""
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    assert path, "the browser tests need Chromium: make test installs it, or says what to install"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        yield browser
        browser.close()


class Visit:
    """One open page, with all its console errors and all addresses that it asked."""

    def __init__(self, browser: Browser, address: str, width: int, height: int, **context):
        self.context = browser.new_context(viewport={"width": width, "height": height}, **context)
        self.page: Page = self.context.new_page()
        self.errors, self.asked = [], []
        self.page.on("console", lambda said: said.type == "error" and self.errors.append(said.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(address)
        self.page.wait_for_selector("#recommendations .card img")

    def open_tab(self, name: str) -> None:
        """By its tab, or by the menu that holds the tabs for which a phone has no room."""
        tab = self.page.get_by_role("tab", name=name)
        if tab.count():
            tab.click()
        else:
            self.page.locator("#tabs .overflow-menu > button").click()
            self.page.locator("#tabs .overflow-dropdown").get_by_text(name).click()

    def selected(self) -> list[str]:
        """The titles in the history bar."""
        return self.page.locator("#history .selected-item .name").all_inner_texts()

    def wait_for_selected(self, count: int) -> None:
        self.page.wait_for_function(
            "n => document.querySelectorAll('#history .selected-item').length === n", arg=count, timeout=10_000
        )

    def rows(self) -> dict[str, list[str]]:
        """Model -> the titles of its row, best first."""
        return self.page.locator("#recommendations .answer").evaluate_all(
            "all => Object.fromEntries(all.map((row) => [row.dataset.model, "
            "[...row.querySelectorAll('.name')].map((one) => one.innerText)]))"
        )

    def wait_for_pictures(self, selector: str, count: int) -> None:
        """Until `count` pictures are there and all of them are really drawn."""
        self.page.wait_for_function(
            """([selector, count]) => {
                const pictures = [...document.querySelectorAll(selector + ' img')];
                return pictures.length === count && pictures.every((one) => one.complete && one.naturalWidth > 0);
            }""",
            arg=[selector, count],
            timeout=15_000,
        )

    def wait_for_lists(self) -> None:
        """Until every list of recommendations has its ten pictures."""
        self.wait_for_pictures("#recommendations", 10 * self.page.locator("#recommendations .answer").count())

    def elsewhere(self) -> list[str]:
        """Requests that left this machine."""
        return [url for url in self.asked if not url.startswith(("http://127.0.0.1:", "data:", "blob:"))]


@contextmanager
def visiting(browser: Browser):
    """Opens pages: `open_page(address, size, **context)`. At the end of the block every visit must have gone without
    errors and without leaving 127.0.0.1."""
    visits = []

    def open_page(address: str, size: str = "desktop", **context) -> Visit:
        visits.append(Visit(browser, address, *SIZES[size], **context))
        return visits[-1]

    yield open_page
    for one in visits:
        one.page.wait_for_timeout(200)
        assert one.errors == []
        assert one.elsewhere() == []
        one.context.close()
