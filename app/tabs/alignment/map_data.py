"""What the maps show, as plain data for the browser and for the figure: places, last items, colours, the maps in words."""

import gzip
import hashlib
import json
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from app.strings import alignment as words
from molar.serving.map_queries import ShopperMaps
from molar.serving.user_maps import VIEWS

LAST_ITEMS = 4
MOST_GROUPS = 40
# Told apart by lightness as well as by hue, on light paper and on dark; groups beyond them share the last one.
PALETTE = ["#d3573f", "#e3a938", "#2c8a8f", "#7a62b8", "#6fa04f", "#4a86cf", "#a8663a", "#cf7fae", "#57b8a4", "#98928a"]
RAMP = {"light": ["#d9cfbf", "#dc9a55", "#8e2430"], "dark": ["#4d463c", "#c07a3c", "#ffdca6"]}  # low, middle, high


@dataclass(frozen=True)
class Colour:
    """One way to colour the shoppers: by `groups` (names, the commonest first) or along a scale from `low` to `high`."""

    key: str
    label: str
    of: np.ndarray  # (n,) index into groups, or a number
    groups: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 1.0
    ends: tuple[str, str] = ("", "")  # what the two ends of the scale are called


def colours(maps: ShopperMaps) -> list[Colour]:
    """By what is known of the shoppers where the data tell it, by activity, by how far alignment changed who is near."""
    found = []
    for column in maps.truths:
        values = maps.table[column].astype(str)
        counts = values.value_counts()
        if 2 <= len(counts) <= MOST_GROUPS:
            index = {group: place for place, group in enumerate(counts.index)}
            found.append(Colour(column, words.true_column(column), values.map(index).to_numpy(), tuple(counts.index)))
    length = maps.table["history"].to_numpy(float)
    low, high = np.percentile(length, (2, 98)).round()
    ends = words.history_ends(int(low), int(high))
    found.append(Colour("activity", words.COLOUR_ACTIVITY, length, low=low, high=max(high, low + 1), ends=ends))
    change = 1 - maps.table["overlap_before_after"].to_numpy(float)
    found.append(Colour("change", words.COLOUR_CHANGE, change, ends=words.CHANGE_ENDS))
    return found


def reach(maps: ShopperMaps) -> dict[str, list[float]]:
    """View → half the width and half the height to draw: 99 % of the shoppers, so that a few do not make the others small.

    Distances on a map mean nothing, so the ID map may have its own; the content maps share one, since one morphs into
    the other.
    """
    far = {view: np.quantile(np.abs(points), 0.995, axis=0) * 1.06 for view, points in maps.points.items()}
    far |= dict.fromkeys(("before", "after"), np.maximum(far["before"], far["after"]))
    return {view: of.tolist() for view, of in far.items()}


def shoppers(maps: ShopperMaps) -> dict:
    """Everything the component draws from, for all visitors alike; coordinates in thousandths."""
    dataset = maps.recommender.dataset
    return {
        "shoppers": list(map(str, maps.user_ids)),
        "places": {view: np.round(maps.points[view] * 1000).astype(int).ravel().tolist() for view in VIEWS},
        "reach": reach(maps),
        "last": [maps.history(row)[-LAST_ITEMS:].tolist() for row in range(len(maps))],
        "length": maps.table["history"].tolist(),
        "pictures": f"pictures/NUMBER?v={dataset.data_hash}",
        "palette": PALETTE,
        "ramp": RAMP,
        "colours": [
            {
                "key": one.key,
                "label": one.label,
                "groups": one.groups,
                "low": one.low,
                "high": one.high,
                "ends": one.ends,
                "of": np.round(one.of, 3).tolist(),
            }
            for one in colours(maps)
        ],
    }


class Packed:
    """`shoppers` as gzipped JSON, made when first asked for, and an address that changes with the maps: the inspector
    goes by their row numbers."""

    def __init__(self, maps: ShopperMaps):
        self._maps = maps
        drawn = hashlib.sha256(f"{maps.recommender.dataset.data_hash} {' '.join(maps.user_ids)}".encode())
        for view in VIEWS:
            drawn.update(maps.points[view].tobytes())
        self.address = f"maps/shoppers-{drawn.hexdigest()[:12]}.json"

    @cached_property
    def data(self) -> bytes:
        """What the browser draws from."""
        return gzip.compress(json.dumps(shoppers(self._maps), separators=(",", ":")).encode(), 6, mtime=0)


def summary(maps: ShopperMaps) -> list[str]:
    """The maps in sentences, for those who cannot see them and for those who want to know what they saw."""
    table, n = maps.table, len(maps)
    before, after, kept = (10 * table[f"overlap_{pair}"].mean() for pair in ("before_id", "after_id", "before_after"))
    told = [words.summary_neighbours(n, before, after, kept, chance=100 / (n - 1))]
    told += [words.summary_agreement(column, shares) for column, shares in maps.agreement.items()]
    return told
