"""SASRec: the ID tower. It knows items by their numbers alone (Kang and McAuley, arXiv 1808.09781)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from molar.batches import pad_right
from molar.blocks import Block, check_sizes, start_small
from molar.columns import PAD
from molar.errors import MolarError


@dataclass(frozen=True)
class SASRecConfig:
    """Sizes of the ID tower: `dim` wide, `blocks` deep, reading the last `max_length` items of a history."""
    n_items: int
    dim: int = 128
    blocks: int = 2
    heads: int = 2
    max_length: int = 50
    dropout: float = 0.3

    def __post_init__(self):
        check_sizes(self)
        if self.n_items < 1:
            raise MolarError(f"n_items must be at least 1, not {self.n_items}.")


class SASRec(nn.Module):
    """A causal transformer over item embeddings; the same embeddings score the next item by dot product.

    `SASRec(SASRecConfig(n_items=30)).user_vectors([np.array([3, 1, 2])])` has shape (1, 128)."""

    def __init__(self, config: SASRecConfig):
        super().__init__()
        self.config = config
        self.items = nn.Embedding(config.n_items + 1, config.dim, padding_idx=PAD)
        self.positions = nn.Parameter(torch.zeros(config.max_length, config.dim))
        self.dropout = nn.Dropout(config.dropout)
        self.blocks = nn.ModuleList(Block(config.dim, config.heads, config.dropout) for _ in range(config.blocks))
        self.norm = nn.LayerNorm(config.dim)
        self.apply(start_small)
        nn.init.normal_(self.positions, std=0.02)
        self.forget(torch.arange(config.n_items + 1) == PAD)

    @torch.no_grad()
    def forget(self, unknown: torch.Tensor) -> None:
        """Zero the embeddings of items that training will never touch: `unknown` is (n_items + 1,) bool. In a history
        such an item then says nothing, instead of noise."""
        self.items.weight[unknown] = 0

    def embed_items(self, numbers: torch.Tensor) -> torch.Tensor:
        """Embeddings (…, dim) of item numbers (…): what a history is made of, and what scores."""
        return self.items(numbers)

    def encode(self, embedded: torch.Tensor) -> torch.Tensor:
        """User vectors (batch, length, dim) after each prefix of embedded items (batch, length, dim)."""
        scaled = embedded * self.config.dim**0.5 + self.positions[: embedded.shape[1]]
        hidden = self.dropout(scaled)
        for block in self.blocks:
            hidden = block(hidden)
        return self.norm(hidden)

    def queries(self, users: torch.Tensor) -> torch.Tensor:
        """What the training softmax multiplies with item vectors: here the user vectors (…, dim) themselves."""
        return users

    def states(self, items: torch.Tensor) -> torch.Tensor:
        """User vectors (batch, length, dim) after each prefix of right-padded item numbers (batch, length)."""
        return self.encode(self.embed_items(items))

    def item_matrix(self) -> torch.Tensor:
        """Item vectors (n_items + 1, dim); the score of an item is user · item."""
        return self.items.weight

    def item_bias(self) -> torch.Tensor:
        """What is added to user · item, (n_items + 1,): nothing, the item vectors carry popularity themselves."""
        return torch.zeros(len(self.items.weight))

    def user_vectors(self, histories: Sequence[np.ndarray]) -> np.ndarray:
        """User vectors (users, dim) float32 after whole histories of item numbers. MolarError if one is empty."""
        return last_states(self, histories)


@torch.no_grad()
def last_states(model: nn.Module, histories: Sequence[np.ndarray], batch_size: int = 512) -> np.ndarray:
    """The state of `model` after each history, (users, dim) float32, dropout off; similar lengths run together."""
    was_training = model.training
    model.eval()
    vectors = np.zeros((len(histories), model.config.dim), dtype=np.float32)
    order = np.argsort([len(history) for history in histories], kind="stable")
    for start in range(0, len(order), batch_size):
        rows = order[start : start + batch_size]
        items, lengths = pad_right([histories[row] for row in rows], model.config.max_length)
        states = model.states(torch.from_numpy(items))  # (batch, length, dim)
        vectors[rows] = states[torch.arange(len(rows)), torch.from_numpy(lengths - 1)].numpy()
    model.train(was_training)
    return vectors
