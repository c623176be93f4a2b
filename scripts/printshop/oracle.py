"""The limits of the print shop, and the yardstick below them.

The latent-preference oracle ("knowing") ranks by the distribution that a purchase was drawn from; nobody can beat it. The Bayes oracle from the history ("reading")
knows the taste model and its numbers, but of a shopper only the history: it ranks by the exact Bayes mixture of types. The
attainable oracle is the same reader with no knowledge of new prints that nothing could have told it (attainable.py).
"""

from dataclasses import dataclass

import numpy as np

from scripts.printshop.shoppers import HELD_OUT, Purchases, history_factors
from scripts.printshop.tastes import ROOMS, Shop, sequel_boosts


@dataclass(frozen=True)
class Limits:
    """What the oracles make of the purchases held out, by "knowing", "reading", "roomless" (the Bayes oracle, had it learnt
    nothing of the room) and "attainable"; arrays are (shoppers, 2), validation, then test.

    Ranks are 1-based, ties count against; prints already owned, and those not yet on sale, are not ranked."""

    ranks: dict[str, np.ndarray]
    among_cold: dict[str, np.ndarray]  # of new prints among new prints alone; 0 for purchases of others
    chances: dict[str, np.ndarray]  # of "knowing" and "reading": the probability of what was then bought


ORACLES = ("knowing", "reading", "roomless", "attainable")


def limits(shop: Shop, learnable: Shop, purchases: Purchases, batch: int = 512) -> Limits:
    """Rank every held-out purchase by all oracles. The prior over types is uniform, as the simulator draws them.

    learnable: the shop as far as anybody could know it (`scripts.printshop.attainable.learnable`).
    """
    shoppers = len(purchases.types)
    ranks, among = ({name: np.zeros((shoppers, HELD_OUT), dtype=np.int64) for name in ORACLES} for _ in range(2))
    chances = {name: np.empty((shoppers, HELD_OUT)) for name in ("knowing", "reading")}
    for start in range(0, shoppers, batch):
        people = np.arange(start, min(start + batch, shoppers))
        readings, attained = (read(known, purchases, people) for known in (shop, learnable))
        for place in range(HELD_OUT):
            target = purchases.items[purchases.offsets[people + 1] - HELD_OUT + place]
            posterior, left, factors = readings[place]
            found = {
                "knowing": purchases.drawn_from[people, place],
                "reading": mixture(shop, posterior, left, factors),
                "roomless": mixture(shop, forget_rooms(posterior), left, factors),
                "attainable": mixture(learnable, *attained[place]),
            }
            new = shop.cold[target]
            for name, p in found.items():
                ranks[name][people, place] = rank(p, target)
                among[name][people[new], place] = rank(np.where(shop.cold, p, 0)[new], target[new])
            for name, of in chances.items():
                of[people, place] = found[name][np.arange(len(people)), target]
    return Limits(ranks, among, chances)


Reading = tuple[np.ndarray, np.ndarray, np.ndarray]  # posterior, left (people, types), factors (people, items)


def read(shop: Shop, purchases: Purchases, people: np.ndarray) -> list[Reading]:
    """Before each of the last two purchases of `people`: what `mixture` needs."""
    totals, by_item = shop.totals(), np.ascontiguousarray(shop.weights.T)
    beliefs = [believe(shop, purchases, person, totals, by_item) for person in people]
    found = []
    for place in range(HELD_OUT):
        posterior, left = (np.stack([belief[k][place] for belief in beliefs]) for k in range(2))
        now = purchases.offsets[people + 1] - HELD_OUT + place
        factors = np.stack([factors_before(shop, purchases, person, at) for person, at in zip(people, now)])
        found.append((posterior, left, factors))
    return found


def factors_before(shop: Shop, purchases: Purchases, person: int, now: int) -> np.ndarray:
    """(items,) what season and history do to every weight at purchase number `now`, whatever the type."""
    earlier = purchases.items[purchases.offsets[person] : now]
    return shop.season[purchases.periods[now]] * history_factors(shop, earlier[None])[0]


def believe(shop: Shop, purchases: Purchases, person: int, totals: np.ndarray, by_item: np.ndarray):
    """Before each of the last two purchases: the posterior over types given all earlier ones, and for each type the sum
    of the weights of what could be bought. Two arrays (2, types).

    totals = shop.totals(); by_item = shop.weights.T, contiguous.
    """
    history = purchases.history(person)
    items, periods = purchases.items[history], purchases.periods[history]
    touched, corrections = history_corrections(shop, items, periods)
    left = totals[periods] + corrections @ by_item[touched]  # (steps, types)
    # Season and boosts of the bought print are the same for all types and cancel in the posterior.
    surprise = np.log(by_item[items[:-1]] / left[:-1])
    evidence = np.stack([surprise[: len(items) - HELD_OUT + place].sum(axis=0) for place in range(HELD_OUT)])
    posterior = np.exp(evidence - evidence.max(axis=1, keepdims=True))
    return posterior / posterior.sum(axis=1, keepdims=True), left[-HELD_OUT:]


def history_corrections(shop: Shop, items: np.ndarray, periods: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What a history changes in the sum of weights: few prints are touched, so only they are corrected.

    Returns the touched prints (touched,) and the factor on their weight at each step (steps, touched): minus their
    season where owned, their season times (boost - 1) where they are a wished-for sequel.
    """
    sequels = shop.sequels[items]
    touched, place = np.unique(np.concatenate([items, sequels[sequels >= 0]]), return_inverse=True)
    steps = np.arange(len(items))
    gap = steps[:, None] - steps  # (now, bought): how many purchases ago
    factors = np.zeros((len(items), len(touched)))
    boosts = np.where(gap > 0, sequel_boosts(shop.taste, np.maximum(gap, 1)) - 1, 0.0)
    factors[:, place[len(items) :]] = boosts[:, sequels >= 0]
    owned = np.zeros_like(factors, dtype=bool)
    owned[:, place[: len(items)]] = gap > 0
    factors[owned] = -1
    return touched, factors * shop.season[periods][:, touched]


def mixture(shop: Shop, posterior: np.ndarray, left: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """(people, items): the posterior's mixture of the types' distributions; rows sum to one.

    posterior, left (people, types); factors (people, items).
    """
    return ((posterior / left) @ shop.weights) * factors


def forget_rooms(posterior: np.ndarray) -> np.ndarray:
    """The posterior (people, types) with its knowledge of the room, the last coordinate of a type, spread evenly."""
    tastes = posterior.reshape(len(posterior), -1, len(ROOMS))
    return np.broadcast_to(tastes.mean(axis=2, keepdims=True), tastes.shape).reshape(posterior.shape)


def rank(scores: np.ndarray, target: np.ndarray) -> np.ndarray:
    """(people,) 1-based rank of each target among `scores` (people, items); ties count against it. What cannot be
    bought scores 0 and so never stands before a target that was bought."""
    mine = scores[np.arange(len(target)), target]
    return (scores >= mine[:, None]).sum(axis=1)


def popularity_ranks(shop: Shop, purchases: Purchases) -> tuple[np.ndarray, np.ndarray]:
    """Ranks by the number of purchases in all training prefixes, and those of new prints among new prints, (shoppers, 2)
    each, as `Limits` has them."""
    shoppers = len(purchases.types)
    steps_left = np.repeat(purchases.offsets[1:], np.diff(purchases.offsets)) - np.arange(len(purchases.items))
    counts = np.bincount(purchases.items[steps_left > HELD_OUT], minlength=len(shop.item_ids))
    ranks, among = (np.zeros((shoppers, HELD_OUT), dtype=np.int64) for _ in range(2))
    for person in range(shoppers):
        for place in range(HELD_OUT):
            now = purchases.offsets[person + 1] - HELD_OUT + place
            target, owned = purchases.items[now], purchases.items[purchases.offsets[person] : now]
            ahead = (shop.season[purchases.periods[now]] > 0) & (counts >= counts[target])
            ahead[owned] = False
            ranks[person, place] = ahead.sum()
            if shop.cold[target]:
                among[person, place] = (ahead & shop.cold).sum()
    return ranks, among
