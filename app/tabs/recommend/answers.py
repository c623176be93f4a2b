"""The three rows of recommendations as HTML: picture, title, rank, how far alignment moved it, and the reason."""

from app.components.cards import picture, title
from app.state import Answer
from app.strings import page as words
from molar.data.dataset import Dataset


def rows(dataset: Dataset, answers: dict[str, list[Answer]]) -> str:
    """One ranked list a model, best first, under a line that tells what the moves mean."""
    moved = any(one.before for found in answers.values() for one in found)
    key = f'<p class="quiet key">{_sign(*words.MOVED_EXAMPLE)}{words.MOVED_KEY}</p>' if moved else ""
    return key + '<div class="rows">' + "".join(_row(dataset, model, answers[model]) for model in answers) + "</div>"


def _row(dataset: Dataset, model: str, found: list[Answer]) -> str:
    heading, knows = words.ROWS[model]
    cards = "".join(_card(dataset, one) for one in found)
    return (
        f'<section class="answer" data-model="{model}" aria-label="{heading}"><div class="head"><h2>{heading}</h2>'
        f'<span class="hint">{knows}</span></div><ol>{cards}</ol></section>'
    )


def _card(dataset: Dataset, one: Answer) -> str:
    name = title(dataset, one.number)
    because = ""
    if one.because is not None:
        because = f'<span class="because">{words.BECAUSE} <i>{title(dataset, one.because)}</i></span>'
    return (
        f'<li><button type="button" class="card" data-act="pick" data-n="{one.number}" title="{name}">'
        f'<span class="rank">{one.rank}</span>{picture(dataset, one.number)}'
        f'<span class="about"><span class="name">{name}</span>{_move(one)}{because}</span></button></li>'
    )


def _move(one: Answer) -> str:
    if not one.before or not one.after:
        return ""
    return _sign(one.before, one.after, f'<span class="unseen">{words.moved(one.before, one.after)}</span>')


def _sign(before: int, after: int, said: str = "") -> str:
    """Rank before → rank after: up is better, since 1 is best. `said` is HTML for a screen reader."""
    way = "up" if after < before else "down" if after > before else "same"
    sign = {"up": "↑", "down": "↓", "same": "="}[way]
    return (
        f'<span class="move {way}" title="{words.moved(before, after)}"><span aria-hidden="true">'
        f"{sign} {before:,} → {after:,}</span>{said}</span>"
    )
