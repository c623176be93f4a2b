"""The shipped demo, opened once for all golden tests."""

import pytest

from . import project


@pytest.fixture(scope="session")
def demo_shop():
    return project.open_demo()


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    with project.one_thread():
        yield
