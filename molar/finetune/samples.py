"""The samples of fine-tuning as training reads them: their texts and answers, and what the frozen image tower says of their
pictures, each of which it sees once; the features are kept on disk between runs."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import cast

import numpy as np
import torch

from molar.backbones.base import Grid, ImageFeatures
from molar.core.errors import MolarError
from molar.core.hashing import content_key
from molar.core.io import cache_folder, disk_array, write_atomically
from molar.core.progress import Report, silent
from molar.core.schema import PAD
from molar.data.images import open_picture
from molar.encoder.encode import GPU_BATCH
from molar.encoder.image_features import MicroBatches, cached_image_features, packed_image_features
from molar.encoder.item_encoder import ItemEncoder
from molar.encoder.vector_cache import VectorCache
from molar.finetune.tasks import Sample, Shown, Tasks

CHUNK = 16
CENTRED = 256  # items from which the centres and scales of the concatenated features are taken
PAIRS = "pairs"  # the task of captioned pictures: like it, of pictures that are in no dataset
LONGEST_ANSWER = 64  # tokens


@dataclass
class Samples:
    """What is trained on and what is held out, task by task, and the tower's features of all their pictures.

    Attributes:
        training, held_out: task → its samples; the picture numbers in them are rows of `features`, from 1; 0 is none.
        whole: items with all that encoding reads of them, for the centring of the concatenated features.
        features: (pictures + 1, 1 + tokens, width) float16; row 0 of each holds the pooled features, the others tokens.
        grids: of each picture, None where the backbone has one grid for all.
    """

    training: dict[str, list[Sample]]
    held_out: dict[str, list[Sample]]
    whole: list[Shown]
    features: np.ndarray
    grids: list[Grid | None]
    image_dim: int
    used_words: np.ndarray = field(init=False)  # (words,) token ids that tell answers apart
    _column: np.ndarray = field(init=False)  # token id → place in `used_words`, -1 for none

    def learn_words(self, encoder: ItemEncoder) -> None:
        """Choose the words that the word loss asks for: of the training answers, and of not too many of them."""
        answers = {sample.answer for samples in self.training.values() for sample in samples}
        tokens = [sorted(set(encoder.token_ids(answer))) for answer in sorted(answers)]
        often = np.bincount(np.concatenate(tokens), minlength=len(encoder.backbone.tokenizer))
        # A word in more than half of the answers ("a", "print") says nothing; one in a single answer cannot be learnt.
        self.used_words = np.flatnonzero((often > 1) & (often <= len(answers) / 2))
        if not len(self.used_words):
            self.used_words = np.flatnonzero(often)
        self._column = np.full(len(often), -1)
        self._column[self.used_words] = np.arange(len(self.used_words))

    def word_bags(self, answers: list[list[int]]) -> torch.Tensor:
        """(answers, used words) float32 of answers in token ids; rows sum to one, or to zero without a used word."""
        bags = torch.zeros(len(answers), len(self.used_words))
        for bag, ids in zip(bags, answers):
            columns = self._column[sorted(set(ids))]
            bag[columns[columns >= 0]] = 1
        return bags / bags.sum(1, keepdim=True).clamp_min(1)

    def seen(self, shown: list[Shown]) -> tuple[ImageFeatures, torch.Tensor]:
        """What the tower says of the pictures of `shown`, zeros where there is none, and which have one."""
        rows = [one.picture for one in shown]
        stored = torch.from_numpy(self.features[rows]).float()
        features = ImageFeatures(stored[:, 1:], stored[:, 0, : self.image_dim], [self.grids[row] for row in rows])
        return features, torch.tensor(rows) != PAD


def draw_samples(
    encoder: ItemEncoder,
    tasks: Tasks | None,
    pairs: str,
    counts: dict[str, int],
    *,
    seed: int = 0,
    held_out: int = 64,
    report: Report = silent,
) -> Samples:
    """Draw `counts` samples of each task and let the tower see each picture once.

    tasks: where the samples of a dataset come from; pairs: `module:function` of captioned pictures, "" for none. Of
    each task at most `held_out` samples are kept apart. A picture that the tower refuses is told and left out, and with
    it the samples that have nothing else."""
    from_dataset = [task for task in counts if task != PAIRS]
    drawn = {task: tasks.draw(task, counts[task], seed, held_out) for task in from_dataset} if tasks else {}
    whole = tasks.whole(CENTRED, seed) if tasks else []
    shown = [one for parts in drawn.values() for part in parts for sample in part for one in sample.items] + whole
    numbers = sorted({one.picture for one in shown} - {PAD})
    count = counts.get(PAIRS, 0)
    shape = (1 + len(numbers) + count, 1 + encoder.backbone.max_image_tokens, encoder.backbone.token_dim)
    features = disk_array(cache_folder(), shape)
    grids: list[Grid | None] = [None] * shape[0]
    row_of = _see_items(encoder, tasks, numbers, features, grids, report) if tasks and numbers else {}
    moved = {task: [_of_rows(part, row_of) for part in parts] for task, parts in drawn.items()}
    whole = [Shown(one.text, row_of.get(one.picture, PAD)) for one in whole]
    if count:
        captioned = _see_pairs(encoder, pairs, seed, count, 1 + len(numbers), features, grids, report)
        n_shown = count - min(held_out, count // 4)
        moved[PAIRS] = [captioned[:n_shown], captioned[n_shown:]]
        with_text = [sample.items[0] for sample in captioned if sample.items[0].text]
        whole = whole or (with_text or [sample.items[0] for sample in captioned])[: 2 * CENTRED]
    training, apart = ({task: parts[part] for task, parts in moved.items()} for part in (0, 1))
    samples = Samples(training, apart, whole, features, grids, encoder.image_dim)
    samples.learn_words(encoder)
    return samples


def _of_rows(samples: list[Sample], row_of: dict[int, int]) -> list[Sample]:
    """The same samples with rows of features in the place of item numbers; without those of which nothing is left."""
    moved = [
        Sample(one.task, tuple(Shown(item.text, row_of.get(item.picture, PAD)) for item in one.items), one.answer)
        for one in samples
    ]
    return [one for one in moved if any(item.text or item.picture for item in one.items)]


def _see_items(
    encoder, tasks: Tasks, numbers: list[int], features, grids: list[Grid | None], report: Report
) -> dict[int, int]:
    """Fill in the features of items' pictures, from row 1 on; the rows of those that could be seen.

    The cache is that of encoding, so what either has seen the other need not see again."""
    cache, pieces = VectorCache(cache_folder() / "pictures", encoder.image_fingerprint), MicroBatches()
    rows: dict[int, int] = {}
    size = GPU_BATCH if encoder.backbone.device.type == "cuda" else CHUNK
    for start in range(0, len(numbers), size):
        chunk, pixels = [], []
        for number in numbers[start : start + size]:
            try:
                pixels.append(encoder.pixels(open_picture(cast(Path, tasks.split.dataset.image_path(number)))))
                chunk.append(number)
            except MolarError as error:
                report(0, 0, f"left out: the picture of item {tasks.split.dataset.item_ids[number]}. {error}")
        if not chunk:
            continue
        seen, _ = cached_image_features(encoder, pixels, [own.key for own in pixels], cache, pieces)
        for number, tokens, pooled, grid in zip(chunk, seen.tokens, seen.pooled, seen.grids):
            row = rows[number] = 1 + len(rows)
            features[row, 1:], features[row, 0, : encoder.image_dim], grids[row] = tokens, pooled, grid
        report(min(start + size, len(numbers)), len(numbers), "pictures seen")
    return rows


def _see_pairs(
    encoder, pairs: str, seed: int, count: int, first: int, features, grids: list[Grid | None], report: Report
):
    """Samples of captioned pictures, whose features are filled in from row `first` on. What was drawn and seen is kept
    for the next run, since drawing takes time too."""
    seen = VectorCache(cache_folder() / "tune", encoder.image_fingerprint | {"pairs": pairs, "seed": seed})
    listing = seen.folder / f"drawn-{count}.json"
    keys = [content_key(pairs, str(seed), str(number)) for number in range(count)]
    if not (listing.exists() and all(seen.find([key]) for key in keys)):
        _look(encoder, load_pairs(pairs)(seed=seed, count=count), keys, seen, listing, report)
    told = json.loads(listing.read_text())
    for row, (key, grid) in enumerate(zip(keys, told["grids"]), start=first):
        features[row] = seen.find([key])[key]
        grids[row] = tuple(grid) if grid else None
    texts = zip(told["texts"], told["captions"])
    return [Sample(PAIRS, (Shown(text, row),), caption) for row, (text, caption) in enumerate(texts, start=first)]


def _look(encoder, drawn, keys: list[str], seen: VectorCache, listing: Path, report: Report) -> None:
    texts, captions, grids, waiting, pieces = [], [], [], [], MicroBatches()
    for number, pair in enumerate(drawn):
        texts.append(pair.text)
        captions.append(pair.caption)
        pixels = encoder.pixels(pair.image)
        grids.append(pixels.grid)
        if not seen.find([keys[number]]):
            waiting.append((keys[number], pixels))
        if waiting and (len(waiting) == CHUNK or number == len(keys) - 1):
            seen.put(
                [key for key, _ in waiting], packed_image_features(encoder, [pixels for _, pixels in waiting], pieces)
            )
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
