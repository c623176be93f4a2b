"""Texts and pictures to encode, and what encodes them without a backbone."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
from PIL import Image

from molar.backbones.base import ImageFeatures, Pixels

TEXTS = [f"a print of a {('fox', 'whale')[n % 2]} {'blue ' * (n // 8)}" for n in range(40)]
PAIRS = "tiny_items:colours"  # as `--pairs` names it


def noise(width: int, height: int, seed: int = 0) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 255, (height, width, 3), dtype=np.uint8))


def save_pictures(folder: Path) -> list[Path]:
    """One for each of TEXTS."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(40):
        Image.fromarray(rng.integers(0, 255, (32, 32, 3), dtype=np.uint8)).save(folder / f"{number:02d}.png")
    return sorted(folder.iterdir())


@dataclass
class Pair:
    image: Image.Image
    text: str
    caption: str


def colours(seed: int, count: int) -> Iterator[Pair]:
    """Red or blue pictures with captions that say so."""
    for number in range(count):
        colour = ("red", "blue")[number % 2]
        yield Pair(Image.new("RGB", (32, 32), colour), "a print" if number % 3 else "", f"a {colour} print of {colour}")


def current_item(encoder, texts: list[str], pictures: list) -> np.ndarray:
    """(items, hidden) float32: the `[Cur_Item]` states of items, past no cache. A picture may be None."""
    pixels = [encoder.pixels(picture if picture is not None else noise(8, 8)) for picture in pictures]
    has = torch.tensor([picture is not None for picture in pictures])
    with torch.inference_mode():
        return encoder.forward(texts, encoder.image_features(pixels), has)[0].float().cpu().numpy()


class StubEncoder:
    """As an encoder, of one visual token; costs no time."""

    fingerprint, image_fingerprint, dim, hidden, image_dim = {"part": "vectors"}, {"part": "pictures"}, 64, 16, 16
    backbone = SimpleNamespace(device=torch.device("cpu"), max_image_tokens=1, token_dim=16)

    def token_ids(self, text):
        return text.split()

    def pixels(self, picture):
        return Pixels(torch.zeros(3, 64, 64) + picture.getpixel((0, 0))[0])

    def image_features(self, pixels):
        return ImageFeatures(torch.zeros(len(pixels), 1, 16), torch.zeros(len(pixels), 16), [None] * len(pixels))

    def encode(self, texts, seen, has):
        return np.zeros((len(texts), self.dim), np.float32)
