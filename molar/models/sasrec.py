"""SASRec: a causal transformer over item embeddings (Kang and McAuley, arXiv 1808.09781)."""

from dataclasses import dataclass
from typing import cast

import torch
from torch import nn

from molar.core.errors import MolarError
from molar.models.id_model import IDModel
from molar.models.layers import BLOCKS, Block, Dropout, check_sizes


@dataclass(frozen=True)
class SASRecConfig:
    """Sizes of SASRec: `dim` wide, `blocks` deep, reading the last `max_length` items of a history.

    block: "plain", the pre-norm transformer's, or "ligr", eSASRec's."""

    n_items: int
    dim: int = 128
    blocks: int = 2
    heads: int = 2
    max_length: int = 50
    dropout: float = 0.3
    block: str = "plain"

    def __post_init__(self):
        check_sizes(self)
        if self.block not in BLOCKS:
            raise MolarError(f"There is no block {self.block!r}: known are {', '.join(BLOCKS)}.")


class SASRec(IDModel):
    """A causal transformer over item embeddings (Kang and McAuley, arXiv 1808.09781).

    `SASRec(SASRecConfig(n_items=30)).user_vectors([np.array([3, 1, 2])])` has shape (1, 128)."""

    def __init__(self, config: SASRecConfig):
        super().__init__(config)
        self.positions = nn.Parameter(torch.zeros(config.max_length, config.dim))
        self.dropout = Dropout(config.dropout)
        block = BLOCKS[config.block]
        self.blocks = nn.ModuleList(block(config.dim, config.heads, config.dropout) for _ in range(config.blocks))
        self.norm = nn.LayerNorm(config.dim)
        self._start_small()
        nn.init.normal_(self.positions, std=0.02)

    def encode(self, embedded: torch.Tensor, users: torch.Tensor | None = None) -> torch.Tensor:
        """User vectors (batch, length, dim) after each prefix of embedded items (batch, length, dim)."""
        hidden = self._start(embedded)
        for block in self.blocks:
            hidden = block(hidden)
        return self.norm(hidden)

    def last_state(self, items: torch.Tensor, ends: torch.Tensor, users: torch.Tensor | None = None) -> torch.Tensor:
        """User vectors (batch, dim) after position ends[i] of row i alone: the last block need not look at the others."""
        hidden = self._start(self.embed_items(items))
        for block in self.blocks[:-1]:
            hidden = block(hidden)
        return self.norm(cast(Block, self.blocks[-1]).last(hidden, ends)).squeeze(1)

    def _start(self, embedded: torch.Tensor) -> torch.Tensor:
        return self.dropout(embedded * self.config.dim**0.5 + self.positions[: embedded.shape[1]])
