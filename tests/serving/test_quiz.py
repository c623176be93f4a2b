import dataclasses

import numpy as np

from molar.data.availability import ALWAYS
from molar.serving.quiz import CHOICES, LEAST_HISTORY, draw_question, question_users


def test_a_question_hides_the_true_next_item_among_seven_that_the_shopper_does_not_own(tiny):
    for user in question_users(tiny.split):
        question = draw_question(tiny.split, user)
        assert question.target == tiny.split.target(user, "test")
        assert question.history == tuple(tiny.split.history_for(user, "test"))
        assert len(set(question.choices)) == len(question.choices) == CHOICES
        assert question.target in question.choices
        assert not set(question.choices) & {0, *question.history}


def test_a_shopper_always_gets_the_same_question_and_the_answer_has_no_fixed_place(tiny):
    users = question_users(tiny.split)
    questions = [draw_question(tiny.split, user) for user in users]
    assert questions == [draw_question(tiny.split, user) for user in users]
    assert len({question.choices.index(question.target) for question in questions}) > 2


def test_others_are_drawn_in_proportion_to_purchases_plus_one(tiny, monkeypatch):
    seen = {}

    class Spy:
        def choice(self, count, *, size, replace, p):
            seen.update(p=p, size=size, replace=replace)
            return np.flatnonzero(p)[:size]

        def permutation(self, items):
            return items

    user = question_users(tiny.split)[0]
    monkeypatch.setattr(np.random, "default_rng", lambda seed: Spy())
    question = draw_question(tiny.split, user)
    weights = tiny.split.train_counts() + 1.0
    weights[[0, question.target, *question.history]] = 0
    np.testing.assert_allclose(seen["p"], weights / weights.sum())
    assert (seen["size"], seen["replace"]) == (CHOICES - 1, False)


def test_short_histories_make_no_question(tiny):
    users = question_users(tiny.split)
    assert len(users) and all(len(tiny.split.history_for(user, "test")) >= LEAST_HISTORY for user in users)


def test_nothing_that_was_not_yet_on_sale_is_among_the_eight(tiny):
    user = question_users(tiny.split)[0]
    before = draw_question(tiny.split, user)
    assert before.unavailable == ()
    other = next(number for number in before.choices if number != before.target)
    column = np.full(31, ALWAYS)
    column[[other, before.target]] = tiny.dataset.times.max() + 1
    split = dataclasses.replace(tiny.split, dataset=dataclasses.replace(tiny.dataset, available_from=column))
    question = draw_question(split, user)
    assert question.unavailable == (other,) and other not in question.choices and question.target in question.choices
