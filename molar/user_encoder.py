"""The content tower: an adapter over item vectors, and the dynamic user embedding generator (DUEG, §3.4), light form.

The paper's DUEG is the decoder of the language model itself. Here it is a small causal transformer, trained from
scratch, over cached item vectors: minutes on a CPU instead of days on a GPU.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from molar.blocks import Block, check_sizes, start_small
from molar.columns import PAD
from molar.errors import MolarError
from molar.id_models import last_states


@dataclass(frozen=True)
class ContentConfig:
    dim_in: int
    dim: int = 64
    blocks: int = 2
    heads: int = 2
    max_length: int = 50
    dropout: float = 0.2
    hidden: int = 128  # width of the adapter's inner layer
    input_dropout: float = 0.2  # part of an item vector hidden in each step: no item can be known by a few coordinates

    def __post_init__(self):
        check_sizes(self)
        if self.dim_in < 1 or self.hidden < 1:
            raise MolarError(f"dim_in and hidden must be at least 1, not {self.dim_in} and {self.hidden}.")
        if not 0 <= self.input_dropout < 1:
            raise MolarError(f"input_dropout must lie in [0, 1), not {self.input_dropout}.")


class ContentUserEncoder(nn.Module):
    """`[User]` after the vectors e_1 … e_n of a history gives E_con (Eq. 2); items are scored by content alone.

    User and item vectors have length one: the score is a cosine, so an item that nobody has bought is not held back
    by the short vector that an untrained item would have.

    model = ContentUserEncoder(ContentConfig(dim_in=16)); model.set_item_vectors(vectors)   # (n_items + 1, 16)
    model.user_vectors([np.array([3, 1, 2])]) has shape (1, 64)."""

    def __init__(self, config: ContentConfig):
        super().__init__()
        self.config = config
        self.register_buffer("mean", torch.zeros(config.dim_in))
        self.register_buffer("deviation", torch.ones(config.dim_in))
        self.register_buffer("vectors", None, persistent=False)  # (n_items + 1, dim_in)
        self.adapter = nn.Sequential(
            nn.Dropout(config.input_dropout),
            nn.Linear(config.dim_in, config.hidden),
            nn.GELU(),
            nn.Linear(config.hidden, config.dim),
        )
        self.user = nn.Parameter(torch.zeros(config.dim))  # the [User] token
        self.positions = nn.Parameter(torch.zeros(config.max_length + 1, config.dim))
        self.dropout = nn.Dropout(config.dropout)
        self.blocks = nn.ModuleList(Block(config.dim, config.heads, config.dropout) for _ in range(config.blocks))
        self.norm = nn.LayerNorm(config.dim)
        self.out = nn.Linear(config.dim, config.dim)
        self.log_scale = nn.Parameter(torch.tensor(2.5))  # cosines reach the softmax times exp(2.5) = 12 at first
        for part in (self.blocks, self.out):
            part.apply(start_small)
        nn.init.normal_(self.user, std=0.02)
        nn.init.normal_(self.positions, std=0.02)

    def set_item_vectors(self, vectors: np.ndarray) -> None:
        """Give the item vectors (n_items + 1, dim_in) float32, row 0 for padding. They are not saved with the model.

        Raises MolarError if their width is not `dim_in`."""
        if vectors.ndim != 2 or vectors.shape[1] != self.config.dim_in:
            raise MolarError(f"The model reads item vectors of width {self.config.dim_in}, not shape {vectors.shape}.")
        self.vectors = torch.as_tensor(vectors, dtype=torch.float32)

    @torch.no_grad()
    def fit_scaling(self, training_items: torch.Tensor) -> None:
        """Fit mean and deviation of each coordinate on the items that `training_items` (n_items + 1,) bool names, and
        on no other: a cold item must not shape what the model knows."""
        seen = self._item_vectors()[training_items]
        self.mean.copy_(seen.mean(0))
        self.deviation.copy_(seen.std(0, correction=0).clamp(min=1e-6))

    def embed_items(self, numbers: torch.Tensor) -> torch.Tensor:
        """Unit vectors (rows, dim) of item numbers (rows,); the padding item's is zero."""
        scaled = (self._item_vectors()[numbers] - self.mean) / self.deviation
        return F.normalize(self.adapter(scaled), dim=-1) * (numbers != PAD).unsqueeze(-1)

    def encode(self, embedded: torch.Tensor) -> torch.Tensor:
        """User vectors (batch, length, dim) of length one, after each prefix of embedded items (batch, length, dim).

        One pass serves every prefix: the t-th [User] reads items 1 … t in each block and nothing else."""
        length = embedded.shape[1]
        items = self.dropout(embedded * self.config.dim**0.5 + self.positions[:length])
        users = self.dropout(self.user + self.positions[1 : length + 1]).expand_as(items)
        for block in self.blocks[:-1]:
            items, users = block(items, users)
        _, users = self.blocks[-1](items, users, items_too=False)
        return F.normalize(self.out(self.norm(users)), dim=-1)

    def queries(self, users: torch.Tensor) -> torch.Tensor:
        """What the training softmax multiplies with item vectors: user vectors (…, dim) times a learned scale, at most
        100, since cosines alone are too close to one another. The order of the items stays the same."""
        return users * self.log_scale.exp().clamp(max=100)

    def states(self, items: torch.Tensor) -> torch.Tensor:
        """User vectors (batch, length, dim) after each prefix of right-padded item numbers (batch, length)."""
        numbers, places = torch.unique(items, return_inverse=True)
        return self.encode(self.embed_items(numbers)[places])

    def item_matrix(self) -> torch.Tensor:
        """Item vectors (n_items + 1, dim); the score of an item is user · item."""
        return self.embed_items(torch.arange(len(self._item_vectors())))

    def user_vectors(self, histories: Sequence[np.ndarray]) -> np.ndarray:
        """User vectors (users, dim) float32 after whole histories of item numbers. MolarError if one is empty."""
        return last_states(self, histories)

    def _item_vectors(self) -> torch.Tensor:
        if self.vectors is None:
            raise MolarError("The content model has no item vectors yet: call set_item_vectors first.")
        return self.vectors
