"""The tiny world of the tests: 30 items with pictures of 8 x 8 pixels, 20 users, two cold items."""

import csv
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from PIL import Image

from molar.data import Dataset, load_dataset
from molar.split import Split, leave_one_out

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
        items.append([f"i{number:02d}", f"{motif.title()} {number}", f"A print of a {motif}.", "Ada Birk", 10 + number,
                      image])
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


@pytest.fixture
def tiny_folder(tmp_path) -> Path:
    """A dataset folder that the test may change."""
    return write_tiny_folder(tmp_path / "tiny")


@pytest.fixture(scope="session")
def tiny(tmp_path_factory) -> Tiny:
    """`tiny.dataset` and `tiny.split`, shared by all tests."""
    dataset = load_dataset(write_tiny_folder(tmp_path_factory.mktemp("world") / "tiny"))
    return Tiny(dataset, leave_one_out(dataset))


@pytest.fixture(scope="session")
def tiny_vectors() -> np.ndarray:
    """(31, 16) float32 item vectors, row 0 zeros."""
    vectors = np.random.default_rng(1).normal(size=(N_ITEMS + 1, DIM)).astype(np.float32)
    vectors[0] = 0
    return vectors
