"""What the attainable oracle knows of new prints: what their picture and text tell, and no more."""

from dataclasses import replace

import numpy as np
import pytest
from tiny_printshop import TINY, tiny_prints

from scripts.printshop.attainable import learnable
from scripts.printshop.oracle import ORACLES, limits, popularity_ranks
from scripts.printshop.shoppers import simulate
from scripts.printshop.tastes import hidden_parts, open_shop, popularity

LATE = 110


def changed(*numbers: int, **fields):
    """The tiny catalogue with some prints changed."""
    return [replace(one, **fields) if place in numbers else one for place, one in enumerate(tiny_prints())]


def alike(prints, one: int, other: int) -> bool:
    known = learnable(prints, open_shop(prints, TINY))
    return all(np.allclose(values[:, one], values[:, other]) for values in (known.weights, known.season))


SEEN = {"motif": "whale", "palette": "ink", "technique": "etching"}


def test_two_new_prints_that_look_alike_in_one_series_are_told_apart_by_nothing():
    prints = changed(2, 3, launch=LATE, **SEEN)
    prints[3] = replace(prints[3], launch=LATE - 3)  # on sale from the same day
    assert alike(prints, 2, 3)
    assert not np.allclose(*open_shop(prints, TINY).weights[:, [2, 3]].T)


@pytest.mark.parametrize("field, value", [("motif", "fern"), ("palette", "rose"), ("technique", "linocut")])
def test_what_a_picture_shows_tells_new_prints_apart(field, value):
    prints = changed(2, 3, launch=LATE, **SEEN)
    prints[3] = replace(prints[3], **{field: value})
    assert not alike(prints, 2, 3)


def test_of_a_series_that_is_wholly_new_only_the_artist_is_known():
    """Series 3 and 8 are one artist's, series 4 is another's."""
    prints = changed(*range(12, 20), *range(32, 36), launch=LATE, **SEEN)
    assert alike(prints, 12, 33) and not alike(prints, 12, 17)


def test_a_series_that_has_been_sold_before_is_known():
    prints = changed(15, 35, launch=LATE, **SEEN)  # the last of series 3 and of series 8, both by one artist
    assert not alike(prints, 15, 35)


def test_what_was_sold_before_is_known_as_it_is():
    shop = open_shop(tiny_prints(), TINY)
    known = learnable(tiny_prints(), shop)
    assert np.array_equal(known.weights[:, ~shop.cold], shop.weights[:, ~shop.cold])
    assert np.array_equal(known.season[:, ~shop.cold], shop.season[:, ~shop.cold])


def test_what_is_unknown_is_replaced_by_its_mean_over_the_prints_sold_before():
    prints = tiny_prints()
    shop = open_shop(prints, TINY)
    strength = TINY.strength * np.sqrt(TINY.hidden)
    of_print, popular = np.exp(strength * hidden_parts(prints, TINY)[2]), np.exp(popularity(40, TINY))
    rooms, new = shop.types[:, -1], np.flatnonzero(shop.cold)[0]
    told = shop.weights[:, new] / (of_print[rooms, new] * popular[new])
    expected = told * of_print[:, ~shop.cold].mean() * popular[~shop.cold].mean()
    assert np.allclose(learnable(prints, shop).weights[:, new], expected)


def test_without_new_prints_all_that_the_bayes_oracle_knows_can_be_attained():
    prints = [replace(one, launch=0) for one in tiny_prints()]
    shop = open_shop(prints, TINY)
    found = limits(shop, learnable(prints, shop), simulate(shop))
    assert np.array_equal(found.ranks["attainable"], found.ranks["reading"])


def test_the_attainable_oracle_knows_less_of_new_prints_alone_and_ranks_none_before_its_launch():
    prints = tiny_prints()
    shop = open_shop(prints, TINY)
    purchases = simulate(shop)
    found = limits(shop, learnable(prints, shop), purchases)
    now = purchases.offsets[1:, None] - 2 + np.arange(2)
    assert np.array_equal(learnable(prints, shop).season > 0, shop.season > 0)
    on_sale = (shop.season[purchases.periods[now]] > 0).sum(axis=2)  # (shoppers, 2)
    assert (found.ranks["attainable"] <= on_sale).all() and (popularity_ranks(shop, purchases)[0] <= on_sale).all()
    assert (found.ranks["attainable"] != found.ranks["reading"]).any()


def test_a_new_print_is_also_ranked_among_new_prints_alone():
    prints = tiny_prints()
    shop = open_shop(prints, TINY)
    purchases = simulate(shop)
    found = limits(shop, learnable(prints, shop), purchases)
    bought = purchases.items[purchases.offsets[1:, None] - 2 + np.arange(2)]
    pairs = [(found.ranks[name], found.among_cold[name]) for name in ORACLES] + [popularity_ranks(shop, purchases)]
    for of_all, among in pairs:
        assert np.array_equal(among > 0, shop.cold[bought])
        assert (among <= of_all).all() and among.max() <= shop.cold.sum()
    person = np.flatnonzero(shop.cold[bought[:, 1]])[0]
    chances = purchases.drawn_from[person, 1]
    assert found.among_cold["knowing"][person, 1] == (chances[shop.cold] >= chances[bought[person, 1]]).sum()
