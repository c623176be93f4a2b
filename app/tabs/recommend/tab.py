"""First tab: search, filters and gallery, the history strip, three rows of recommendations."""

import secrets
from pathlib import Path

import gradio as gr

from app.components import cards
from app.components.panel import Board, number_of
from app.state import PAGE, Shop
from app.strings import page as words
from app.tabs.recommend import answers
from app.tabs.recommend.history import History, read_picks

# Listeners are private: programs get the endpoints of app/api.py and nothing else.
# One visitor's clicks are handled one after the other, or two fast clicks would read the same history.
CLICK = {"api_visibility": "private", "show_progress": "hidden", "trigger_mode": "multiple"}
TURN = {**CLICK, "concurrency_id": "history", "concurrency_limit": 1}
LATEST = {**CLICK, "trigger_mode": "always_last"}


class Desk:
    """Draws the tab for a history."""

    def __init__(self, shop: Shop):
        self.shop = shop
        self.column = str(shop.truth.columns[0]).replace("_", " ") if shop.truth is not None else None

    def strip(self, history: History, said: str = "", note: str = "") -> str:
        picks = history.picks
        persona = next((one for one in self.shop.personas if one.picks == picks), None)
        hint = note or (words.BORROWED if persona else words.HISTORY_HINT if picks else "")
        return cards.history(
            self.shop.dataset, picks, ids=self.shop.ids(picks), undo=bool(history.past), hint=hint, said=said
        ) + cards.personas(self.shop.personas, self.column, picks)

    def drawn(self, history: History, note: str = "") -> tuple:
        """History, strip, rows, and what the browser keeps for the next visit."""
        dataset, found = self.shop.dataset, self.shop.answers(history.picks)
        first = [dataset.title(one.number) for one in found["molar"][:3]]
        said = " ".join(part for part in (note, words.said(len(history.picks), first)) if part)
        return history, self.strip(history, said, note), answers.rows(dataset, found), self.shop.ids(history.picks)


def build(shop: Shop, page: gr.Blocks) -> gr.State:
    """Lay out the tab and connect it, inside `page`. Gives back the state that holds the visitor's History."""
    desk, begin = Desk(shop), History(shop.borrowed)
    history = gr.State(begin)
    # Ids of one dataset mean nothing in another, so each has a place of its own. Nothing here is a secret.
    kept = gr.BrowserState(None, storage_key=f"molar-{shop.dataset.data_hash}", secret="history")
    shown, chosen = gr.State(PAGE), gr.State({})
    with gr.Row(elem_id="desk", equal_height=False):
        with gr.Column(elem_id="browse"):
            query = gr.Textbox(
                placeholder=words.SEARCH,
                show_label=False,
                label=words.SEARCH,
                container=False,
                elem_id="search",
                max_lines=1,
            )
            tools = Board(cards.filters(shop.facets), elem_id="filters")
            gallery = Board(cards.gallery(shop.dataset, shop.find("", {}), PAGE), elem_id="gallery")
        with gr.Column(elem_id="answers"):
            strip = Board(desk.strip(begin), elem_id="history", script=Path(__file__).parent / "history_bar.js")
            rows = Board(answers.rows(shop.dataset, shop.answers(begin.picks)), elem_id="recommendations")

    _connect_history(desk, page, history, kept, gallery, strip, rows, tools, query, chosen)

    def search(text: str, filters: dict) -> tuple:
        return PAGE, cards.gallery(shop.dataset, shop.find(text, filters), PAGE)

    def narrow(text: str, event: gr.EventData) -> tuple:
        sent = (event._data or {}).get("chosen")
        filters = sent if isinstance(sent, dict) else {}
        return filters, *search(text, filters)

    def more(text: str, filters: dict, count: int) -> tuple:
        return count + PAGE, cards.gallery(shop.dataset, shop.find(text, filters), count + PAGE)

    query.change(search, [query, chosen], [shown, gallery], **LATEST)
    tools.filter(narrow, query, [chosen, shown, gallery], **LATEST)
    gallery.more(more, [query, chosen, shown], [shown, gallery], **{**CLICK, "trigger_mode": "once"})
    return history


def _connect_history(desk, page, history, kept, gallery, strip, rows, tools, query, chosen) -> None:
    """Every way in which the history changes."""
    shop, n_items = desk.shop, desk.shop.dataset.n_items
    outputs = [history, strip, rows, kept]

    def pick(now: History, event: gr.EventData) -> tuple:
        number = number_of(event, n_items)
        return desk.drawn(now.toggle(number) if number else now)

    def drop(now: History, event: gr.EventData) -> tuple:
        return desk.drawn(now.drop(number_of(event, n_items)))

    def move(now: History, event: gr.EventData) -> tuple:
        number, place = number_of(event, n_items), (event._data or {}).get("to")
        return desk.drawn(now.move(number, place) if number and type(place) is int else now)

    def persona(now: History, event: gr.EventData) -> tuple:
        place = (event._data or {}).get("number")
        known = type(place) is int and 0 <= place < len(shop.personas)
        return desk.drawn(now.to(shop.personas[place].picks) if known else now)

    def surprise(now: History, text: str, filters: dict) -> tuple:
        found = [number for number in shop.find(text, filters) if number not in now.picks]
        return desk.drawn(now.toggle(secrets.choice(found)) if found else now)

    def arrive(now: History, ids: list | None, request: gr.Request) -> tuple:
        """A link comes first, then what this browser kept, then the persona that is drawn already."""
        link = request.query_params.get("items")
        if link is None and not isinstance(ids, list):
            return (gr.skip(),) * len(outputs)
        picks, unknown = read_picks(shop.dataset, link.split(",") if link else ids if link is None else [])
        return desk.drawn(History(picks), words.unknown_items(unknown) if unknown else "")

    for board in (gallery, rows):
        board.pick(pick, history, outputs, **TURN)
    strip.drop(drop, history, outputs, **TURN)
    strip.move(move, history, outputs, **TURN)
    strip.persona(persona, history, outputs, **TURN)
    strip.clear(lambda now: desk.drawn(now.to(())), history, outputs, **TURN)
    strip.undo(lambda now: desk.drawn(now.undo()), history, outputs, **TURN)
    tools.surprise(surprise, [history, query, chosen], outputs, **TURN)
    page.load(arrive, [history, kept], outputs, **TURN)
