"""The component of the upload tab: HTML whose `data-act` buttons come back as events (see upload_panel.js)."""

from pathlib import Path

import gradio as gr

SCRIPT = (Path(__file__).parent / "upload_panel.js").read_text(encoding="utf-8")


class Tray(gr.HTML):
    """HTML made by Python; `live`: a screen reader reads its text aloud whenever it changes."""

    def __init__(self, value: str = "", *, elem_id: str, live: bool = False, **rebuilt):
        # Gradio builds a component anew, out of its own arguments and some of its choice, when a listener skips it.
        script = SCRIPT + ("\nelement.setAttribute('role', 'status');" if live else "")
        looks = {
            "js_on_load": script,
            "apply_default_css": False,
            "elem_id": elem_id,
            "elem_classes": ["board", "tray"],
        }
        super().__init__(value, **rebuilt | looks)


class FileDrop(gr.File):
    """A file field that hands over (name on the visitor's disk, path here): Gradio drops letters such as ( from names."""

    def preprocess(self, payload) -> list[tuple[str, Path]]:
        """The uploaded files. The names are the browser's word and nothing more."""
        files = getattr(payload, "root", payload) or []
        return [(file.orig_name or Path(file.path).name, Path(file.path)) for file in files]

    def get_block_name(self) -> str:
        return "file"
