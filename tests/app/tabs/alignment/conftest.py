"""A page whose maps hold texts that try to break out of it, and visits to its Alignment tab."""

import pandas as pd
import pytest
from maps_page import HOSTILE
from served import Visit, serving, visiting
from standin import write_checkpoint
from tiny_world import write_tiny_folder


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
