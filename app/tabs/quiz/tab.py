"""Second tab: a game on real test shoppers. The visitor guesses what one bought next, and so do the models."""

import secrets
from dataclasses import dataclass, field
from functools import cached_property

import gradio as gr

from app.components.panel import Board, number_of
from app.state import Shop
from app.tabs.quiz import cards as game_cards
from app.tabs.recommend.tab import CLICK
from molar.core.schema import MODELS
from molar.data.oracles import read_oracles
from molar.serving.quiz import Puzzle, draw_puzzle, puzzle_users

YOU = "you"


@dataclass(frozen=True)
class Match:
    """One visitor's game: which puzzle is on the table, what was guessed, and the running score."""

    place: int = 0  # position in Table.users
    guess: int | None = None  # item number
    rounds: int = 0
    right: dict[str, int] = field(default_factory=dict)  # YOU or a model -> rounds won
    played: frozenset[int] = frozenset()  # places guessed or skipped


@dataclass(frozen=True)
class Reveal:
    """What is shown after a guess."""

    guesses: dict[str, int]  # YOU or a model -> item number
    ranks: dict[str, int]  # model or oracle -> rank of what was bought; 0 where the model cannot rank it
    ranked: int  # how many items were ranked
    facts: dict[str, str]  # what is true of the shopper


class Table:
    """The puzzles of one shop and their answers."""

    def __init__(self, shop: Shop):
        self.shop, self.split = shop, shop.recommender.split

    @cached_property
    def users(self) -> list[int]:
        return puzzle_users(self.split).tolist()

    def puzzle(self, place: int) -> Puzzle:
        return draw_puzzle(self.split, self.users[place])

    @cached_property
    def oracles(self) -> dict[str, dict[int, int]]:
        """Oracle name -> user index -> rank of what was bought; {} where the dataset has no oracle."""
        targets = [self.split.target(u, "test") for u in self.users]
        found = read_oracles(self.shop.dataset, "interactions.csv", "test", self.users, targets)
        return {name: dict(zip(self.users, ranks.tolist())) for name, ranks in found.items()}

    def reveal(self, puzzle: Puzzle, guess: int) -> Reveal:
        """The models' guesses among the eight, and where each ranks what was bought in the full catalogue."""
        shop, guesses, ranks = self.shop, {YOU: guess}, {}
        for model in MODELS:
            found = shop.recommender.ranks(puzzle.history, model)
            ranks[model] = int(found[puzzle.target])
            rankable = [one for one in puzzle.choices if found[one]]
            if rankable:  # a model never guesses what it cannot score
                guesses[model] = min(rankable, key=lambda one: found[one])
        ranks |= {name: by_user[puzzle.user] for name, by_user in self.oracles.items()}
        user_id = shop.dataset.user_ids[puzzle.user]
        known = shop.truth is not None and user_id in shop.truth.index
        facts = shop.truth.loc[user_id].to_dict() if known else {}
        return Reveal(guesses, ranks, shop.dataset.n_items - len(set(puzzle.history)), facts)

    def guessed(self, match: Match, number: int) -> Match:
        """The match after a guess; a second guess at one puzzle, or at what is not on the table, changes nothing."""
        puzzle = self.puzzle(match.place)
        if match.guess is not None or number not in puzzle.choices:
            return match
        guesses = self.reveal(puzzle, number).guesses
        right = {one: match.right.get(one, 0) + (guesses.get(one) == puzzle.target) for one in (YOU, *MODELS)}
        return Match(match.place, number, match.rounds + 1, right, match.played | {match.place})

    def moved_on(self, match: Match) -> Match:
        """Another puzzle at random, none twice while there are others; the score stays."""
        played = match.played | {match.place}
        left = [place for place in range(len(self.users)) if place not in played]
        if not left:
            played = frozenset()
            left = [place for place in range(len(self.users)) if place != match.place] or [match.place]
        return Match(secrets.choice(left), None, match.rounds, match.right, played)

    def drawn(self, match: Match) -> str:
        puzzle = self.puzzle(match.place)
        reveal = None if match.guess is None else self.reveal(puzzle, match.guess)
        user_id = str(self.shop.dataset.user_ids[puzzle.user])
        return game_cards.table(self.shop.dataset, puzzle, user_id, reveal, match.right, match.rounds)


def build(shop: Shop) -> None:
    """Lay out the tab and connect it. Must be called inside `gr.Blocks`."""
    table = Table(shop)
    if not table.users:
        Board(game_cards.nobody(), elem_id="game")
        return
    match = gr.State(Match())
    board = Board(table.drawn(Match()), elem_id="game")

    def guess(now: Match, event: gr.EventData) -> tuple:
        number = number_of(event, shop.dataset.n_items)
        after = table.guessed(now, number) if number else now
        return after, table.drawn(after)

    def further(now: Match) -> tuple:
        after = table.moved_on(now)
        return after, table.drawn(after)

    board.guess(guess, match, [match, board], **{**CLICK, "trigger_mode": "once"})
    board.next(further, match, [match, board], **{**CLICK, "trigger_mode": "once"})
