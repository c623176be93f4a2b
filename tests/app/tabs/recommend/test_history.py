import pytest

from app.tabs.recommend.history import MOST_ITEMS, History, read_items


@pytest.mark.parametrize(
    "act, picks",
    [
        (lambda one: one.toggle(9), (1, 2, 3, 9)),
        (lambda one: one.toggle(2), (1, 3)),
        (lambda one: one.drop(1), (2, 3)),
        (lambda one: one.drop(7), (1, 2, 3)),
        (lambda one: one.move(3, 0), (3, 1, 2)),
        (lambda one: one.move(1, 1), (2, 1, 3)),
        (lambda one: one.move(1, 99), (2, 3, 1)),
        (lambda one: one.move(2, -5), (2, 1, 3)),
        (lambda one: one.move(7, 0), (1, 2, 3)),
        (lambda one: one.to(()), ()),
    ],
)
def test_a_change_and_its_undo(act, picks):
    before = History((1, 2, 3))
    after = act(before)
    assert after.items == picks
    assert after.undo().items == (1, 2, 3)


def test_what_changes_nothing_is_not_undone():
    assert History((1,)).move(1, 0).past == ()
    assert History((1,)).undo() == History((1,))


def test_a_history_is_as_long_as_the_models_read():
    history = History()
    for number in range(1, MOST_ITEMS + 3):
        history = history.toggle(number)
    assert history.items == tuple(range(3, MOST_ITEMS + 3))
    assert len(history.past) <= MOST_ITEMS


@pytest.mark.parametrize(
    "sent, picks, unknown",
    [
        (["i03", "i01"], (3, 1), 0),
        (["i03", "i03"], (3,), 0),
        (["i03", "nothing", "../i01", ""], (3,), 3),
        ([3, None, {"a": 1}], (), 3),
        ("i03", (), 0),
        ({"i03": 1}, (), 0),
        (None, (), 0),
    ],
)
def test_what_comes_from_outside_is_read_with_care(tiny, sent, picks, unknown):
    assert read_items(tiny.dataset, sent) == (picks, unknown)


def test_a_long_link_keeps_its_last_items(tiny):
    assert len(read_items(tiny.dataset, [f"i{n:02d}" for n in range(1, 31)] * 3)[0]) == 30
