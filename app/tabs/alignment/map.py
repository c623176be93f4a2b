"""The linked maps: one component that draws three canvases, morphs the middle one and opens a shopper on a click."""

from collections.abc import Callable
from pathlib import Path

import gradio as gr

from app.components.templates import render

HERE = Path(__file__).parent
FILES = ("map.css", "map_draw.js", "map.js")
STYLE, DRAWING, BEHAVIOUR = ((HERE / name).read_text(encoding="utf-8") for name in FILES)


class LinkedMaps(gr.HTML):
    """Maps of shoppers (the files beside this one) over the data of `app.tabs.alignment.map_routes`.

    The value is the visitor's own point, as `app.tabs.alignment.inspector.of_visitor` tells it; None until it is found.

    Arguments:
        shoppers: where the browser gets the packed shoppers
        opens: called with what the browser sends for a clicked shopper; returns {"html", "near"} or None. Untrusted input.
    """

    def __init__(self, shoppers: str, opens: Callable[[object], dict | None], *, elem_id: str):
        def open_shopper(row: object) -> dict | None:
            return opens(row)

        super().__init__(
            None,
            html_template=render("tabs/alignment/map.html", shoppers=shoppers),
            css_template=STYLE,
            js_on_load=DRAWING + BEHAVIOUR,
            apply_default_css=False,
            server_functions=[open_shopper],
            elem_id=elem_id,
        )
