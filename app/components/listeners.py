"""How the page listens. All listeners are private: programs get the endpoints of app/api.py and nothing else."""

from typing import Literal, TypedDict


class Listening(TypedDict, total=False):
    """What Gradio's event listeners are told beside the function and its inputs and outputs."""

    api_visibility: Literal["public", "private", "undocumented"]
    show_progress: Literal["full", "minimal", "hidden"]
    trigger_mode: Literal["once", "multiple", "always_last"]
    concurrency_id: str
    concurrency_limit: int


QUIET: Listening = {"api_visibility": "private", "show_progress": "hidden"}
EVERY: Listening = {**QUIET, "trigger_mode": "multiple"}  # each click counts
ONCE: Listening = {**QUIET, "trigger_mode": "once"}  # what is clicked before the answer does not count
LATEST: Listening = {**QUIET, "trigger_mode": "always_last"}
