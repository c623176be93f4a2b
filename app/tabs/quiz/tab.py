"""Second tab: a quiz. The visitor guesses what a test shopper bought next, and so do the models."""

from pathlib import Path

import gradio as gr

from app.components.listeners import ONCE
from app.components.panel import Panel, number_of
from app.components.styles import stylesheets
from app.components.templates import note
from app.state import PageState
from app.strings import quiz as words
from app.tabs.quiz import view
from app.tabs.quiz.quiz import Progress, Quiz

STYLE = stylesheets(Path(__file__).parent, "quiz.css")


def build(shop: PageState) -> None:
    """Lay out the tab and connect it. Must be called inside `gr.Blocks`."""
    quiz = Quiz(shop)
    if not quiz.users:
        Panel(note(words.NONE, "quiet nothing"), elem_id="quiz")
        return
    progress = gr.State(Progress())
    panel = Panel(view.drawn(quiz, Progress()), elem_id="quiz")

    def guess(now: Progress, event: gr.EventData) -> tuple[Progress, str]:
        after = quiz.guessed(now, number_of(event, shop.dataset.n_items))
        return after, view.drawn(quiz, after)

    def move_on(now: Progress) -> tuple[Progress, str]:
        after = quiz.moved_on(now)
        return after, view.drawn(quiz, after)

    panel.guess(guess, progress, [progress, panel], **ONCE)
    panel.next(move_on, progress, [progress, panel], **ONCE)
