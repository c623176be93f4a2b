"""Progress on a terminal: what is left is told from the work of this run alone."""

import pytest

from molar.core import progress


@pytest.fixture
def terminal(monkeypatch, capsys):
    """`say(seconds, done, total, note)`: what is printed when this is reported so many seconds after the start."""
    clock = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: clock[0])
    shown = progress.Terminal("work")

    def say(seconds: float, done: int, total: int, note: str = "") -> str:
        clock[0] = seconds
        shown(done, total, note)
        return capsys.readouterr().err

    return say


def test_what_an_earlier_run_did_and_the_loading_before_are_not_our_speed(terminal):
    terminal(30, 900, 1000)  # half a minute of loading, 900 from the cache
    assert "1 min 30 s left" in terminal(40, 910, 1000)


def test_the_first_report_promises_nothing(terminal):
    assert terminal(30, 900, 1000) == "work: 900 of 1,000\n"


def test_another_total_is_another_stage_with_a_speed_of_its_own(terminal):
    terminal(0, 0, 100)
    terminal(10, 100, 100)
    terminal(20, 1, 50)
    assert "8 min 00 s left" in terminal(30, 2, 50)


def test_every_remark_is_shown_and_none_begins_the_count(terminal):
    assert terminal(0, 0, 0, "no tuned encoder") == "work: no tuned encoder\n"
    assert terminal(0, 0, 0, "a damaged shard") == "work: a damaged shard\n"
    terminal(30, 900, 1000)
    assert "1 min 30 s left" in terminal(40, 910, 1000)
