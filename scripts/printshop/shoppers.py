"""Simulated shoppers: draws every purchase from the taste model, one at a time, prints already owned left out."""

from dataclasses import dataclass

import numpy as np

from scripts.printshop.tastes import PERIOD, Shop, Taste, sequel_boosts

HELD_OUT = 2  # the last purchases of a shopper: validation, then test


@dataclass(frozen=True)
class Purchases:
    """All histories, shoppers concatenated, each in time order: shopper u bought items[offsets[u]:offsets[u + 1]]."""

    types: np.ndarray  # (shoppers,) row of Shop.types
    offsets: np.ndarray  # (shoppers + 1,)
    items: np.ndarray  # (purchases,) index of the print
    times: np.ndarray  # (purchases,) unix seconds, strictly increasing within a shopper
    periods: np.ndarray  # (purchases,) row of Shop.season
    drawn_from: np.ndarray  # (shoppers, 2, items) the probabilities that the last two were drawn from

    def history(self, shopper: int) -> slice:
        return slice(self.offsets[shopper], self.offsets[shopper + 1])

    def user_ids(self) -> list[str]:
        return [f"s{number:04d}" for number in range(1, len(self.types) + 1)]


def simulate(shop: Shop, batch: int = 1024) -> Purchases:
    """Shoppers, their calendars and their purchases. The hidden-taste ratio changes neither shoppers nor calendars, since each has
    its own stream of random numbers."""
    taste = shop.taste
    types = taste.stream(4).integers(len(shop.types), size=taste.shoppers)
    counts = purchase_counts(taste)
    offsets = np.concatenate([[0], np.cumsum(counts)])
    minutes = purchase_minutes(taste, counts)
    periods = minutes // (PERIOD * 24 * 60)
    luck = taste.stream(7).random(len(minutes))
    items = np.empty(len(minutes), dtype=np.int64)
    drawn_from = np.empty((taste.shoppers, HELD_OUT, len(shop.item_ids)))
    by_count = np.argsort(counts, kind="stable")  # shoppers of a batch have about as many purchases: little is wasted
    for start in range(0, taste.shoppers, batch):
        people = by_count[start : start + batch]
        for step in range(counts[people].max()):
            people = people[counts[people] > step]
            now = offsets[people] + step
            earlier = items[offsets[people][:, None] + np.arange(step)]  # (people, step)
            chances = probabilities(shop, types[people], periods[now], earlier)
            items[now] = draw(chances, luck[now])
            place = step - (counts[people] - HELD_OUT)
            drawn_from[people[place >= 0], place[place >= 0]] = chances[place >= 0]
    return Purchases(types, offsets, items, taste.opening + 60 * minutes, periods, drawn_from)


def probabilities(shop: Shop, types: np.ndarray, periods: np.ndarray, earlier: np.ndarray) -> np.ndarray:
    """The distribution of the next purchase.

    types, periods (people,); earlier (people, steps) what each bought so far, in order. Returns (people, items),
    rows sum to one.
    """
    chances = shop.weights[types] * shop.season[periods] * history_factors(shop, earlier)
    return chances / chances.sum(axis=1, keepdims=True)


def history_factors(shop: Shop, earlier: np.ndarray) -> np.ndarray:
    """(people, items): what the history does to a weight, whatever the type. Owned: 0; a wished-for sequel: above 1."""
    people, steps = earlier.shape
    factors = np.ones((people, len(shop.item_ids) + 1))  # the last column takes the boosts of series that have ended
    rows = np.arange(people)[:, None]
    # A print follows one print only, so no entry is named twice.
    factors[rows, shop.sequels[earlier]] = sequel_boosts(shop.taste, steps - np.arange(steps))
    factors[rows, earlier] = 0
    return factors[:, :-1]


def draw(chances: np.ndarray, luck: np.ndarray) -> np.ndarray:
    """One index per row of `chances` (rows, items), by inversion of uniform `luck` (rows,)."""
    ladder = np.cumsum(chances, axis=1)
    return (ladder <= luck[:, None] * ladder[:, -1:]).sum(axis=1)


def purchase_counts(taste: Taste) -> np.ndarray:
    """(shoppers,) number of purchases."""
    extra = taste.stream(5).gamma(taste.extra_shape, taste.extra_scale, taste.shoppers)
    return np.minimum(taste.least + extra.astype(np.int64), taste.most)


def purchase_minutes(taste: Taste, counts: np.ndarray) -> np.ndarray:
    """(purchases,) minutes from the opening, strictly increasing within a shopper. Each shopper comes first on a day in
    the first seven tenths of the time before the cut; the last two purchases fall after the cut, all others before."""
    rng = taste.stream(6)
    day = 24 * 60
    minutes = []
    for count in counts:
        first = rng.integers(int(0.7 * taste.cut * day))
        before = rng.choice(taste.cut * day - first, count - HELD_OUT, replace=False, shuffle=False) + first
        after = rng.choice((taste.end - taste.cut) * day, HELD_OUT, replace=False, shuffle=False) + taste.cut * day
        minutes += [np.sort(before), np.sort(after)]
    return np.concatenate(minutes)
