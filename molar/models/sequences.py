"""Histories as right-padded arrays, for training and for ranking alike."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from molar.core.errors import MolarError
from molar.core.schema import PAD


@dataclass(frozen=True)
class Batch:
    """Windows of training histories, as a training step reads them."""

    users: np.ndarray  # (batch,) user rows
    items: np.ndarray  # (batch, length) int64 item numbers, padded on the right
    targets: np.ndarray  # (batch, length) int64 the item that follows, PAD where there is none
    prefixes: np.ndarray  # (batch,) one random position a window: the prefix that the alignment loss reads


def pad_right(histories: Sequence[np.ndarray], max_length: int) -> tuple[np.ndarray, np.ndarray]:
    """The last `max_length` items of each history as (batch, length) int64, and the lengths (batch,).

    Raises MolarError if a history is empty: nobody can be described by nothing."""
    histories = [np.asarray(history)[-max_length:] for history in histories]
    lengths = np.array([len(history) for history in histories], dtype=np.int64)
    if not len(lengths) or not lengths.min():
        raise MolarError("A history must hold at least one item.")
    padded = np.full((len(lengths), lengths.max()), PAD, dtype=np.int64)
    padded[np.arange(padded.shape[1]) < lengths[:, None]] = np.concatenate(histories)
    return padded, lengths
