"""Progress of long work: one callback for the command line, the page and the tests."""

import sys
import time
from collections.abc import Callable

# Called as report(done, total, note); it may raise `Cancelled` to stop the work at a safe point.
Report = Callable[[int, int, str], None]


def silent(done: int, total: int, note: str = "") -> None:
    """Report nothing."""


def remaining(seconds: float) -> str:
    """A duration for people: `12 s`, `3 min 05 s`, `2 h 10 min`."""
    seconds = max(0, round(seconds))
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60:02d} s"
    return f"{seconds // 3600} h {seconds % 3600 // 60:02d} min"


class Terminal:
    """Prints progress and the remaining time to stderr, at most once in `every` seconds."""

    def __init__(self, label: str, every: float = 5.0):
        self.label, self.every = label, every
        self.started = time.monotonic()
        self.first = None  # what was already done when we started: it says nothing about our speed
        self.last = -every

    def __call__(self, done: int, total: int, note: str = "") -> None:
        now = time.monotonic() - self.started
        if self.first is None:
            self.first = done
        if now - self.last < self.every and done < total:
            return
        self.last = now
        speed = (done - self.first) / now if now > 0 else 0
        left = f", {remaining((total - done) / speed)} left" if speed and done < total else ""
        print(f"{self.label}: {done:,} of {total:,}{left}{'  ' + note if note else ''}", file=sys.stderr, flush=True)
