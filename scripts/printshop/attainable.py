"""The print shop as far as any model could know it, for the oracle that tells what could be attained.

Of prints that were sold before the cut, enough purchases tell everything. Of a new print there is its picture, its text
and the day from which it is on sale: they tell motif, palette, technique, artist, series and the place in it. What else moves
its purchases, no purchase has told yet: how popular it is, what the print itself means for a room, and what its series
means where that is new, too. Each of these factors on its weight is replaced by its mean over the prints sold before.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from scripts.printshop.catalogue import Print
from scripts.printshop.tastes import Shop, hidden_parts, popularity, seasons


def learnable(prints: Sequence[Print], shop: Shop) -> Shop:
    """`shop` with every new print's weights replaced by their expectation given what its picture and text tell; it is taken
    to be as new as `available_from` tells.

    The mean is of the weight, not of its logarithm: to rank by expected probabilities is what makes the expected NDCG of a
    ranking highest.
    """
    taste, cold = shop.taste, shop.cold
    strength = taste.strength * np.sqrt(taste.hidden)
    _, of_series, of_print = (strength * part for part in hidden_parts(prints, taste))  # (rooms, items) nats
    series = np.array([f"{item.artist}\n{item.series}" for item in prints])
    new_series = cold & ~np.isin(series, series[~cold])
    logarithm = np.zeros_like(of_print)  # of the factor by which a new print's weight is exchanged
    for part, unknown in ((popularity(len(prints), taste)[None], cold), (of_print, cold), (of_series, new_series)):
        logarithm += np.where(unknown, np.log(np.exp(part[:, ~cold]).mean()) - part, 0.0)
    rooms = shop.types[:, -1]
    as_told = seasons([replace(item, launch=item.on_sale) for item in prints], taste)
    season = np.where(cold, as_told, shop.season)
    return replace(shop, weights=shop.weights * np.exp(logarithm)[rooms], season=season)
