"""GRU4Rec: a gated recurrent network over item embeddings (Hidasi et al., arXiv 1511.06939)."""

from dataclasses import dataclass

import torch
from torch import nn

from molar.core.errors import MolarError
from molar.models.id_model import IDModel
from molar.models.layers import Dropout, check_sizes


@dataclass(frozen=True)
class GRU4RecConfig:
    """Sizes of GRU4Rec: embeddings and user vectors `dim` wide, `layers` of `hidden` units."""

    n_items: int
    dim: int = 128
    hidden: int = 256
    layers: int = 1
    max_length: int = 50
    dropout: float = 0.3

    def __post_init__(self):
        check_sizes(self)
        if min(self.hidden, self.layers) < 1:
            raise MolarError("hidden and layers must be at least 1.")


class GRU4Rec(IDModel):
    """A gated recurrent network over item embeddings (Hidasi et al., arXiv 1511.06939), every position a target."""

    def __init__(self, config: GRU4RecConfig):
        super().__init__(config)
        self.dropout = Dropout(config.dropout)
        self.gru = nn.GRU(config.dim, config.hidden, config.layers, batch_first=True)
        self.out = nn.Linear(config.hidden, config.dim)
        self._start_small()

    def encode(self, embedded: torch.Tensor, users: torch.Tensor | None = None) -> torch.Tensor:
        """User vectors (batch, length, dim) after each prefix of embedded items (batch, length, dim)."""
        hidden, _ = self.gru(self.dropout(embedded * self.config.dim**0.5))
        return self.out(self.dropout(hidden))
