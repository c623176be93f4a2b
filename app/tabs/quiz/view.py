"""What the quiz shows: a shopper's past, eight items to guess from, and after the guess what everybody thought."""

import math

from app.components.items import item
from app.components.templates import render
from app.strings import common
from app.strings import quiz as words
from app.tabs.quiz.quiz import YOU, Progress, Quiz, Reveal
from molar.serving.quiz import Question

MOST_SHOWN = 12  # of the history: the last ones
NAMES = {YOU: words.YOU, **{model: heading for model, (heading, _) in common.ROWS.items()}, **words.ORACLES}


def drawn(quiz: Quiz, now: Progress) -> str:
    """The whole tab, before or after the guess."""
    dataset, question = quiz.shop.dataset, quiz.question(now.place)
    reveal = None if now.guess is None else quiz.reveal(question, now.guess)
    guesses = reveal.guesses if reveal else {}
    choices = [
        {
            "item": item(dataset, number),
            "bought": number == question.target,
            "guessed_by": [(who, NAMES[who]) for who, guess in guesses.items() if guess == number],
        }
        for number in question.choices
    ]
    told = {"said": "", "ranked": 0, "truth": ""}
    if reveal:
        user_id = str(dataset.user_ids[question.user])
        told = {
            "said": words.verdict(guesses[YOU] == question.target, dataset.title(question.target)),
            "ranked": reveal.ranked,
            "truth": words.true_of(user_id, reveal.facts),
        }
    return render(
        "tabs/quiz/quiz.html",
        past=[item(dataset, number) for number in question.history[-MOST_SHOWN:]],
        choices=choices,
        answers=[_answer(who, question, reveal, who in quiz.players) for who in (YOU, *reveal.ranks)] if reveal else [],
        score=[_score(who, now) for who in quiz.players] if now.rounds else [],
        rounds=now.rounds,
        **told,
    )


def _score(who: str, now: Progress) -> dict:
    return {"who": who, "name": NAMES[who], "right": now.right.get(who, 0)}


def _answer(who: str, question: Question, reveal: Reveal, guesses: bool) -> dict:
    """A line of the table: the guess, and the rank of what was bought on a scale from the first to the last."""
    right = reveal.guesses.get(who) == question.target
    rank, place = reveal.ranks.get(who), ""
    if rank:  # the scale is logarithmic
        place = f"{100 * math.log(rank) / math.log(max(reveal.ranked, 2)):.1f}"
    verdict = "" if not guesses else words.RIGHT if right else words.WRONG
    return {
        "who": who,
        "name": NAMES[who],
        "right": guesses and right,
        "verdict": verdict,
        "rank": rank,
        "place": place,
    }
