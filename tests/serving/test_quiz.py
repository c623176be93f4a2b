import numpy as np

from molar.serving.quiz import CHOICES, LEAST_HISTORY, draw_puzzle, puzzle_users


def test_a_puzzle_hides_the_true_next_item_among_seven_that_the_shopper_does_not_own(tiny):
    for user in puzzle_users(tiny.split):
        puzzle = draw_puzzle(tiny.split, user)
        assert puzzle.target == tiny.split.target(user, "test")
        assert puzzle.history == tuple(tiny.split.history_for(user, "test"))
        assert len(set(puzzle.choices)) == len(puzzle.choices) == CHOICES
        assert puzzle.target in puzzle.choices
        assert not set(puzzle.choices) & {0, *puzzle.history}


def test_a_shopper_always_gets_the_same_puzzle_and_the_answer_has_no_fixed_place(tiny):
    users = puzzle_users(tiny.split)
    puzzles = [draw_puzzle(tiny.split, user) for user in users]
    assert puzzles == [draw_puzzle(tiny.split, user) for user in users]
    assert len({puzzle.choices.index(puzzle.target) for puzzle in puzzles}) > 2


def test_others_are_drawn_in_proportion_to_purchases_plus_one(tiny, monkeypatch):
    seen = {}

    class Spy:
        def choice(self, count, *, size, replace, p):
            seen.update(p=p, size=size, replace=replace)
            return np.flatnonzero(p)[:size]

        def permutation(self, items):
            return items

    user = puzzle_users(tiny.split)[0]
    monkeypatch.setattr(np.random, "default_rng", lambda seed: Spy())
    puzzle = draw_puzzle(tiny.split, user)
    weights = tiny.split.train_counts() + 1.0
    weights[[0, puzzle.target, *puzzle.history]] = 0
    np.testing.assert_allclose(seen["p"], weights / weights.sum())
    assert (seen["size"], seen["replace"]) == (CHOICES - 1, False)


def test_short_histories_make_no_puzzle(tiny):
    users = puzzle_users(tiny.split)
    assert len(users) and all(len(tiny.split.history_for(user, "test")) >= LEAST_HISTORY for user in users)
