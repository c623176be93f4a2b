"""The pairs of stage 1: drawn once, seen once by the frozen tower, then read from the cache."""

import json
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import numpy as np
import torch

from molar.cache import VectorCache, content_key, write_atomically
from molar.encode import cache_folder
from molar.encoder import ItemEncoder
from molar.errors import MolarError
from molar.progress import Report, silent

CHUNK = 16


class Samples:
    """Texts, captions and the tower's features of stage-1 pairs.

    Attributes:
        features: (samples, 1 + tokens, wide) float16; row 0 of each is the pooled output, the others the patches.
        word_bags: (samples, used words) float32, rows sum to one; the columns are the token ids `used_words`.
    """

    def __init__(self, texts: list[str], captions: list[str], features: np.ndarray, encoder: ItemEncoder):
        self.texts, self.captions, self.features = texts, captions, features
        tokens = [sorted(set(encoder.token_ids(caption))) for caption in captions]
        often = np.bincount(np.concatenate(tokens), minlength=len(encoder.tokenizer))
        # A word in more than half of the captions ("a", "print") says nothing about a picture.
        self.used_words = np.flatnonzero((often > 1) & (often <= len(captions) / 2))
        column = {word: number for number, word in enumerate(self.used_words)}
        self.word_bags = torch.zeros(len(captions), len(column))
        for row, words in enumerate(tokens):
            self.word_bags[row, [column[word] for word in words if word in column]] = 1
        self.word_bags /= self.word_bags.sum(1, keepdim=True).clamp_min(1)

    def __len__(self) -> int:
        return len(self.texts)

    def patches(self, rows: list[int]) -> torch.Tensor:
        """(len(rows), tokens, wide) float32: the picture's patches, averaged over squares."""
        return torch.from_numpy(self.features[rows][:, 1:]).float()

    def pooled(self, rows: list[int]) -> torch.Tensor:
        """(len(rows), wide) float32: the tower's pooled output."""
        return torch.from_numpy(self.features[rows][:, 0]).float()


def draw_samples(encoder: ItemEncoder, pairs: str, seed: int, count: int, *, report: Report = silent) -> Samples:
    """Draw `count` pairs and look at each picture once. What was drawn and seen is kept for the next run."""
    seen = VectorCache(cache_folder() / "tune", encoder.tower_fingerprint | {"pairs": pairs, "seed": seed})
    listing = seen.folder / f"pairs-{count}.json"
    keys = [content_key(pairs, str(seed), str(number)) for number in range(count)]
    if not (listing.exists() and all(key in seen for key in keys)):
        _look(encoder, load_pairs(pairs)(seed=seed, count=count), keys, seen, listing, report)
    told = json.loads(listing.read_text())
    return Samples(told["texts"], told["captions"], np.stack([seen.get(key) for key in keys]), encoder)


def _look(encoder, drawn, keys: list[str], seen: VectorCache, listing: Path, report: Report) -> None:
    texts, captions, waiting = [], [], []
    for number, pair in enumerate(drawn):
        texts.append(pair.text)
        captions.append(pair.caption)
        if keys[number] not in seen:
            waiting.append((keys[number], encoder.pixels(pair.image)))
        if waiting and (len(waiting) == CHUNK or number == len(keys) - 1):
            features = encoder.see(torch.stack([pixels for _, pixels in waiting]))
            stacked = torch.cat([features.pooled[:, None], features.patches], 1).float().cpu().numpy()
            seen.put([key for key, _ in waiting], stacked)
            waiting = []
        report(number + 1, len(keys), "pairs drawn and seen")
    write_atomically(listing, json.dumps({"texts": texts, "captions": captions}).encode())


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
