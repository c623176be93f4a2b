"""Features of the frozen image tower: extracted once a picture, kept on disk, in micro-batches that memory holds."""

from collections.abc import Callable

import numpy as np
import torch

from molar.backbones.base import ImageFeatures, Pixels
from molar.core.errors import MolarError
from molar.encoder.vector_cache import VectorCache


class MicroBatches:
    """Micro-batches as large as the GPU's memory allows: a whole batch at first, half of it after each refusal."""

    def __init__(self):
        self.size: int | None = None  # rows that fit, once some did not

    def run(self, work: Callable[[slice], np.ndarray], count: int) -> np.ndarray:
        """`work(rows)` of slices that cover `count` rows, joined. Raises `MolarError` when not even one row fits."""
        made, start = [], 0
        while start < count:
            rows = slice(start, min(count, start + (self.size or count)))
            try:
                made.append(work(rows))
                start = rows.stop
                continue
            except torch.OutOfMemoryError as error:
                self.size = (rows.stop - rows.start) // 2
                if not self.size:
                    raise MolarError(
                        "The memory of the GPU does not hold a single item: close what else uses it, choose --precision "
                        "nf4 or a smaller backbone."
                    ) from error
            torch.cuda.empty_cache()  # here, where the failed attempt no longer holds its tensors
        return np.concatenate(made)


def packed_image_features(encoder, pixels: list[Pixels], micro_batches: MicroBatches) -> np.ndarray:
    """One array (batch, 1 + max_image_tokens, token_dim) for the cache: pooled features in row 0, padded by zeros, then tokens."""

    def packed(rows: slice) -> np.ndarray:
        features = encoder.image_features(pixels[rows])
        wider = features.tokens.shape[2] - features.pooled.shape[1]
        pooled = torch.nn.functional.pad(features.pooled.float(), (0, wider))
        return torch.cat([pooled[:, None], features.tokens.float()], 1).cpu().numpy()

    return micro_batches.run(packed, len(pixels))


def cached_image_features(
    encoder, pixels: list[Pixels | None], keys: list[str], cache: VectorCache, micro_batches: MicroBatches
) -> tuple[ImageFeatures, torch.Tensor]:
    """The frozen tower's features of a batch, through their cache, and which rows have a picture at all.

    `keys` are the pictures' content keys, "" where a row has none."""
    stored = cache.find({key for key in keys if key})
    new = {key: own for key, own in zip(keys, pixels) if own is not None and key not in stored}
    if new:
        stored |= cache.put(list(new), packed_image_features(encoder, list(new.values()), micro_batches))
    blank = np.zeros((1 + encoder.backbone.max_image_tokens, encoder.backbone.token_dim), np.float16)
    rows = torch.from_numpy(np.stack([stored[key] if key else blank for key in keys])).float()
    grids = [None if own is None else own.grid for own in pixels]
    return ImageFeatures(rows[:, 1:], rows[:, 0, : encoder.image_dim], grids), torch.tensor([bool(key) for key in keys])
