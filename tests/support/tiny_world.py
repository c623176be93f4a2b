"""The tiny world of the tests: 30 items with pictures of 8 x 8 pixels, 20 users, two cold items."""

import csv
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from molar.data.dataset import Dataset
from molar.data.splits import Split

N_ITEMS, N_USERS, DIM = 30, 20, 16
COLD = (29, 30)  # item numbers that are bought at the last two positions alone


class Tiny(NamedTuple):
    dataset: Dataset
    split: Split


def write_csv(path: Path, rows: list[list]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)


def write_tiny_folder(folder: Path) -> Path:
    """A dataset folder; the last item has no picture, user u02 has two purchases only."""
    rng = np.random.default_rng(0)
    (folder / "images").mkdir(parents=True)
    motifs = ("lighthouse", "whale", "fern", "bicycle", "fox")
    items = [["item_id", "title", "description", "artist", "price", "image"]]
    for number in range(1, N_ITEMS + 1):
        motif = motifs[number % len(motifs)]
        image = f"i{number:02d}.png" if number < N_ITEMS else ""
        items.append(
            [f"i{number:02d}", f"{motif.title()} {number}", f"A print of a {motif}.", "Ada Birk", 10 + number, image]
        )
        if image:
            Image.fromarray(rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)).save(folder / "images" / image)
    write_csv(folder / "items.csv", items)

    purchases = [["user_id", "item_id", "timestamp"]]
    for user in range(1, N_USERS + 1):
        history = list(rng.choice(np.arange(1, N_ITEMS - 1), size=2 if user == 2 else 5 + user % 6, replace=False))
        if user % 5 == 0:  # cold targets at test; user 20 also at validation
            history[-1] = COLD[0]
        if user == 20:
            history[-2] = COLD[1]
        for day, number in enumerate(history):
            purchases.append([f"u{user:02d}", f"i{number:02d}", 1_700_000_000 + 86_400 * day])
    write_csv(folder / "interactions.csv", purchases)
    return folder
