"""The one component of the page: HTML from Python, whose buttons come back as events with an item number."""

from pathlib import Path

import gradio as gr

FOLDER = Path(__file__).parent


class Board(gr.HTML):
    """HTML whose `data-act` buttons trigger events of that name (listed in panel.js); `script` is one file more."""

    def __init__(self, value: str = "", *, elem_id: str, script: Path | None = None, render: bool = True):
        code = "\n".join(path.read_text(encoding="utf-8") for path in (FOLDER / "panel.js", script) if path)
        super().__init__(
            value, js_on_load=code, apply_default_css=False, elem_id=elem_id, elem_classes=["board"], render=render
        )


def number_of(event: gr.EventData, n_items: int) -> int | None:
    """The item number a browser sent, None unless it is one: what comes back from a page is not to be trusted."""
    number = (event._data or {}).get("number")
    return number if isinstance(number, int) and not isinstance(number, bool) and 1 <= number <= n_items else None
