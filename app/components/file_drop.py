"""A file field that keeps the names of what it is given."""

from pathlib import Path

import gradio as gr
from gradio.data_classes import FileData, ListFiles


class FileDrop(gr.File):
    """Hands over (name on the visitor's disk, path here) of each file: Gradio drops letters such as ( from names."""

    # Gradio's own field hands over paths alone.
    def preprocess(self, payload: ListFiles | FileData | None) -> list[tuple[str, Path]]:  # type: ignore[override]
        """The uploaded files. The names are the browser's word and nothing more."""
        files = payload.root if isinstance(payload, ListFiles) else [payload] if payload else []
        return [(file.orig_name or Path(file.path).name, Path(file.path)) for file in files]

    def get_block_name(self) -> str:
        return "file"
