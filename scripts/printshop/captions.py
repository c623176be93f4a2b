"""Captioned prints that are not in the catalogue: what the item encoder learns to see with.

A caption names motif, palette and technique. The text beside the picture is the shop's own kind of text; half of the
time it is empty or says nothing, so that the picture must speak.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image

from molar.data.item_text import item_text
from scripts.printshop import names
from scripts.printshop.catalogue import ABSTRACTS, MOTIFS, SIZES, TECHNIQUES, Print, description, title
from scripts.printshop.draw import draw
from scripts.printshop.palettes import PALETTES

TECHNIQUE_WORDS = {
    "linocut": ("linocut", "hand-carved linocut"),
    "screenprint": ("screen print", "flat screen print"),
    "watercolour": ("watercolour", "loose watercolour"),
    "risograph": ("risograph print", "dotted risograph print"),
    "etching": ("etching", "finely hatched etching"),
    "papercut": ("paper cut-out", "layered paper cut-out"),
}
TEMPLATES = (
    "{A_technique} of {motif} in {palette}.",
    "{A_technique} in {palette}, showing {motif}.",
    "{Motif}: {a_technique} in {palette}.",
    "{Motif} in {palette}, made as {a_technique}.",
    "This is {a_technique}. It shows {motif} in {palette}.",
    "In {palette}, {a_technique} of {motif}.",
)
BLAND = ("Art print", "Untitled", "A print", "Wall art", "Print, unframed")


@dataclass(frozen=True)
class CaptionedPrint:
    """A picture, the text that its prompt holds, the caption to be learnt, and what the caption says as labels."""

    image: Image.Image
    text: str
    caption: str
    labels: dict[str, str]  # motif, palette, technique


def caption(work: Print) -> str:
    """One of many ways to say motif, palette and technique of a print."""
    rng = random.Random(f"caption {work.seed}")
    motif = rng.choice(names.MOTIF_PHRASES[work.motif])
    technique = rng.choice(TECHNIQUE_WORDS[work.technique])
    a_technique = ("an " if technique[0] in "aeiou" else "a ") + technique
    return rng.choice(TEMPLATES).format(
        motif=motif,
        Motif=motif[0].upper() + motif[1:],
        palette=rng.choice(PALETTES[work.palette].words),
        a_technique=a_technique,
        A_technique=a_technique[0].upper() + a_technique[1:],
    )


def practice_print(seed: int, number: int) -> Print:
    """A print like those of the shop, by other artists; motif, palette and technique are drawn evenly."""
    rng = random.Random(f"practice {seed} {number}")
    motif = rng.choice((*MOTIFS, *ABSTRACTS))
    editions = rng.randint(2, 8)
    size, price = rng.choice(SIZES)
    return Print(
        item_id=f"practice-{seed}-{number}",
        seed=rng.getrandbits(32) | 1 << 32,  # the shop's seeds are below 2 ** 32
        kind="abstract" if motif in ABSTRACTS else "motif",
        motif=motif,
        palette=rng.choice(tuple(PALETTES)),
        technique=rng.choice(TECHNIQUES),
        mood=rng.choice(tuple(names.MOODS)),
        artist=rng.choice(names.PRACTICE_ARTISTS),
        series=rng.choice(names.PRACTICE_SERIES).format(rng.choice(names.PRACTICE_PLACES)),
        edition=rng.randint(1, editions),
        editions=editions,
        size=size,
        price=price,
        year=rng.randint(2017, 2025),
        launch=0,
    )


def shop_text(work: Print) -> str:
    """What the item's prompt would hold: the encoded columns of dataset.json, put together as encoding does it."""
    return item_text(
        {"title": title(work), "description": description(work), "artist": work.artist, "series": work.series}
    )


def captioned_prints(seed: int, count: int, size: int = 256) -> Iterator[CaptionedPrint]:
    """`count` prints drawn on the fly, deterministic in `seed`; none of them is in the catalogue."""
    for number in range(count):
        work = practice_print(seed, number)
        rng = random.Random(f"text {seed} {number}")
        text = rng.choice((shop_text(work), shop_text(work), "", item_text({"title": rng.choice(BLAND)})))
        labels = {"motif": work.motif, "palette": work.palette, "technique": work.technique}
        yield CaptionedPrint(draw(work, size), text, caption(work), labels)
