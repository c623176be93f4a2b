"""The pairs of stage 1: drawn once, seen once by the frozen tower, then read from the cache."""

import json
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import numpy as np
import torch

from molar.cache import VectorCache, content_key, disk_array, write_atomically
from molar.encode import cache_folder
from molar.encoder import ItemEncoder
from molar.errors import MolarError
from molar.features import Pieces, look
from molar.multimodal import PictureFeatures
from molar.progress import Report, silent

CHUNK = 16


class Samples:
    """Texts, captions and the tower's features of stage-1 pairs.

    Attributes:
        features: (samples, 1 + tokens, width) float16; row 0 of each holds the pooled features, the others the tokens.
        grids: of each picture, None where the backbone has one grid for all.
        word_bags: (samples, used words) float32, rows sum to one; the columns are the token ids `used_words`.
    """

    def __init__(self, texts: list[str], captions: list[str], grids: list, features: np.ndarray, encoder: ItemEncoder):
        self.texts, self.captions, self.grids, self.features = texts, captions, grids, features
        self._wide, self._count = encoder.wide, encoder.backbone.count
        tokens = [sorted(set(encoder.token_ids(caption))) for caption in captions]
        often = np.bincount(np.concatenate(tokens), minlength=len(encoder.backbone.tokenizer))
        # A word in more than half of the captions ("a", "print") says nothing about a picture.
        self.used_words = np.flatnonzero((often > 1) & (often <= len(captions) / 2))
        column = {word: number for number, word in enumerate(self.used_words)}
        self.word_bags = torch.zeros(len(captions), len(column))
        for row, words in enumerate(tokens):
            self.word_bags[row, [column[word] for word in words if word in column]] = 1
        self.word_bags /= self.word_bags.sum(1, keepdim=True).clamp_min(1)

    def __len__(self) -> int:
        return len(self.texts)

    def seen(self, rows: list[int]) -> PictureFeatures:
        """What the tower says of the pictures of `rows`."""
        stored = torch.from_numpy(self.features[rows]).float()
        return PictureFeatures(stored[:, 1:], stored[:, 0, : self._wide], [self.grids[row] for row in rows])

    def shares(self, rows: list[int]) -> torch.Tensor:
        """(len(rows), tokens): what multiplies a picture's visual tokens to give their mean; zero behind its last."""
        counts = torch.tensor([self._count(self.grids[row]) for row in rows])[:, None]
        return (torch.arange(self.features.shape[1] - 1) < counts) / counts


def draw_samples(encoder: ItemEncoder, pairs: str, seed: int, count: int, *, report: Report = silent) -> Samples:
    """Draw `count` pairs and look at each picture once. What was drawn and seen is kept for the next run."""
    seen = VectorCache(cache_folder() / "tune", encoder.tower_fingerprint | {"pairs": pairs, "seed": seed})
    listing = seen.folder / f"drawn-{count}.json"
    keys = [content_key(pairs, str(seed), str(number)) for number in range(count)]
    if not (listing.exists() and all(seen.find([key]) for key in keys)):
        _look(encoder, load_pairs(pairs)(seed=seed, count=count), keys, seen, listing, report)
    told = json.loads(listing.read_text())
    grids = [tuple(grid) if grid else None for grid in told["grids"]]
    features = disk_array(cache_folder(), (count, 1 + encoder.backbone.most_tokens, encoder.backbone.width))
    for number, key in enumerate(keys):
        features[number] = seen.find([key])[key]
    return Samples(told["texts"], told["captions"], grids, features, encoder)


def _look(encoder, drawn, keys: list[str], seen: VectorCache, listing: Path, report: Report) -> None:
    texts, captions, grids, waiting, pieces = [], [], [], [], Pieces()
    for number, pair in enumerate(drawn):
        texts.append(pair.text)
        captions.append(pair.caption)
        pixels = encoder.pixels(pair.image)
        grids.append(pixels.grid)
        if not seen.find([keys[number]]):
            waiting.append((keys[number], pixels))
        if waiting and (len(waiting) == CHUNK or number == len(keys) - 1):
            seen.put([key for key, _ in waiting], look(encoder, [pixels for _, pixels in waiting], pieces))
            waiting = []
        report(number + 1, len(keys), "pairs drawn and seen")
    write_atomically(listing, json.dumps({"texts": texts, "captions": captions, "grids": grids}).encode())


def load_pairs(name: str) -> Callable:
    """The function named `module:function`. Raises `MolarError` when there is none."""
    module, _, function = name.partition(":")
    try:
        return getattr(import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        raise MolarError(
            f"The pairs {name!r} cannot be loaded ({error}): give `module:function`, for instance "
            "scripts.printshop.captions:captioned_prints, and run from the folder that holds the module."
        ) from error
