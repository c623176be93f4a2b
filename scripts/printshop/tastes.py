"""The taste model of the print shop: who likes what, how much, and when. docs/print-shop.md is its description.

A shopper's taste is one of finitely many *types* (favourite motif group, palette, technique, room), so that the exact
Bayes posterior over tastes can be computed (oracle.py). Everything that the model knows sits in a `Shop`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scripts.printshop.catalogue import CUT, HORIZON, OPENING, PERIOD, Print

MOTIF_GROUPS = {
    "sea": ("lighthouse", "whale", "sailboat", "fish", "wave"),
    "woods": ("fox", "owl", "deer", "mushroom", "tree"),
    "garden": ("fern", "poppy", "bee", "cactus", "heron"),
    "town": ("city", "bicycle", "train", "bridge"),
    "home": ("teapot", "cat", "guitar", "house"),
    "horizon": ("mountain", "moon", "balloon"),
    "angles": ("stripes", "grid", "shapes", "arcs"),
    "curves": ("pebbles", "circles", "terrazzo", "contours"),
}
PALETTE_RING = ("ink", "midnight", "lavender", "rose", "coral", "terracotta", "mustard", "forest", "glacier", "harbour")
ROOMS = ("nursery", "kitchen", "study", "hallway", "bedroom", "bathroom", "living room", "workshop")
TYPE_COLUMNS = ("motif", "palette", "technique", "room")


@dataclass(frozen=True)
class Taste:
    """Every number of the simulation. Utilities are in nats: a print with utility u is exp(u) times as likely."""

    seed: int = 11
    shoppers: int = 8200
    # How many prints a shopper buys: `least` + a gamma variable, at most `most`.
    least: int = 5
    most: int = 60
    extra_shape: float = 1.6
    extra_scale: float = 10.5
    # The calendar, in days from the shop's opening. The last two purchases of a shopper fall into [cut, end).
    opening: int = OPENING  # unix seconds of day 0
    cut: int = CUT
    end: int = HORIZON
    # Personal taste: the standard deviation of its utility over types and prints; the hidden-taste ratio: the hidden share of its
    # variance.
    strength: float = 2.0
    hidden: float = 0.5
    # Shares of the visible variance, and how much a neighbour on the ring of palettes is liked (the favourite: 1).
    motif_share: float = 0.45
    palette_share: float = 0.35
    technique_share: float = 0.20
    neighbour: float = 0.4
    # Shares of the hidden variance. The rest, a third, belongs to single prints.
    artist_share: float = 1 / 3
    series_share: float = 1 / 3
    # What all shoppers share: popularity ~ (rank + shift)^-zipf; a yearly wave of fashion for each motif; newness.
    zipf: float = 1.0
    zipf_shift: float = 6.0
    fashion: float = 0.4
    novelty: float = 0.3
    novelty_days: float = 40.0
    # Order: edition k owned makes edition k + 1 attractive; the wish fades with every further purchase.
    sequel: float = 4.0
    sequel_fade: float = 0.8

    def __post_init__(self):
        if not 0 <= self.hidden <= 1:
            raise ValueError(f"hidden is a share of variance, from 0 to 1, not {self.hidden}")
        if not 0 < self.cut < self.end or self.cut % PERIOD or self.end % PERIOD:
            raise ValueError(f"cut and end must be whole periods with 0 < cut < end, not {self.cut} and {self.end}")
        if not 5 <= self.least <= self.most:
            raise ValueError(f"a shopper buys at least 5 prints and at most `most`, not {self.least} to {self.most}")

    def stream(self, purpose: int) -> np.random.Generator:
        """An own stream of random numbers for each purpose: another hidden-taste ratio leaves all the others as they are."""
        return np.random.default_rng([self.seed, purpose])


@dataclass(frozen=True)
class Shop:
    """What the oracles know. A purchase in period t by a shopper of type k who owns no print twice is drawn from
    p(i) ∝ weights[k, i] · season[t, i] · sequel_boosts(…)[i] · [i not owned]."""

    taste: Taste
    item_ids: tuple[str, ...]
    types: np.ndarray  # (types, 4) int: indices into `names`, in the order of TYPE_COLUMNS
    names: tuple[tuple[str, ...], ...]  # names of motif groups, palettes, techniques, rooms
    weights: np.ndarray  # (types, items) exp(personal taste + popularity)
    season: np.ndarray  # (periods, items) exp(fashion + novelty), 0 before the launch
    sequels: np.ndarray  # (items,) index of the next edition of the same series, -1 where there is none
    cold: np.ndarray  # (items,) bool: on sale only after the cut

    def totals(self) -> np.ndarray:
        """(periods, types): the sum of all weights of the prints on sale, for a shopper who owns none."""
        return self.season @ self.weights.T


def sequel_boosts(taste: Taste, steps: np.ndarray) -> np.ndarray:
    """Factor on edition k + 1 when edition k was bought `steps` purchases ago (1: the last purchase)."""
    return np.exp(taste.sequel * taste.sequel_fade ** (steps - 1))


def open_shop(prints: Sequence[Print], taste: Taste) -> Shop:
    """Fix the taste model for a catalogue. Deterministic in `prints` and `taste`."""
    names, favourites = visible_taste(prints, taste)
    rooms = hidden_taste(prints, taste)
    visible, hidden = taste.strength * np.sqrt(1 - taste.hidden), taste.strength * np.sqrt(taste.hidden)
    shares = (taste.motif_share, taste.palette_share, taste.technique_share)
    motif, palette, technique = (
        visible * np.sqrt(share) * part for share, part in zip(shares, favourites, strict=True)
    )
    utility = (
        motif[:, None, None, None]
        + palette[None, :, None, None]  # (motifs, palettes, techniques, rooms, items)
        + technique[None, None, :, None]
        + hidden * rooms[None, None, None, :]
    )
    names = (*names, ROOMS)
    types = np.stack(np.unravel_index(np.arange(utility[..., 0].size), utility.shape[:-1]), axis=1)
    weights = np.exp(utility.reshape(len(types), len(prints)) + popularity(len(prints), taste))
    launches = np.array([item.launch for item in prints])
    return Shop(
        taste,
        tuple(item.item_id for item in prints),
        types,
        names,
        weights,
        seasons(prints, taste),
        next_editions(prints),
        launches > taste.cut,
    )


def visible_taste(prints: Sequence[Print], taste: Taste) -> tuple[tuple, tuple]:
    """Names of motif groups, palettes, techniques, and for each the utility (values, items) of every favourite value:
    independent parts of variance 1."""
    groups = {motif: group for group, motifs in MOTIF_GROUPS.items() for motif in motifs}
    unknown = sorted({item.motif for item in prints} - set(groups))
    if unknown:
        raise ValueError(f"motifs in no group of MOTIF_GROUPS: {', '.join(unknown)}")
    unknown = sorted({item.palette for item in prints} - set(PALETTE_RING))
    if unknown:
        raise ValueError(f"palettes missing from PALETTE_RING: {', '.join(unknown)}")
    columns = (
        [groups[item.motif] for item in prints],
        [item.palette for item in prints],
        [item.technique for item in prints],
    )
    orders = (tuple(MOTIF_GROUPS), PALETTE_RING, sorted(set(columns[2])))
    names, parts = [], []
    for column, order, neighbour in zip(columns, orders, (0.0, taste.neighbour, 0.0), strict=True):
        values = tuple(value for value in order if value in column)
        steps = np.abs(np.subtract.outer(np.arange(len(values)), np.arange(len(values))))
        like = np.where(steps == 0, 1.0, np.where((steps == 1) | (steps == len(values) - 1), neighbour, 0.0))
        numbers = [values.index(value) for value in column]
        names.append(values)
        parts.append(standardised(like[:, numbers]))
    return tuple(names), tuple(parts)


def hidden_taste(prints: Sequence[Print], taste: Taste) -> np.ndarray:
    """(rooms, items) utility of a print for a room, variance 1: the sum of `hidden_parts`."""
    return sum(hidden_parts(prints, taste))


def hidden_parts(prints: Sequence[Print], taste: Taste) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Three of (rooms, items), nested: what the artist, the series within the artist, and the print within the series mean
    for a room, each with its exact share of the variance."""
    rng = taste.stream(1)
    artists = np.unique([item.artist for item in prints], return_inverse=True)[1]
    series = np.unique([f"{item.artist}\n{item.series}" for item in prints], return_inverse=True)[1]
    for_artist = rng.standard_normal((len(ROOMS), artists.max() + 1))[:, artists]
    for_series = within(rng.standard_normal((len(ROOMS), series.max() + 1))[:, series], artists)
    for_print = within(rng.standard_normal((len(ROOMS), len(prints))), series)
    rest = 1 - taste.artist_share - taste.series_share
    of_artist, of_series, of_print = (
        np.sqrt(share) * standardised(part)
        for share, part in ((taste.artist_share, for_artist), (taste.series_share, for_series), (rest, for_print))
    )
    return of_artist, of_series, of_print


def within(values: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """`values` (rows, items) less the mean of each item's group."""
    member = np.eye(groups.max() + 1)[groups]  # (items, groups)
    return values - (values @ member / member.sum(axis=0))[:, groups]


def standardised(values: np.ndarray) -> np.ndarray:
    """`values` (tastes, items) less the item's mean (that would be popularity) and the taste's mean, at variance 1."""
    values = values - values.mean(axis=0) - values.mean(axis=1, keepdims=True) + values.mean()
    spread = values.std()
    return values / spread if spread > 0 else values


def popularity(items: int, taste: Taste) -> np.ndarray:
    """(items,) log-popularity: Zipf–Mandelbrot over a random order of the prints."""
    ranks = taste.stream(2).permutation(items) + 1
    return -taste.zipf * np.log(ranks + taste.zipf_shift)


def seasons(prints: Sequence[Print], taste: Taste) -> np.ndarray:
    """(periods, items) factors that drift with time: a yearly wave for each motif, newness, zero before the launch.
    A print is on sale from the first whole period after its launch."""
    days = PERIOD * np.arange(taste.end // PERIOD)[:, None]
    motifs = np.unique([item.motif for item in prints], return_inverse=True)[1]
    phases = taste.stream(3).random(motifs.max() + 1)[motifs]
    age = days - np.array([item.launch for item in prints])  # (periods, items) days
    wave = taste.fashion * np.sin(2 * np.pi * (days / 365 + phases))
    newness = taste.novelty * np.exp(-np.maximum(age, 0) / taste.novelty_days)
    return np.where(age >= 0, np.exp(wave + newness), 0.0)


def next_editions(prints: Sequence[Print]) -> np.ndarray:
    """(items,) index of edition k + 1 of the same series, -1 where there is none."""
    index = {(item.artist, item.series, item.edition): number for number, item in enumerate(prints)}
    return np.array([index.get((item.artist, item.series, item.edition + 1), -1) for item in prints])
