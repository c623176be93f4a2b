"""Histories as right-padded arrays, for training and for ranking alike, and what every model makes of them."""

from collections.abc import Sequence
from dataclasses import Field, dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
import torch
from torch import nn

from molar.core.errors import MolarError
from molar.core.schema import PAD


@dataclass(frozen=True)
class Batch:
    """Windows of training histories, as a training step reads them."""

    users: np.ndarray  # (batch,) user rows
    starts: np.ndarray  # (batch,) where in the dataset's `sequence` the window's first item stands
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


class Sizes(Protocol):
    """What every model's config tells; a config is a dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @property
    def dim(self) -> int: ...

    @property
    def max_length(self) -> int: ...


class SequenceModel(nn.Module):
    """A network that reads the last `config.max_length` items of a history and says who the user is now."""

    config: Sizes

    def last_state(self, items: torch.Tensor, ends: torch.Tensor, users: torch.Tensor | None = None) -> torch.Tensor:
        """User vectors (batch, dim) after position ends[i] of row i of right-padded item numbers (batch, length).

        users: (batch,) rows of the dataset's users where they are known; most models do without."""
        raise NotImplementedError

    @torch.no_grad()
    def user_vectors(
        self, histories: Sequence[np.ndarray], users: np.ndarray | None = None, *, batch_size: int = 128
    ) -> np.ndarray:
        """User vectors (n, dim) float32 after whole histories of item numbers, dropout off; similar lengths run together.

        Batches are so small that what a block holds in between is used again while it is warm: four times as many take
        longer in all, and two threads then wait for each other's new pages. Raises MolarError if a history is empty."""
        was_training, device = self.training, next(self.parameters()).device
        self.eval()
        vectors = []
        order = np.argsort([len(history) for history in histories], kind="stable")
        for start in range(0, len(order), batch_size):
            rows = order[start : start + batch_size]
            items, lengths = pad_right([histories[row] for row in rows], self.config.max_length)
            known = None if users is None else torch.from_numpy(np.asarray(users)[rows]).to(device)
            ends = torch.from_numpy(lengths - 1).to(device)
            state = self.last_state(torch.from_numpy(items).to(device), ends, known)  # (batch, dim)
            vectors.append(state.float().cpu().numpy())
        self.train(was_training)
        if not vectors:
            return np.zeros((0, self.config.dim), np.float32)
        return np.concatenate(vectors)[np.argsort(order)]
