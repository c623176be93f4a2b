"""The game as HTML: a shopper's past, eight items to guess from, and after the guess what everybody thought."""

import math
from html import escape

from app.components.cards import button, picture, title
from app.strings import page as words
from molar.core.schema import MODELS
from molar.data.dataset import Dataset
from molar.serving.quiz import Puzzle

MOST_SHOWN = 12  # of the history: the last ones
NAMES = {"you": words.GAME_YOU, **{model: words.ROWS[model][0] for model in MODELS}, **words.ORACLES}


def nobody() -> str:
    """For a catalogue without test shoppers."""
    return f'<p class="quiet nothing">{words.GAME_NONE}</p>'


def table(dataset: Dataset, puzzle: Puzzle, user_id: str, reveal, right: dict[str, int], rounds: int) -> str:
    """The whole tab; `reveal` (app.tabs.quiz.tab.Reveal) is None before the guess."""
    past = "".join(
        f'<li>{picture(dataset, number, lazy=True)}<span class="name">{title(dataset, number)}</span></li>'
        for number in puzzle.history[-MOST_SHOWN:]
    )
    choices = "".join(_choice(dataset, puzzle, number, reveal) for number in puzzle.choices)
    said = words.verdict(reveal.guesses["you"] == puzzle.target, dataset.title(puzzle.target)) if reveal else ""
    below = _answer(puzzle, user_id, reveal, said) if reveal else _rule()
    return (
        f'<div class="game" data-said="{escape(said)}"><section class="past"><h2>{words.GAME_TITLE}</h2>'
        f'<p class="quiet">{words.GAME_LEAD}</p><ol tabindex="0" aria-label="{words.HISTORY_OLDEST_FIRST}">{past}</ol></section>'
        f'<section class="choices"><div class="head"><h2>{words.GAME_CHOICES}</h2>{_score(right, rounds)}</div>'
        f'<ul class="eight">{choices}</ul>{below}</section></div>'
    )


def _score(right: dict[str, int], rounds: int) -> str:
    if not rounds:
        return ""
    told = "".join(
        f'<span data-who="{who}"><b>{NAMES[who]}</b> {words.tally(right.get(who, 0), rounds)}</span>'
        for who in ("you", *MODELS)
    )
    return f'<p class="score">{told}</p>'


def _choice(dataset: Dataset, puzzle: Puzzle, number: int, reveal) -> str:
    name = title(dataset, number)
    shown = f'{picture(dataset, number, lazy=True)}<span class="name">{name}</span>'
    if reveal is None:
        return f'<li><button type="button" class="card" data-act="guess" data-n="{number}" title="{name}">{shown}</button></li>'
    who = [name for name in reveal.guesses if reveal.guesses[name] == number]
    marks = "".join(f'<span class="mark" data-who="{one}">{NAMES[one]}</span>' for one in who)
    bought = f'<span class="mark bought">{words.GAME_BOUGHT}</span>' if number == puzzle.target else ""
    look = "shown bought" if number == puzzle.target else "shown"
    return f'<li class="{look}" data-n="{number}">{shown}<span class="marks">{bought}{marks}</span></li>'


def _rule() -> str:
    return f'<p class="foot">{button("next", words.GAME_SKIP)}<span class="quiet">{words.GAME_RULE}</span></p>'


def _answer(puzzle: Puzzle, user_id: str, reveal, said: str) -> str:
    head = "".join(f"<th>{word}</th>" for word in words.GAME_TABLE)
    lines = "".join(_line(puzzle, who, reveal) for who in ("you", *reveal.ranks))
    return (
        f'<div class="reveal"><p class="verdict"><span>{escape(said)}</span>{button("next", words.GAME_NEXT)}</p>'
        f"<table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>"
        f'<p class="quiet">{escape(words.true_of(user_id, reveal.facts))}</p></div>'
    )


def _line(puzzle: Puzzle, who: str, reveal) -> str:
    guess = reveal.guesses.get(who)
    hit = "" if who not in ("you", *MODELS) else "✓ right" if guess == puzzle.target else "wrong"
    rank = reveal.ranks.get(who)
    if rank is None:
        cell = ""
    elif rank == 0:
        cell = f'<span class="quiet">{words.GAME_CANNOT}</span>'
    else:  # a logarithmic scale: the left end is rank 1, the right end the last
        place = 100 * math.log(rank) / math.log(max(reveal.ranked, 2))
        cell = f'<span class="scale"><i style="left: {place:.1f}%"></i></span>{words.position(rank, reveal.ranked)}'
    return f'<tr data-who="{who}"><th>{NAMES[who]}</th><td class="{"hit" if hit[:1] == "✓" else ""}">{hit}</td><td>{cell}</td></tr>'
