"""The table beside the maps: alignment and ranking, before and after, each with what chance would give."""

import json
from dataclasses import dataclass
from pathlib import Path

from app.components.templates import note, render
from app.strings import alignment as words
from molar.core.schema import ALIGNED, CONTENT


@dataclass(frozen=True)
class Line:
    """One measure, in words and digits."""

    says: str
    before: str
    after: str
    change: str
    interval: str
    chance: str


@dataclass(frozen=True)
class Part:
    """The measures of one kind, under whom they were measured on."""

    says: str
    lines: list[Line]


def table(path: Path) -> str:
    """The numbers of CHECKPOINT/metrics.json as HTML; a sentence where nothing was measured."""
    if not path.is_file():
        return note(words.NO_NUMBERS)
    found = json.loads(path.read_text(encoding="utf-8"))
    return render("tabs/alignment/numbers.html", parts=[*_alignment(found["alignment"]), _ranking(found)])


def _alignment(alignment: dict) -> list[Part]:
    before, after = alignment.get("before", {}), alignment.get("after", {})
    if not after:  # too few held-out shoppers to measure on
        return []
    lines = []
    for name, (says, chance) in words.ALIGNMENT_NUMBERS.items():
        values = before.get(f"align/{name}"), after.get(f"align/{name}")
        lines.append(_line(says, *values, None, after.get(f"align/{chance}") if chance else 0.0, digits=3))
    return [Part(words.held_out(after["n"]), lines)]


def _ranking(found: dict) -> Part:
    def value(kind: str, name: str, slice_: str) -> dict:
        return found[kind].get(name, {}).get(slice_, {})

    lines = []
    for slice_, says in words.RANKING_NUMBERS.items():
        before, after, chance = (
            value("models", model, slice_).get("ndcg@10") for model in (CONTENT, ALIGNED, "random")
        )
        if after is not None:
            interval = value("differences", f"{ALIGNED} minus {CONTENT}", slice_).get("ci", {}).get("ndcg@10")
            lines.append(_line(says, before, after, interval, chance, digits=4))
    return Part(words.ranked(value("models", ALIGNED, "all").get("n", 0)), lines)


def _line(
    says: str, before: float | None, after: float | None, interval: list | None, chance: float | None, *, digits: int
) -> Line:
    def number(value: float | None, sign: str = "") -> str:
        return "–" if value is None else format(value, f"{sign}.{digits}f").replace("-", "−")

    change = number(after - before if before is not None and after is not None else None, "+")
    between = f"[{number(interval[0], '+')}, {number(interval[1], '+')}]" if interval else ""
    return Line(says, number(before), number(after), change, between, number(chance))
