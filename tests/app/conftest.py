"""What the tests of the page in Chromium share."""

from pathlib import Path

import pytest
from hostile import HOSTILE
from served import chromium, serving, visiting
from standin import write_checkpoint
from tiny_world import write_tiny_folder

DEMO = Path("assets/demo"), Path("checkpoints/demo")


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture
def visit(browser):
    with visiting(browser) as open_page:
        yield open_page


@pytest.fixture(scope="module")
def standin(tmp_path_factory):
    """A page over the tiny world, one title of which tries to break out of it."""
    root = tmp_path_factory.mktemp("page")
    dataset = write_tiny_folder(root / "tiny")
    items = (dataset / "items.csv").read_text(encoding="utf-8")
    (dataset / "items.csv").write_text(items.replace("Whale 1,", HOSTILE + ","), encoding="utf-8")
    with serving(dataset, write_checkpoint(root / "checkpoint", dataset)) as address:
        yield address


@pytest.fixture(scope="module")
def demo():
    if not all(folder.is_dir() for folder in DEMO):
        pytest.skip("the demo dataset or its checkpoint is not here")
    with serving(*DEMO) as address:
        yield address
