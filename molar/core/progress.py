"""Progress of long work: one callback for the command line, the page and the tests."""

import sys
import time
from collections.abc import Callable

# Called as report(done, total, note); it may raise `Cancelled` to stop the work at a safe point. The first report says
# what was done before this run; another total begins another stage; a total of 0 makes the note a remark, no progress.
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
    """Prints progress and the remaining time to stderr, at most once in `every` seconds.

    The speed is that of this run and stage: neither what the first report brings along nor the time before it counts.
    """

    def __init__(self, label: str, every: float = 5.0):
        self.label, self.every = label, every
        self.total: int | None = None  # of the stage
        self.first, self.since = 0, 0.0  # what was done when the stage began, and when that was
        self.last = 0.0

    def __call__(self, done: int, total: int, note: str = "") -> None:
        now = time.monotonic()
        if not total:
            self._print(note)
            return
        if total != self.total:
            self.total, self.first, self.since, self.last = total, done, now, now - self.every
        if now - self.last < self.every and done < total:
            return
        self.last = now
        work, seconds = done - self.first, now - self.since
        left = f", {remaining((total - done) * seconds / work)} left" if work > 0 and done < total else ""
        self._print(f"{done:,} of {total:,}{left}{'  ' + note if note else ''}")

    def _print(self, text: str) -> None:
        print(f"{self.label}: {text}", file=sys.stderr, flush=True)
