"""The components of the upload tab."""

import gradio as gr

from app.components.file_drop import FileDrop
from app.components.items import PAGE
from app.components.panel import Panel, still
from app.components.search import search_field
from app.strings import catalogue as words
from app.tabs.catalogue import view
from app.tabs.catalogue.uploads import Uploads


class Layout:
    """Lays out the tab: the way in, the checks, the encoder's progress, and below them the catalogue in use."""

    def __init__(self, uploads: Uploads):
        self.token = gr.State("", delete_callback=uploads.delete)
        self.shown = gr.State(PAGE)
        with gr.Column(elem_id="own"):
            with gr.Row(elem_id="own-start", equal_height=False) as self.start:
                still(view.intro(), elem_id="own-intro")
                # No `file_types`: Gradio's own refusal names no file and no reason; ours, after the upload, does.
                self.drop = FileDrop(file_count="multiple", label=words.DROP, elem_id="own-drop", height=260)
            self.said = Panel(elem_id="own-said", live=True)
            self.report = Panel(elem_id="own-report")
            with gr.Row(elem_id="own-status", visible=False) as self.bar:
                self.progress = Panel(elem_id="own-progress")
                self.controls = Panel(elem_id="own-controls")
            with gr.Row(elem_id="own-items", visible=False, equal_height=False) as self.items:
                with gr.Column(elem_id="own-browse"):
                    self.query = search_field(words.SEARCH, "own-search")
                    self.gallery = Panel(elem_id="own-gallery")
                with gr.Column(elem_id="own-answers"):
                    self.selected = Panel(elem_id="own-selected")
                    self.rows = Panel(elem_id="own-rows")

    @property
    def everything(self) -> list:
        """All that an answer may change."""
        return [
            self.token,
            self.shown,
            self.start,
            self.drop,
            self.said,
            self.report,
            self.bar,
            self.progress,
            self.controls,
            self.items,
            self.gallery,
            self.selected,
            self.rows,
        ]

    def empty(self, said: str) -> dict:
        """The tab as it was before anything was brought."""
        panels = (self.report, self.progress, self.controls, self.gallery, self.selected, self.rows)
        return {
            self.token: "",
            self.start: gr.update(visible=True),
            self.drop: None,
            self.said: said,
            self.bar: gr.update(visible=False),
            self.items: gr.update(visible=False),
            **dict.fromkeys(panels, ""),
        }
