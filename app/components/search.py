"""The field to search a gallery by words."""

import gradio as gr


def search_field(says: str, elem_id: str) -> gr.Textbox:
    """A line of text without a label that is seen; `says` stands in it while it is empty."""
    return gr.Textbox(placeholder=says, label=says, show_label=False, container=False, elem_id=elem_id, max_lines=1)
