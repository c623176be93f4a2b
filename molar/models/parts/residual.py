"""What the content model may learn by heart: a residual r_i of each warm item, beside what its content says.

Memorising needs a place of its own, or it happens in the adapter, where it spoils what content says of new items. As in
collaborative topic regression (Wang & Blei 2011) an item is its content plus an offset that purchases teach. In training
items lose their residual at random, in histories and among candidates alike, so that content learns to do without, as it
must for a new item (DropoutNet, Volkovs et al. 2017; CLCRec, Wei et al. 2021).

Two published forms bind the residual further. Both add it to content vectors that nothing trains; here an adapter that
learns stands between. "capped": it is at most so long (Pembek et al., "Let It Go? Not Quite", RecSys 2025, arXiv
2507.19473). "null-space": it has coordinates of its own, which content leaves empty (Hu et al., AlphaFuse, SIGIR 2025,
arXiv 2504.19218), so that it can neither cancel content nor pass for it.
"""

import torch
import torch.nn.functional as F
from torch import nn

from molar.core.errors import MolarError
from molar.models.parts.content_config import ContentConfig


class Residual(nn.Module):
    """e_i = norm(c_i + r_i) of content vectors c_i of length one; r_i is zero at first, and always of items that training
    has not named (`set_known`). In the null space r_i stands behind c_i, and adds nothing to it."""

    known: torch.Tensor  # (catalogue_size + 1,) bool

    def __init__(self, config: ContentConfig):
        super().__init__()
        if not config.catalogue_size:
            raise MolarError("A model with residuals must know how many items there are: give catalogue_size.")
        self.config = config
        self.content_only = False  # whether every r_i is taken as zero
        self.table = nn.Parameter(torch.zeros(config.catalogue_size + 1, config.null_space or config.dim))
        self.register_buffer("known", torch.zeros(config.catalogue_size + 1, dtype=torch.bool))

    def set_known(self, items: torch.Tensor) -> None:
        """Which items (n_items + 1,) bool training knows; no other ever has a residual."""
        self.known.copy_(items)

    def forward(self, content: torch.Tensor, numbers: torch.Tensor, *, drop: bool) -> torch.Tensor:
        """Unit vectors (rows, dim) of items, of their content (rows, content_dim) and numbers (rows,).

        drop: a share of the rows, drawn anew, goes without a residual."""
        residual = self._residuals(content, numbers, drop)
        return F.normalize(
            torch.cat([content, residual], dim=-1) if self.config.null_space else content + residual, dim=-1
        )

    def _residuals(self, content: torch.Tensor, numbers: torch.Tensor, drop: bool) -> torch.Tensor:
        if self.content_only:  # of whatever catalogue
            return content.new_zeros(len(content), self.table.shape[1])
        kept = self.known[numbers]
        if drop and self.config.item_dropout:
            kept = kept & (torch.rand(len(numbers), device=numbers.device) >= self.config.item_dropout)
        residual = F.embedding(numbers, self.table) * kept.unsqueeze(-1)
        if self.config.residual == "capped":
            residual = residual * (self.config.cap / residual.norm(dim=-1, keepdim=True).clamp(min=self.config.cap))
        return residual
