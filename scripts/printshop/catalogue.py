"""The print shop's catalogue: who made what, when it came on sale, and what the shop's text says of it.

Palette and technique are drawn independently of all that the text tells (motif, mood, artist, series, price, year):
only the picture shows them.
"""

import random
from collections import Counter
from dataclasses import dataclass, replace

from scripts.printshop import names
from scripts.printshop.palettes import PALETTES

OPENING = 1704067200  # unix seconds of day 0: 2024-01-01
PERIOD = 5  # days: the grain of time; CUT and HORIZON are whole periods
CUT = 730  # days; a print that launches later is cold: no training history can hold it
HORIZON = 790  # days; the last day of trade
LAST_WARM_LAUNCH = 600
COLD_SHARE = 0.1
ABSTRACT_SHARE = 1 / 3

THEMES = {  # a series keeps to one motif or roams within one theme
    "sea": ("lighthouse", "whale", "sailboat", "fish", "wave"),
    "woods": ("fox", "owl", "deer", "mushroom", "tree"),
    "garden": ("fern", "poppy", "bee", "cactus", "heron"),
    "town": ("city", "bicycle", "train", "bridge", "house"),
    "home": ("teapot", "cat", "guitar", "house", "fern"),
    "horizon": ("mountain", "moon", "balloon", "tree", "wave"),
    "angles": ("stripes", "grid", "shapes", "arcs"),
    "curves": ("pebbles", "circles", "terrazzo", "contours"),
}
ABSTRACT_THEMES = ("angles", "curves")
ABSTRACTS = THEMES["angles"] + THEMES["curves"]
MOTIFS = tuple(dict.fromkeys(m for theme in THEMES.values() for m in theme if m not in ABSTRACTS))
TECHNIQUES = ("linocut", "screenprint", "watercolour", "risograph", "etching", "papercut")
SIZES = (("A5", 18), ("A4", 29), ("A3", 45), ("50 × 70 cm", 79))  # name, base price in euros
COLUMNS = ("item_id", "title", "description", "artist", "series", "size", "price", "year", "available_from", "image")
TRUTH_COLUMNS = (
    "item_id",
    "kind",
    "motif",
    "palette",
    "technique",
    "mood",
    "artist",
    "series",
    "edition",
    "launch",
)


@dataclass(frozen=True)
class Print:
    """One print. `seed` settles its composition; `launch` is the day (0 = opening) on which it comes on sale."""

    item_id: str
    seed: int
    kind: str  # "motif" or "abstract"
    motif: str
    palette: str
    technique: str
    mood: str
    artist: str
    series: str
    edition: int  # 1 … editions, in order of launch
    editions: int
    size: str
    price: int
    year: int
    launch: int

    @property
    def on_sale(self) -> int:
        """The day from which it is sold: the first whole period that begins on or after its launch."""
        return -(-self.launch // PERIOD) * PERIOD


def build_catalogue(seed: int = 7, count: int = 1250) -> list[Print]:
    """`count` prints in shuffled order, deterministic in `seed`; a tenth launches after day CUT.

    Half of the late prints close a series that is already on sale, the other half are wholly new series.
    """
    rng = random.Random(f"catalogue {seed}")
    late = round(count * COLD_SHARE)
    new = late // 2
    title_stock = [f"{a} {b}" for a in names.SERIES_FIRST for b in names.SERIES_SECOND]
    rng.shuffle(title_stock)
    tastes = _artist_tastes(rng)
    early = _fill(rng, tastes, title_stock, count - new)
    early = _close_late(rng, early, late - new)
    recent = [replace(p, launch=_late_day(rng, p.edition), year=2025) for p in _fill(rng, tastes, title_stock, new)]
    prints = early + recent
    rng.shuffle(prints)
    return [replace(p, item_id=f"p{n:04d}") for n, p in enumerate(prints, 1)]


def _artist_tastes(rng):
    """[(artist, themes, weight, share of abstract)]: Zipf-like output; every third artist is chiefly abstract."""
    tastes = []
    figurative = [theme for theme in THEMES if theme not in ABSTRACT_THEMES]
    for rank, artist in enumerate(names.SHOP_ARTISTS):
        chosen = rng.sample(figurative, 2)
        tastes.append((artist, chosen, 1 / (rank + 3) ** 0.8, 0.85 if rank % 3 == 1 else 0.1))
    return tastes


def _fill(rng, tastes, title_stock, count):
    """Series after series until `count` prints are made; the share of abstract prints is steered to one third."""
    prints = []
    while len(prints) < count:
        artist, themes, _, abstract = rng.choices(tastes, [weight for _, _, weight, _ in tastes])[0]
        done = sum(p.kind == "abstract" for p in prints) / max(len(prints), 1)
        is_abstract = rng.random() < abstract + 2 * (ABSTRACT_SHARE - done)
        theme = THEMES[rng.choice(ABSTRACT_THEMES if is_abstract else themes)]
        made = Counter(p.motif for p in prints)
        motif = rng.choices(theme, [1 / (made[m] + 8) ** 1.5 for m in theme])[0]  # none too rare, none too common
        editions = min(rng.choice((2, 3, 3, 4, 5, 5, 6, 7, 8)), count - len(prints))
        prints += _series(rng, artist, title_stock.pop(), theme, motif, editions)
    return prints


def _series(rng, artist, series, theme, motif, editions):
    roams = rng.random() < 0.3
    mood = rng.choice(tuple(names.MOODS))
    size, price = rng.choice(SIZES)
    year = rng.randint(2017, 2024)
    launch = 0 if rng.random() < 0.35 else rng.randint(1, 430)
    prints = []
    for edition in range(1, editions + 1):
        motif = rng.choice(theme) if roams else motif
        prints.append(
            Print(
                item_id="",
                seed=rng.getrandbits(32),
                kind="abstract" if motif in ABSTRACTS else "motif",
                motif=motif,
                palette=rng.choice(tuple(PALETTES)),
                technique=rng.choice(TECHNIQUES),
                mood=mood if rng.random() < 0.7 else rng.choice(tuple(names.MOODS)),
                artist=artist,
                series=series,
                edition=edition,
                editions=editions,
                size=size,
                price=price + rng.randint(-2, 3) * 2,
                year=year,
                launch=min(launch, LAST_WARM_LAUNCH),
            )
        )
        launch += rng.randint(8, 45)
    return prints


def _close_late(rng, prints, late):
    """Move the last print of `late` series of three or more past the cut."""
    closing = [n for n, p in enumerate(prints) if p.edition == p.editions and p.editions >= 3]
    chosen = set(rng.sample(closing, min(late, len(closing))))
    return [replace(p, launch=_late_day(rng, 1)) if n in chosen else p for n, p in enumerate(prints)]


def _late_day(rng, edition):
    """A day after the cut that leaves a print some weeks of trade; later prints of a series come later."""
    return min(CUT + 2 + 4 * edition + rng.randint(0, 3), HORIZON - 20)


def title(work: Print) -> str:
    """The shop's title: motif and mood, never palette or technique."""
    rng = random.Random(f"title {work.seed}")
    noun = names.TITLE_NOUNS.get(work.motif, work.motif.capitalize())
    adjective = rng.choice(names.MOODS[work.mood])
    phrase = rng.choice(names.MOOD_PHRASES[work.mood])
    return rng.choice(
        (
            f"{adjective} {noun}",
            f"{noun}, {phrase}",
            f"{noun} {phrase}",
            f"{adjective} {noun} No. {work.edition}",
            f"{noun} ({work.series} {_roman(work.edition)})",
        )
    )


def description(work: Print) -> str:
    """One to three sentences: motif, mood, artist, series; never palette or technique."""
    rng = random.Random(f"description {work.seed}")
    subject = rng.choice(names.MOTIF_PHRASES[work.motif])
    mood = rng.choice(names.MOODS[work.mood]).lower()
    phrase = rng.choice(names.MOOD_PHRASES[work.mood])
    place = f"number {work.edition} of {work.editions} in the series {work.series}"
    opening = rng.choice(
        (
            f"{_capital(subject)}, {phrase}.",
            f"{work.artist} shows us {subject}.",
            f"{_capital(subject)}, seen in a {mood} mood.",
            f"Here is {subject}, {phrase}.",
            f"{_capital(subject)}. The mood is {mood}.",
        )
    )
    closing = rng.choice(
        (
            f"By {work.artist}, {place}.",
            f"{_capital(place)} by {work.artist}.",
            f"From {work.series} by {work.artist}.",
            f"{work.artist} made it as part of {work.series}.",
            f"It belongs to {work.series}, {work.artist}'s set of {work.editions}.",
        )
    )
    extra = rng.choice(
        (
            "",
            "",
            "",
            f"A {mood} piece that rewards a second look.",
            "Signed on the back.",
            "Printed with care in a small run.",
            f"One of the {mood} ones of the set.",
            "Sold unframed.",
        )
    )
    return " ".join(part for part in (opening, closing, extra) if part)


def item_row(work: Print) -> dict[str, str]:
    """One row of items.csv. `available_from` is in unix seconds, as the purchases are; empty: since the opening."""
    text = (work.item_id, title(work), description(work), work.artist, work.series, work.size)
    available_from = str(OPENING + work.on_sale * 24 * 60 * 60) if work.on_sale else ""
    numbers = (str(work.price), str(work.year), available_from)
    return dict(zip(COLUMNS, (*text, *numbers, f"{work.item_id}.webp"), strict=True))


def _capital(text):
    return text[:1].upper() + text[1:]


def _roman(number):
    return ("I", "II", "III", "IV", "V", "VI", "VII", "VIII")[number - 1]
