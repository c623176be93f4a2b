"""First tab: search, filters and gallery, the history bar, how many new items, rows of recommendations."""

import secrets
from math import isfinite
from pathlib import Path

import gradio as gr

from app.components.items import PAGE, rows
from app.components.listeners import EVERY, LATEST, ONCE, Listening
from app.components.panel import Panel, number_of, sent
from app.components.search import search_field
from app.components.styles import stylesheets
from app.state import PageState
from app.strings import recommend as words
from app.tabs.recommend.history import History, read_items
from app.tabs.recommend.view import MOST_SHIFT, RecommendView

STYLE = stylesheets(Path(__file__).parent, "recommend.css")
# One visitor's clicks are handled one after the other, or two fast clicks would read the same history.
TURN: Listening = {**EVERY, "concurrency_id": "history", "concurrency_limit": 1}


def build(shop: PageState, page: gr.Blocks) -> gr.State:
    """Lay out the tab and connect it, inside `page`. Gives back the state that holds the visitor's History."""
    return RecommendTab(RecommendView(shop), page).history


class RecommendTab:
    """The components of the tab, and what fills them; the visitor's own History comes in through the state alone."""

    def __init__(self, view: RecommendView, page: gr.Blocks):
        self.view, self.shop, begin = view, view.shop, view.begin
        self.history = gr.State(begin)
        # Ids of one dataset mean nothing in another, so each has a place of its own. Nothing here is a secret.
        self.kept = gr.BrowserState(None, storage_key=f"molar-{self.shop.dataset.data_hash}", secret="history")
        self.shown, self.chosen, self.shift = gr.State(PAGE), gr.State({}), gr.State(0.0)
        with gr.Row(elem_id="recommend", equal_height=False):
            with gr.Column(elem_id="browse"):
                self.query = search_field(words.SEARCH, "search")
                self.filters = Panel(view.filters(), elem_id="filters")
                self.gallery = Panel(view.gallery(), elem_id="gallery")
            with gr.Column(elem_id="answers"):
                script = Path(__file__).parent / "history_bar.js"
                self.history_bar = Panel(view.history_bar(begin), elem_id="history", script=script)
                script = Path(__file__).parent / "new_items.js"
                self.new_items = (
                    Panel(view.new_items(), elem_id="new-items", script=script) if view.has_new_items else None
                )
                self.rows = Panel(rows(view.rows(begin, 0.0)[0]), elem_id="recommendations")
        self._connect_gallery()
        self._connect_history(page)

    def _connect_gallery(self) -> None:
        searched = [self.shown, self.gallery]
        self.query.change(self.search, [self.query, self.chosen], searched, **LATEST)
        self.filters.filter(self.narrow, self.query, [self.chosen, *searched], **LATEST)
        self.gallery.more(self.more, [self.query, self.chosen, self.shown], searched, **ONCE)

    def _connect_history(self, page: gr.Blocks) -> None:
        """Every way in which the history changes."""
        drawn = [self.history, self.history_bar, self.rows, self.kept]
        now = [self.history, self.shift]
        for panel in (self.gallery, self.rows):
            panel.pick(self.pick, now, drawn, **TURN)
        for event in ("drop", "move", "persona", "clear", "undo"):
            getattr(self.history_bar, event)(getattr(self, event), now, drawn, **TURN)
        self.filters.surprise(self.surprise, [*now, self.query, self.chosen], drawn, **TURN)
        if self.new_items:
            self.new_items.new_items(self.change_shift, self.history, [self.shift, self.rows], **TURN)
        page.load(self.arrive, [*now, self.kept], drawn, **TURN)

    # The gallery

    def search(self, text: str, filters: dict) -> tuple:
        return PAGE, self.view.gallery(text, filters)

    def narrow(self, text: str, event: gr.EventData) -> tuple:
        wanted = sent(event).get("chosen")
        filters = wanted if isinstance(wanted, dict) else {}
        return filters, *self.search(text, filters)

    def more(self, text: str, filters: dict, shown: int) -> tuple:
        return shown + PAGE, self.view.gallery(text, filters, shown + PAGE)

    # The history

    def pick(self, now: History, shift: float, event: gr.EventData) -> tuple:
        number = number_of(event, self.shop.dataset.n_items)
        return self.view.drawn(now.toggle(number) if number else now, shift)

    def drop(self, now: History, shift: float, event: gr.EventData) -> tuple:
        return self.view.drawn(now.drop(number_of(event, self.shop.dataset.n_items)), shift)

    def move(self, now: History, shift: float, event: gr.EventData) -> tuple:
        number, place = number_of(event, self.shop.dataset.n_items), sent(event).get("to")
        return self.view.drawn(now.move(number, place) if number and type(place) is int else now, shift)

    def persona(self, now: History, shift: float, event: gr.EventData) -> tuple:
        place, known = sent(event).get("number"), self.view.personas
        if type(place) is int and 0 <= place < len(known):
            now = now.to(known[place].items)
        return self.view.drawn(now, shift)

    def clear(self, now: History, shift: float) -> tuple:
        return self.view.drawn(now.to(()), shift)

    def undo(self, now: History, shift: float) -> tuple:
        return self.view.drawn(now.undo(), shift)

    def surprise(self, now: History, shift: float, text: str, filters: dict) -> tuple:
        found = [number for number in self.view.find(text, filters) if number not in now.items]
        return self.view.drawn(now.toggle(secrets.choice(found)) if found else now, shift)

    def arrive(self, now: History, shift: float, ids: list | None, request: gr.Request) -> tuple:
        """A link comes first, then what this browser kept, then the persona that is drawn already."""
        link = request.query_params.get("items")
        if link is None and not isinstance(ids, list):
            return (gr.skip(),) * 4
        items, unknown = read_items(self.shop.dataset, link.split(",") if link else ids if link is None else [])
        return self.view.drawn(History(items), shift, words.unknown_items(unknown) if unknown else "")

    # How many new items

    def change_shift(self, now: History, event: gr.EventData) -> tuple:
        """Only the rows are drawn again, so that the slider stays under the hand that moves it."""
        value = sent(event).get("value")
        number = float(value) if isinstance(value, int | float) and isfinite(value) else 0.0
        shift = min(max(number, -MOST_SHIFT), MOST_SHIFT)
        return shift, self.view.moved(now, shift)
