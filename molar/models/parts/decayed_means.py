"""The user as decayed means of what he bought, after every prefix at once."""

from collections.abc import Sequence

import torch
from torch import nn


class DecayedMeans(nn.Module):
    """A linear map of weighted means of a history's vectors, one mean a half-life h: an item bought a purchases ago
    weighs 2^(−a / h) of the last one. It starts as the mean of these means."""

    def __init__(self, dim: int, half_lives: Sequence[float]):
        super().__init__()
        self.half_lives = tuple(half_lives)
        self.map = nn.Linear(len(self.half_lives) * dim, dim)
        nn.init.zeros_(self.map.bias)
        with torch.no_grad():
            self.map.weight.copy_(torch.eye(dim).repeat(1, len(self.half_lives)) / len(self.half_lives))

    def forward(self, embedded: torch.Tensor, ends: torch.Tensor | None = None) -> torch.Tensor:
        """(batch, length, dim) after each prefix of vectors (batch, length, dim); with `ends` (batch,), those after
        position ends[i] of row i alone, (batch, 1, dim)."""
        weights = self.weights(embedded.shape[1], embedded.device)  # (half-lives, length, length)
        if ends is not None:
            means = weights[:, ends].transpose(0, 1) @ embedded  # (batch, half-lives, dim)
            return self.map(means.flatten(1)).unsqueeze(1)
        means = (weights.flatten(0, 1) @ embedded).unflatten(1, weights.shape[:2])  # (batch, half-lives, length, dim)
        return self.map(means.transpose(1, 2).flatten(2))

    def weights(self, length: int, device: torch.device) -> torch.Tensor:
        """(half-lives, length, length): how much the t-th mean is made of the s-th item; rows sum to one.

        Exponents are never above zero, so that no weight overflows, however long the history."""
        places = torch.arange(length, device=device)
        age = (places[:, None] - places).clamp(min=0)
        half_lives = torch.tensor(self.half_lives, device=device)
        weights = torch.exp2(-age / half_lives[:, None, None]).tril()
        return weights / weights.sum(-1, keepdim=True)
