"""FPMC: a factorised personalised Markov chain (Rendle et al., WWW 2010)."""

from dataclasses import dataclass

import torch
from torch import nn

from molar.core.errors import MolarError
from molar.models.id_model import IDModel
from molar.models.layers import Dropout, check_sizes


@dataclass(frozen=True)
class FPMCConfig:
    """Sizes of FPMC: user vectors are `dim` wide, one half the user's own, the other half the last item's."""

    n_items: int
    n_users: int
    dim: int = 128
    max_length: int = 50  # of the windows that it is trained on; it reads one item
    dropout: float = 0.3

    def __post_init__(self):
        check_sizes(self)
        if self.dim % 2:
            raise MolarError(f"dim ({self.dim}) must be even: half of it is the user's, half the last item's.")


class FPMC(IDModel):
    """Factorised personalised Markov chain: who you are, and what you had last (Rendle et al., WWW 2010).

    A score is V_user · U_item + V_last · L_item; the item embedding holds U, L and V_last side by side. Of somebody who
    is not among the training users only the Markov half speaks."""

    def __init__(self, config: FPMCConfig):
        super().__init__(config, width=3 * config.dim // 2)
        self.users = nn.Embedding(config.n_users, config.dim // 2)
        self.dropout = Dropout(config.dropout)
        self._start_small()

    def encode(self, embedded: torch.Tensor, users: torch.Tensor | None = None) -> torch.Tensor:
        """User vectors (batch, length, dim) after each item of embedded items (batch, length, 3/2 dim)."""
        last = embedded[..., self.config.dim :]  # (batch, length, dim / 2)
        known = torch.zeros_like(last) if users is None else self.users(users).unsqueeze(1).expand_as(last)
        return self.dropout(torch.cat([known, last], dim=-1) * self.config.dim**0.5)

    @torch.no_grad()
    def zero_untrained(self, unknown: torch.Tensor, users: torch.Tensor | None = None) -> None:
        """`IDModel.zero_untrained`, and of users who are never trained only the Markov half is left."""
        super().zero_untrained(unknown)
        if users is not None:
            self.users.weight[users] = 0

    def scoring_embeddings(self, embedded: torch.Tensor) -> torch.Tensor:
        """The part (…, dim) of embedded items (…, 3/2 dim) that scores."""
        return embedded[..., : self.config.dim]
