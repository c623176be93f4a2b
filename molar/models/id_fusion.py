"""Content and ID together: inside one tower (`IDSide`), or as a sum of two finished towers' scores (`FusedScorer`)."""

import torch
import torch.nn.functional as F
from torch import nn

from molar.core.errors import MolarError
from molar.core.schema import PAD
from molar.models.id_model import IDModel
from molar.models.layers import start_small

FUSIONS = ("none", "early", "middle", "late")


class IDSide(nn.Module):
    """What a fused content tower knows of a frozen ID tower of its own width, and the one linear map through which it
    comes in: the same few weights in early, middle and late fusion.

    The ID tower is no part of the model's weights; it is given by `set_tower`, as item vectors are. A cold item, which it
    does not know, has the mean embedding of the items that it knows; so has every item where `blank` is True, and then
    nobody's number is told either."""

    def __init__(self, dim: int):
        super().__init__()
        self.map = nn.Linear(dim, dim)
        start_small(self.map)
        self.register_buffer("table", None, persistent=False)  # (n_items + 1, width)
        self.register_buffer("mean", None, persistent=False)  # (width,)
        self.blank = False
        self._tower = ()  # in a tuple, where neither the optimizer nor a saved state finds it

    @property
    def tower(self) -> IDModel | None:
        """The ID tower, once given."""
        return self._tower[0] if self._tower else None

    @torch.no_grad()
    def set_tower(self, id_model: IDModel) -> None:
        """Give the ID tower; it is frozen. Raises MolarError if it is of another width."""
        if id_model.config.dim != self.map.in_features:
            raise MolarError(
                f"The fusion needs an ID model of width {self.map.in_features}, not {id_model.config.dim}."
            )
        self._tower = (id_model.eval().requires_grad_(False),)
        table = id_model.items.weight.detach().clone()
        known = table.any(1)  # training zeroes the others
        self.mean = table[known].mean(0)
        table[~known] = self.mean
        table[PAD] = 0
        self.table = table

    def embed(self, numbers: torch.Tensor) -> torch.Tensor:
        """ID embeddings (…, width) of item numbers (…)."""
        if self.table is None:
            raise MolarError("The fused model has no ID tower yet: call set_id_model first.")
        return (numbers != PAD).unsqueeze(-1) * self.mean if self.blank else self.table[numbers]

    def items(self, ids: torch.Tensor) -> torch.Tensor:
        """What embedded items (…, width) say to the content tower, (…, dim): their scoring vectors, mapped."""
        return self.map(F.normalize(self.tower.scoring_embeddings(ids), dim=-1))

    def users(self, ids: torch.Tensor, users: torch.Tensor | None) -> torch.Tensor:
        """What the ID tower's user vectors after each prefix of ids (batch, length, width) say, (batch, length, dim)."""
        with torch.no_grad():
            states = self.tower.to(ids.device).encode(ids, None if self.blank else users)
        return self.map(F.normalize(states.float(), dim=-1) * states.shape[-1] ** 0.5)
