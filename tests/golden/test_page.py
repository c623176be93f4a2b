"""What the running page answers to programs is what it answered when it was recorded. No browser."""

import pytest

from . import page
from .compare import differences
from .record import read


@pytest.fixture(scope="module")
def address(demo_shop):
    with page.served(demo_shop) as address:
        yield address


@pytest.fixture(scope="module")
def recorded():
    return read("page")


def test_the_endpoints_answer_as_recorded(address, recorded):
    assert differences(recorded["answers"], page.answers(address)) == []


def test_the_same_endpoints_are_offered(address, recorded):
    assert page.offered(address) == recorded["offered"]


def test_the_browser_gets_the_same_maps(address, recorded, demo_shop):
    assert page.shoppers(address, demo_shop) == recorded["places"]
