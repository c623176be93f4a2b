"""The layers that the models share: a causal, pre-norm transformer block for right-padded sequences, and its parts."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from molar.core.errors import MolarError


class Dropout(nn.Module):
    """`nn.Dropout` with the mask read off random bytes on a CPU, where PyTorch draws numbers one by one; the rate is rounded
    to a 256th.

    The bytes follow from one number of torch's own generator: `torch.manual_seed` decides them too."""

    def __init__(self, rate: float):
        super().__init__()
        self.rate = rate

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """`x` of any shape, a share `rate` of it zeroed and the rest scaled up; `x` itself outside of training."""
        threshold = round(256 * self.rate)
        if not self.training or not threshold:
            return x
        if x.device.type != "cpu":
            return F.dropout(x, self.rate)
        seed = int(torch.randint(2**63 - 1, ()))
        words = np.random.SFC64(seed).random_raw(-(-x.numel() // 8))
        bytes_ = torch.from_numpy(words.view(np.uint8)[: x.numel()]).view(x.shape)
        return x * (bytes_ >= threshold).to(x.dtype).mul_(256 / (256 - threshold))


class Block(nn.Module):
    """Self-attention and a feed-forward layer over one or two streams of tokens, each (batch, length, dim).

    The first stream holds the items: position t reads items 1 … t. A second stream, where given, holds one query a
    position: query t reads items 1 … t too, and no item ever reads a query. Both streams share all weights.
    Histories are padded on the right, so causality alone keeps padding out of every real position: no mask is built.
    """

    def __init__(self, dim: int, heads: int, dropout: float):
        super().__init__()
        self.heads, self.dropout = heads, Dropout(dropout)
        self.attention_norm = nn.LayerNorm(dim)
        self.query = nn.Linear(dim, dim)
        self.key_value = nn.Linear(dim, 2 * dim)
        self.merge = nn.Linear(dim, dim)
        self.feed_norm = nn.LayerNorm(dim)
        self.feed: nn.Module = nn.Sequential(
            nn.Linear(dim, 4 * dim), nn.GELU(), Dropout(dropout), nn.Linear(4 * dim, dim)
        )

    def forward(self, items: torch.Tensor, queries: torch.Tensor | None = None, *, items_too: bool = True, seen=None):
        """`items`, or the pair `items, queries` where queries are given; `items_too=False` leaves the items as they
        came, for the last block, after which nobody reads them. seen: a `prefix_mask`, for one query a row."""
        normed = self.attention_norm(items)
        keys, values = (self._split(part) for part in self.key_value(normed).chunk(2, dim=-1))
        updated = self._update(items, normed, keys, values) if items_too else items
        if queries is None:
            return updated
        return updated, self._update(queries, self.attention_norm(queries), keys, values, seen)

    def last(self, items: torch.Tensor, ends: torch.Tensor) -> torch.Tensor:
        """What `forward` gives at position ends[i] of row i, (batch, 1, dim), without making the others."""
        normed = self.attention_norm(items)
        keys, values = (self._split(part) for part in self.key_value(normed).chunk(2, dim=-1))
        every = torch.arange(len(items), device=items.device)
        seen = prefix_mask(ends, items.shape[1])
        return self._update(items[every, ends].unsqueeze(1), normed[every, ends].unsqueeze(1), keys, values, seen)

    def _update(self, stream, normed, keys, values, seen=None):
        queries = self._split(self.query(normed))
        if seen is None:
            seen = causal_attention(queries, keys, values)
        else:
            seen = F.scaled_dot_product_attention(queries, keys, values, attn_mask=seen)
        seen = self.merge(seen.transpose(1, 2).flatten(2))
        stream = stream + self._gated(self.dropout(seen), stream, "attention_gate")
        fed = self.feed(self.feed_norm(stream))
        return stream + self._gated(self.dropout(fed), stream, "feed_gate")

    def _gated(self, change, stream, gate: str):
        """What a layer adds to the stream: here all of it."""
        return change

    def _split(self, x):  # (batch, length, dim) -> (batch, heads, length, dim / heads)
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)


def prefix_mask(ends: torch.Tensor, length: int) -> torch.Tensor:
    """(batch, 1, 1, length) bool: position ends[i] of row i, and those before it."""
    return (torch.arange(length, device=ends.device) <= ends[:, None])[:, None, None]


def causal_attention(queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    """Attention (batch, heads, length, width) of each position to itself and those before it.

    In bfloat16 on a CPU the plain matrix products are faster than PyTorch's fused kernel, and windows are so short that
    the (length, length) weights cost no memory to speak of."""
    if queries.device.type != "cpu" or queries.dtype != torch.bfloat16:
        return F.scaled_dot_product_attention(queries, keys, values, is_causal=True)
    batch, heads, length, width = queries.shape
    queries, keys, values = (part.reshape(batch * heads, length, width) for part in (queries, keys, values))
    later = torch.full((length, length), -torch.inf, dtype=queries.dtype).triu(1)
    weights = torch.baddbmm(later.expand(batch * heads, -1, -1), queries, keys.mT, alpha=width**-0.5)
    return (weights.softmax(-1) @ values).unflatten(0, (batch, heads))


class LiGRBlock(Block):
    """The block of eSASRec (arXiv 2508.06450) after LiGR (arXiv 2502.03417): what attention and the feed-forward layer
    add passes a gate that reads the stream, and the feed-forward layer is a SwiGLU."""

    def __init__(self, dim: int, heads: int, dropout: float):
        super().__init__(dim, heads, dropout)
        self.feed = SwiGLU(dim, 4 * dim, dropout)
        self.attention_gate, self.feed_gate = nn.Linear(dim, dim), nn.Linear(dim, dim)

    def _gated(self, change, stream, gate: str):
        return change * torch.sigmoid(getattr(self, gate)(stream))


class SwiGLU(nn.Module):
    """W_out (SiLU(W_a x) ⊙ W_b x), arXiv 2002.05202."""

    def __init__(self, dim: int, inner: int, dropout: float):
        super().__init__()
        self.gate_and_value, self.dropout, self.out = nn.Linear(dim, 2 * inner), Dropout(dropout), nn.Linear(inner, dim)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        gate, value = self.gate_and_value(x).chunk(2, dim=-1)
        return self.out(self.dropout(F.silu(gate) * value))


BLOCKS = {"plain": Block, "ligr": LiGRBlock}


def check_sizes(config) -> None:
    """Refuses sizes that no model can have. Raises MolarError."""
    for name in ("n_items", "dim", "blocks", "heads", "max_length"):
        if getattr(config, name, 1) < 1:
            raise MolarError(f"{name} must be at least 1, not {getattr(config, name)}.")
    if config.dim % getattr(config, "heads", 1):
        raise MolarError(f"dim ({config.dim}) must be a multiple of heads ({config.heads}).")
    if not 0 <= config.dropout < 1:
        raise MolarError(f"dropout must lie in [0, 1), not {config.dropout}.")


def start_small(module: nn.Module) -> None:
    """Small normal weights and zero biases, as transformers are started; leaves norms alone."""
    if isinstance(module, nn.Linear | nn.Embedding):
        nn.init.normal_(module.weight, std=0.02)
        if isinstance(module, nn.Linear) and module.bias is not None:
            nn.init.zeros_(module.bias)
