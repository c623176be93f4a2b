"""HTML from Python, whose buttons come back as events with an item number."""

from functools import cache
from pathlib import Path

import gradio as gr

SCRIPT = Path(__file__).parent / "panel.js"


@cache  # Gradio builds a panel again whenever a listener skips it
def _code(script: Path | None, live: bool) -> str:
    parts = [path.read_text(encoding="utf-8") for path in (SCRIPT, script) if path]
    return "\n".join(parts + ["element.setAttribute('role', 'status');"] * live)


class Panel(gr.HTML):
    """HTML whose `data-act` buttons trigger events of that name (listed in panel.js).

    Arguments:
        script: one file of JavaScript more
        live: a screen reader reads the text aloud whenever it changes
    """

    def __init__(
        self, value: str = "", *, elem_id: str, script: Path | None = None, live: bool = False, render: bool = True
    ):
        super().__init__(
            value,
            js_on_load=_code(script, live),
            apply_default_css=False,
            elem_id=elem_id,
            elem_classes=["panel"],
            render=render,
        )


def still(value: str, elem_id: str | None = None) -> gr.HTML:
    """HTML without buttons."""
    return gr.HTML(value, apply_default_css=False, js_on_load=None, elem_id=elem_id)


def sent(event: gr.EventData) -> dict:
    """What a browser sent with an event; {} for nothing. It is not to be trusted."""
    return event._data if isinstance(event._data, dict) else {}


def number_of(event: gr.EventData, n_items: int) -> int:
    """The item number a browser sent; 0 unless it is one of 1 … n_items."""
    number = sent(event).get("number")
    return number if type(number) is int and 1 <= number <= n_items else 0
