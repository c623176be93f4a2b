"""The quiz on real test shoppers: its questions, a visitor's way through them, and what everybody guesses."""

import secrets
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from app.state import PageState
from molar.core.schema import ATTAINABLE_ORACLE, LATENT_PREFERENCE_ORACLE
from molar.data.oracles import read_oracles
from molar.serving.quiz import Question, draw_question, question_users

YOU = "you"
ORACLES = (LATENT_PREFERENCE_ORACLE, ATTAINABLE_ORACLE)  # the others are for results


@dataclass(frozen=True)
class Progress:
    """One visitor's way: which question is asked, what was guessed, and the running score."""

    place: int = 0  # position in Quiz.users
    guess: int | None = None  # item number
    rounds: int = 0
    right: dict[str, int] = field(default_factory=dict)  # YOU or a model → rounds won
    asked: frozenset[int] = frozenset()  # places guessed or skipped


@dataclass(frozen=True)
class Reveal:
    """What is shown after a guess."""

    guesses: dict[str, int]  # YOU or a model → item number
    ranks: dict[str, int]  # model or oracle → rank of what was bought; 0 where the model cannot rank it
    ranked: int  # how many items were ranked
    facts: dict[str, str]  # what is true of the shopper


class Quiz:
    """The questions of one shop and their answers. No visitor's data live here."""

    def __init__(self, shop: PageState):
        self.shop, self.split = shop, shop.recommender.split

    @cached_property
    def users(self) -> list[int]:
        """Indices of the shoppers that are asked about."""
        return question_users(self.split).tolist()

    @property
    def players(self) -> tuple[str, ...]:
        """Who guesses: the visitor, then the models in the order in which they are shown."""
        return YOU, *self.shop.recommender.models

    def question(self, place: int) -> Question:
        return draw_question(self.split, self.users[place])

    @cached_property
    def oracles(self) -> dict[str, dict[int, int]]:
        """Oracle name → user index → rank of what was bought; {} where the dataset has no oracle."""
        targets = np.array([self.split.target(u, "test") for u in self.users])
        found = read_oracles(self.shop.dataset, "interactions.csv", "test", np.array(self.users), targets)
        return {name: dict(zip(self.users, found[name].ranks.tolist())) for name in ORACLES if name in found}

    def reveal(self, question: Question, guess: int) -> Reveal:
        """The models' guesses among the eight, and where each ranks what was bought among all that could be."""
        shop, guesses, ranks = self.shop, {YOU: guess}, {}
        for model in shop.recommender.models:
            found = shop.recommender.ranks(question.history, model, without=question.unavailable)
            ranks[model] = int(found[question.target])
            rankable = [one for one in question.choices if found[one]]
            if rankable:  # a model never guesses what it cannot score
                guesses[model] = min(rankable, key=lambda one: found[one])
        ranks |= {name: by_user[question.user] for name, by_user in self.oracles.items()}
        user_id = shop.dataset.user_ids[question.user]
        truth = shop.truth
        facts = truth.loc[user_id].to_dict() if truth is not None and user_id in truth.index else {}
        return Reveal(guesses, ranks, shop.dataset.n_items - len({*question.history, *question.unavailable}), facts)

    def guessed(self, now: Progress, number: int) -> Progress:
        """After a guess; a second guess at one question, or at what is not among the eight, changes nothing."""
        question = self.question(now.place)
        if now.guess is not None or number not in question.choices:
            return now
        guesses = self.reveal(question, number).guesses
        right = {one: now.right.get(one, 0) + (guesses.get(one) == question.target) for one in self.players}
        return Progress(now.place, number, now.rounds + 1, right, now.asked | {now.place})

    def moved_on(self, now: Progress) -> Progress:
        """Another question at random, none twice while there are others; the score stays."""
        asked = now.asked | {now.place}
        left = [place for place in range(len(self.users)) if place not in asked]
        if not left:
            asked = frozenset()
            left = [place for place in range(len(self.users)) if place != now.place] or [now.place]
        return Progress(secrets.choice(left), None, now.rounds, now.right, asked)
