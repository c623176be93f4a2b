"""What the shipped demo answers is what it answered when it was recorded; `record.py` says how to record anew."""

import pytest

from .compare import differences
from .demo import SECTIONS, plain
from .record import read


@pytest.fixture(scope="module")
def recorded():
    return read("demo")


def test_the_record_has_these_sections(recorded):
    assert set(recorded) == set(SECTIONS)


@pytest.mark.parametrize("section", SECTIONS)
def test_the_demo_answers_as_recorded(demo_shop, recorded, section):
    assert differences(recorded[section], plain(SECTIONS[section](demo_shop))) == []


def test_a_difference_is_told_with_its_place():
    """The comparison itself: rounding passes; another id, a missing entry, a longer list and another type do not."""
    assert differences({"a": [["p1", 2.0]]}, {"a": [["p1", 2.0001]]}) == []
    assert differences({"a": [["p1", 2.0]]}, {"a": [["p1", 2.001]]}) == ["/a[0][1]: recorded 2.0, now 2.001"]
    assert differences({"a": ["p1"]}, {"a": ["p2"]}) == ["/a[0]: recorded 'p1', now 'p2'"]
    assert differences({"a": 1, "b": 1}, {"a": 1, "c": 1}) == ["/b: recorded, now absent", "/c: not recorded"]
    assert differences([1], [1, 2]) and differences(1, True) and differences(None, 0)
