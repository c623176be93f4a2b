"""What the frozen image tower says of pictures: computed once each, kept on disk, as many at a time as memory holds."""

from collections.abc import Callable

import numpy as np
import torch

from molar.backbones.base import ImageFeatures, Pixels
from molar.core.errors import MolarError
from molar.encoder.vector_cache import VectorCache


class MicroBatches:
    """Works on as many rows at a time as the GPU's memory holds: on all at first, on half as many after each refusal."""

    def __init__(self):
        self.most: int | None = None  # rows that fit, once some did not

    def run(self, work: Callable[[slice], np.ndarray], count: int) -> np.ndarray:
        """`work(rows)` of slices that cover `count` rows, joined. Raises `MolarError` when not even one row fits."""
        made, start = [], 0
        while start < count:
            rows = slice(start, min(count, start + (self.most or count)))
            try:
                made.append(work(rows))
                start = rows.stop
                continue
            except torch.OutOfMemoryError as error:
                self.most = (rows.stop - rows.start) // 2
                if not self.most:
                    raise MolarError(
                        "The memory of the GPU does not hold a single item: close what else uses it, choose --precision "
                        "nf4 or a smaller backbone."
                    ) from error
            torch.cuda.empty_cache()  # here, where the failed attempt no longer holds its tensors
        return np.concatenate(made)


def packed_image_features(encoder, pixels: list[Pixels], pieces: MicroBatches) -> np.ndarray:
    """One array (batch, 1 + tokens, width) for the cache: the pooled features in row 0, filled with zeros, then the tokens."""

    def packed(rows: slice) -> np.ndarray:
        seen = encoder.image_features(pixels[rows])
        wider = seen.tokens.shape[2] - seen.pooled.shape[1]
        pooled = torch.nn.functional.pad(seen.pooled.float(), (0, wider))
        return torch.cat([pooled[:, None], seen.tokens.float()], 1).cpu().numpy()

    return pieces.run(packed, len(pixels))


def cached_image_features(
    encoder, pixels: list[Pixels | None], keys: list[str], cache: VectorCache, pieces: MicroBatches
) -> tuple[ImageFeatures, torch.Tensor]:
    """The frozen tower's features of a batch, through their cache, and which rows have a picture at all.

    `keys` are the pictures' content keys, "" where a row has none."""
    stored = cache.find({key for key in keys if key})
    new = {key: own for key, own in zip(keys, pixels) if key and key not in stored}
    if new:
        stored |= cache.put(list(new), packed_image_features(encoder, list(new.values()), pieces))
    blank = np.zeros((1 + encoder.backbone.max_image_tokens, encoder.backbone.token_dim), np.float16)
    rows = torch.from_numpy(np.stack([stored[key] if key else blank for key in keys])).float()
    grids = [None if own is None else own.grid for own in pixels]
    return ImageFeatures(rows[:, 1:], rows[:, 0, : encoder.image_dim], grids), torch.tensor([bool(key) for key in keys])
