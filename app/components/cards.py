"""The page's own HTML: header, gallery, filters, history strip. Everything that comes from a dataset is escaped here."""

from collections.abc import Iterable
from html import escape

from app.components.pictures import picture_url
from app.strings import page as words
from app.tabs.recommend.facets import Facet
from app.tabs.recommend.personas import Persona
from molar.core.schema import DESCRIPTION, IMAGE, ITEM, TITLE
from molar.data.dataset import Dataset

MOST_FACTS = 4  # attributes of an item told in the text list
AT_ONCE = 24  # gallery pictures that load with the page; the browser fetches later ones when they come near


def picture(dataset: Dataset, number: int, lazy: bool = False) -> str:
    """An item's picture in its frame."""
    loading = ' loading="lazy"' if lazy else ""
    return f'<span class="frame"><img src="{picture_url(dataset, number)}" alt="" decoding="async"{loading}></span>'


def title(dataset: Dataset, number: int) -> str:
    """An item's title, ready for HTML."""
    return escape(dataset.title(number))


def button(act: str, says: str, *, look: str = "plain", **attributes: str) -> str:
    """A button that triggers `act`."""
    more = "".join(f' {name.replace("_", "-")}="{escape(value)}"' for name, value in attributes.items())
    return f'<button type="button" class="{look}" data-act="{act}"{more}>{says}</button>'


def gallery(dataset: Dataset, numbers: list[int], shown: int) -> str:
    """The first `shown` of the found items, and a button for more."""
    if not numbers:
        return f'<p class="quiet nothing">{words.NOTHING_FOUND}</p>'
    cards = "".join(_card(dataset, number, lazy=place >= AT_ONCE) for place, number in enumerate(numbers[:shown]))
    count = words.found(min(shown, len(numbers)), len(numbers))
    more = button("more", words.MORE) if shown < len(numbers) else ""
    return f'<ul class="grid">{cards}</ul><p class="quiet more"><span>{count}</span>{more}</p>'


def _card(dataset: Dataset, number: int, lazy: bool) -> str:
    """A picture with its title; a click picks the item. Its facts are seen in the text list alone."""
    name = title(dataset, number)
    return (
        f'<li><button type="button" class="card" data-act="pick" data-n="{number}" title="{name}">'
        f'{picture(dataset, number, lazy)}<span class="name">{name}</span>'
        f'<span class="facts">{escape(_facts(dataset, number))}</span></button></li>'
    )


def _facts(dataset: Dataset, number: int) -> str:
    row = dataset.items.iloc[number - 1]
    told = [
        row[column].replace("|", ", ") for column in dataset.items if column not in (ITEM, TITLE, DESCRIPTION, IMAGE)
    ]
    return " · ".join([one for one in told if one][:MOST_FACTS])


def filters(found: list[Facet]) -> str:
    """One choice a facet, "surprise me", and the switch between pictures and a text list."""
    choices = "".join(
        f'<select data-act="filter" data-column="{escape(facet.column)}" aria-label="{words.filter_label(escape(facet.label))}">'
        f'<option value="">{words.filter_any(escape(facet.label))}</option>'
        + "".join(f'<option value="{escape(value)}">{escape(value)}</option>' for value in facet.values)
        + "</select>"
        for facet in found
    )
    surprise = button("surprise", words.SURPRISE, title=words.SURPRISE_HINT)
    as_list = button("list", words.AS_LIST, aria_pressed="false", title=words.AS_LIST_HINT)
    return f'<div class="filters">{choices}<span class="gap"></span>{surprise}{as_list}</div>'


def history(dataset: Dataset, picks: tuple[int, ...], *, ids: list[str], undo: bool, hint: str, said: str) -> str:
    """The strip of picks. `ids` go into the link, `said` is read aloud; `undo`: there is something to take back."""
    tools = [
        f'<a class="plain jump" href="#search">{words.JUMP}</a>',
        button("undo", words.UNDO, **({} if undo else {"disabled": ""})),
        button("clear", words.CLEAR, **({} if picks else {"disabled": ""})),
        button(
            "copy",
            words.COPY_LINK,
            title=words.COPY_LINK_HINT,
            data_done=words.COPIED,
            **({} if picks else {"disabled": ""}),
        ),
    ]
    strip = "".join(_pick(dataset, number, place, len(picks)) for place, number in enumerate(picks))
    strip = f'<ol class="strip">{strip}</ol>' if picks else f'<p class="strip nothing">{words.EMPTY_HISTORY}</p>'
    return (
        f'<div class="head" data-items="{escape(",".join(ids))}" data-said="{escape(said)}"><h2>{words.HISTORY}</h2>'
        f'<span class="quiet">{words.picked(len(picks))}</span><span class="hint">{hint}</span>'
        f'<span class="tools">{"".join(tools)}</span></div>{strip}'
    )


def _pick(dataset: Dataset, number: int, place: int, count: int) -> str:
    name, raw = title(dataset, number), dataset.title(number)

    def nudge(to: int, sign: str, says: str) -> str:
        off = {} if 0 <= to < count else {"disabled": ""}
        return button(
            "move", sign, look="nudge", data_n=str(number), data_to=str(to), tabindex="-1", aria_label=says, **off
        )

    return (
        f'<li class="pick" data-picked="{number}"><span class="handle" role="button" tabindex="0" draggable="true" '
        f'data-n="{number}" data-place="{place}" title="{name}" aria-label="{words.handle(name, place + 1, count)}">'
        f'{picture(dataset, number)}</span><span class="name">{name}</span><span class="nudges">'
        f"{nudge(place - 1, '‹', words.earlier(raw))}"
        f"{button('drop', '×', look='drop', data_n=str(number), aria_label=words.remove(raw))}"
        f"{nudge(place + 1, '›', words.later(raw))}</span></li>"
    )


def personas(found: Iterable[Persona], column: str | None, picks: tuple[int, ...]) -> str:
    """Buttons that borrow a test shopper's history; `column` is what their labels tell."""
    chips = "".join(
        button(
            "persona", escape(one.label), look="chip", data_n=str(place), aria_pressed=str(one.picks == picks).lower()
        )
        for place, one in enumerate(found)
    )
    return f'<p class="personas"><span class="quiet">{words.borrow(column)}</span>{chips}</p>' if chips else ""


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
