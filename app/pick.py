"""First tab: search and gallery, the history strip, three rows of recommendations."""

import gradio as gr

from app import words
from app.board import Board, number_of
from app.shop import PAGE, Shop

# Listeners are private: programs get the endpoints of app/api.py and nothing else.
# One visitor's clicks are handled one after the other, or two fast clicks would read the same history.
CLICK = {"api_visibility": "private", "show_progress": "hidden", "trigger_mode": "multiple"}
TURN = {**CLICK, "concurrency_id": "history", "concurrency_limit": 1}


def build(shop: Shop) -> None:
    """Lay out the tab and connect it. Must be called inside `gr.Blocks`."""
    history = gr.State(list(shop.borrowed))
    shown = gr.State(PAGE)
    with gr.Row(elem_id="desk", equal_height=False):
        with gr.Column(elem_id="browse"):
            query = gr.Textbox(
                placeholder=words.SEARCH, show_label=False, label=words.SEARCH, container=False, elem_id="search", max_lines=1
            )
            gallery = Board(shop.gallery("", PAGE), elem_id="gallery")
        with gr.Column(elem_id="answers"):
            strip = Board(shop.strip(shop.borrowed), elem_id="history")
            rows = Board(shop.rows(shop.borrowed), elem_id="recommendations")

    def redraw(picks: list[int]) -> tuple:
        return picks, shop.strip(picks), shop.rows(picks)

    def pick(picks: list[int], event: gr.EventData) -> tuple:
        number = number_of(event, shop.dataset.n_items)
        if number is None:
            return redraw(picks)
        return redraw([one for one in picks if one != number] if number in picks else [*picks, number])

    def drop(picks: list[int], event: gr.EventData) -> tuple:
        return redraw([one for one in picks if one != number_of(event, shop.dataset.n_items)])

    outputs = [history, strip, rows]
    for board in (gallery, rows):
        board.pick(pick, history, outputs, **TURN)
    strip.drop(drop, history, outputs, **TURN)
    strip.clear(lambda: redraw([]), None, outputs, **TURN)
    strip.restart(lambda: redraw(list(shop.borrowed)), None, outputs, **TURN)

    def search(text: str) -> tuple:
        return PAGE, shop.gallery(text, PAGE)

    def more(text: str, count: int) -> tuple:
        return count + PAGE, shop.gallery(text, count + PAGE)

    query.change(search, query, [shown, gallery], **{**CLICK, "trigger_mode": "always_last"})
    gallery.more(more, [query, shown], [shown, gallery], **{**CLICK, "trigger_mode": "once"})
