"""The transformer block that both towers share: causal, pre-norm, right-padded sequences."""

import torch
import torch.nn.functional as F
from torch import nn

from molar.errors import MolarError


class Block(nn.Module):
    """Self-attention and a feed-forward layer over one or two streams of tokens, each (batch, length, dim).

    The first stream holds the items: position t reads items 1 … t. A second stream, where given, holds one query a
    position: query t reads items 1 … t too, and no item ever reads a query. Both streams share all weights.
    Histories are padded on the right, so causality alone keeps padding out of every real position: no mask is built.
    """

    def __init__(self, dim: int, heads: int, dropout: float):
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.attention_norm = nn.LayerNorm(dim)
        self.query = nn.Linear(dim, dim)
        self.key_value = nn.Linear(dim, 2 * dim)
        self.merge = nn.Linear(dim, dim)
        self.feed_norm = nn.LayerNorm(dim)
        self.feed = nn.Sequential(nn.Linear(dim, 4 * dim), nn.GELU(), nn.Dropout(dropout), nn.Linear(4 * dim, dim))

    def forward(self, items: torch.Tensor, queries: torch.Tensor | None = None, *, items_too: bool = True):
        """`items`, or the pair `items, queries` where queries are given; `items_too=False` leaves the items as they
        came, for the last block, after which nobody reads them."""
        normed = self.attention_norm(items)
        keys, values = (self._split(part) for part in self.key_value(normed).chunk(2, dim=-1))
        updated = self._update(items, normed, keys, values) if items_too else items
        if queries is None:
            return updated
        return updated, self._update(queries, self.attention_norm(queries), keys, values)

    def _update(self, stream, normed, keys, values):
        seen = F.scaled_dot_product_attention(self._split(self.query(normed)), keys, values, is_causal=True)
        seen = self.merge(seen.transpose(1, 2).flatten(2))
        stream = stream + F.dropout(seen, self.dropout, self.training)
        return stream + F.dropout(self.feed(self.feed_norm(stream)), self.dropout, self.training)

    def _split(self, x):  # (batch, length, dim) -> (batch, heads, length, dim / heads)
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)


def check_sizes(config) -> None:
    """Refuses sizes that no tower can have. Raises MolarError."""
    for name in ("dim", "blocks", "heads", "max_length"):
        if getattr(config, name) < 1:
            raise MolarError(f"{name} must be at least 1, not {getattr(config, name)}.")
    if config.dim % config.heads:
        raise MolarError(f"dim ({config.dim}) must be a multiple of heads ({config.heads}).")
    if not 0 <= config.dropout < 1:
        raise MolarError(f"dropout must lie in [0, 1), not {config.dropout}.")


def start_small(module: nn.Module) -> None:
    """Small normal weights and zero biases, as transformers are started; leaves norms alone."""
    if isinstance(module, nn.Linear | nn.Embedding):
        nn.init.normal_(module.weight, std=0.02)
        if isinstance(module, nn.Linear) and module.bias is not None:
            nn.init.zeros_(module.bias)
