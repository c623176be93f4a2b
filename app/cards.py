"""The page's own HTML: gallery, history strip, rows. Everything that comes from a dataset is escaped here."""

from collections.abc import Iterable
from html import escape

from app import words
from app.pictures import picture_url
from molar.data import Dataset

AT_ONCE = 24  # gallery pictures that load with the page; the browser fetches later ones when they come near


def _picture(dataset: Dataset, number: int, lazy: bool) -> str:
    loading = ' loading="lazy"' if lazy else ""
    return f'<span class="frame"><img src="{picture_url(dataset, number)}" alt="" decoding="async"{loading}></span>'


def _card(dataset: Dataset, number: int, *, rank: int | None = None, lazy: bool = False) -> str:
    """A picture with its title; a click picks the item."""
    title = escape(dataset.title(number))
    badge = f'<span class="rank">{rank}</span>' if rank else ""
    return (
        f'<li><button type="button" class="card" data-act="pick" data-n="{number}" title="{title}">'
        f'{badge}{_picture(dataset, number, lazy)}<span class="name">{title}</span></button></li>'
    )


def gallery(dataset: Dataset, numbers: list[int], shown: int) -> str:
    """The first `shown` of the found items, and a button for more."""
    if not numbers:
        return f'<p class="quiet nothing">{words.NOTHING_FOUND}</p>'
    cards = "".join(_card(dataset, number, lazy=place >= AT_ONCE) for place, number in enumerate(numbers[:shown]))
    count = words.found(min(shown, len(numbers)), len(numbers))
    more = f'<button type="button" class="plain" data-act="more">{words.MORE}</button>' if shown < len(numbers) else ""
    return f'<ul class="grid">{cards}</ul><p class="quiet more"><span>{count}</span>{more}</p>'


def history(dataset: Dataset, numbers: list[int], borrowed: bool) -> str:
    """The strip of picks, each with a button that removes it. `borrowed`: still the shopper's, untouched."""
    picks = "".join(
        f'<li class="pick" data-picked="{number}">{_picture(dataset, number, False)}'
        f'<span class="name">{escape(dataset.title(number))}</span>'
        f'<button type="button" class="drop" data-act="drop" data-n="{number}" '
        f'aria-label="Remove {escape(dataset.title(number))}">×</button></li>'
        for number in numbers
    )
    hint = words.BORROWED if borrowed else words.HISTORY_HINT if numbers else words.EMPTY_HISTORY
    clear = f'<button type="button" class="plain" data-act="clear">{words.CLEAR}</button>' if numbers else ""
    restart = "" if borrowed else f'<button type="button" class="plain" data-act="restart">{words.RESTART}</button>'
    jump = f'<a class="plain jump" href="#search">{words.JUMP}</a>'
    return (
        f'<div class="head"><h2>{words.HISTORY}</h2><span class="quiet">{words.picked(len(numbers))}</span>'
        f'<span class="hint">{hint}</span>{jump}{restart}{clear}</div><ol class="strip">{picks}</ol>'
    )


def rows(dataset: Dataset, ranked: Iterable[tuple[str, list[int]]]) -> str:
    """One ranked list a model: (model, item numbers, best first)."""
    return '<div class="rows">' + "".join(_row(dataset, model, numbers) for model, numbers in ranked) + "</div>"


def _row(dataset: Dataset, model: str, numbers: list[int]) -> str:
    heading, knows = words.ROWS[model]
    cards = "".join(_card(dataset, number, rank=rank) for rank, number in enumerate(numbers, start=1))
    return (
        f'<section class="answer" data-model="{model}"><div class="head"><h2>{heading}</h2>'
        f'<span class="hint">{knows}</span></div><ol>{cards}</ol></section>'
    )


def header(dataset: Dataset) -> str:
    """Name, one sentence, which data these are with what their owner wants said, and the switch of light and dark."""
    size = f"{dataset.n_items:,} items, {dataset.n_users:,} shoppers, {len(dataset.sequence):,} choices"
    said = f" {escape(dataset.note)}" if dataset.note else ""
    return (
        f"<header><h1>{words.BRAND}</h1><div><p>{words.LEAD}</p>"
        f'<p class="quiet">{escape(dataset.name)}: {size}.{said}</p></div>'
        f'<button type="button" class="theme" data-act="theme" aria-label="{words.THEME_SWITCH}" '
        f'title="{words.THEME_SWITCH}"><span aria-hidden="true">◐</span></button></header>'
    )
