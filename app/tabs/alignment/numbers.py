"""The table beside the maps: alignment and ranking, before and after, each with what chance would give."""

import json
from html import escape
from pathlib import Path

from app.strings import page as words


def table(path: Path) -> str:
    """The numbers of CHECKPOINT/metrics.json as HTML; a sentence where nothing was measured."""
    if not path.is_file():
        return f'<p class="quiet">{words.NO_NUMBERS}</p>'
    found = json.loads(path.read_text(encoding="utf-8"))
    head = "".join(f"<th>{escape(word)}</th>" for word in words.NUMBERS_HEAD)
    return (
        f"<h2>{words.NUMBERS_TITLE}</h2><table><thead><tr>{head}</tr></thead>"
        f'<tbody>{_alignment(found["alignment"])}{_ranking(found)}</tbody></table><p class="limits">{words.NUMBERS_LIMITS}</p>'
    )


def _alignment(alignment: dict) -> str:
    before, after = alignment.get("before", {}), alignment.get("after", {})
    if not after:  # too few held-out shoppers to measure on
        return ""
    lines = [_part(words.held_out(after["n"]))]
    for name, (says, chance) in words.ALIGNMENT_NUMBERS.items():
        values = before.get(f"align/{name}"), after.get(f"align/{name}")
        lines.append(_line(says, *values, None, after.get(f"align/{chance}") if chance else 0.0, digits=3))
    return "".join(lines)


def _ranking(found: dict) -> str:
    def value(kind: str, name: str, slice_: str) -> dict:
        return found[kind].get(name, {}).get(slice_, {})

    lines = [_part(words.ranked(value("models", "molar", "all").get("n", 0)))]
    for slice_, says in words.RANKING_NUMBERS.items():
        before, after, chance = (
            value("models", model, slice_).get("ndcg@10") for model in ("content", "molar", "random")
        )
        if after is not None:
            interval = value("differences", "molar minus content", slice_).get("ci", {}).get("ndcg@10")
            lines.append(_line(says, before, after, interval, chance, digits=4))
    return "".join(lines)


def _part(says: str) -> str:
    return f'<tr class="part"><th colspan="{len(words.NUMBERS_HEAD)}">{escape(says)}</th></tr>'


def _line(
    says: str, before: float | None, after: float | None, interval: list | None, chance: float | None, *, digits: int
) -> str:
    def number(value: float | None, sign: str = "") -> str:
        return "–" if value is None else format(value, f"{sign}.{digits}f").replace("-", "−")

    change = number(after - before if before is not None and after is not None else None, "+")
    if interval:
        change += f" <small>[{number(interval[0], '+')}, {number(interval[1], '+')}]</small>"
    cells = (number(before), number(after), change, number(chance))
    return f"<tr><th>{escape(says)}</th>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
