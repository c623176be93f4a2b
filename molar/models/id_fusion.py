"""A content model that is told by an ID model. `molar.evaluation.score_fusion` joins two finished models' scores instead."""

import torch
import torch.nn.functional as F
from torch import nn

from molar.core.errors import MolarError
from molar.core.schema import PAD
from molar.models.id_model import IDModel
from molar.models.layers import start_small

FUSIONS = ("none", "early", "middle", "late")


class IDSide(nn.Module):
    """What a fused content model knows of a frozen ID model of its own width, and the one linear map through which it
    comes in: the same few weights in early, middle and late fusion.

    The ID model is no part of the model's weights; it is given by `set_id_model`, as item vectors are. A cold item, which it
    does not know, has the mean embedding of the items that it knows; so has every item where `blank` is True, and then
    nobody's number is told either."""

    table: torch.Tensor | None
    mean: torch.Tensor | None

    def __init__(self, dim: int):
        super().__init__()
        self.map = nn.Linear(dim, dim)
        start_small(self.map)
        self.register_buffer("table", None, persistent=False)  # (n_items + 1, width)
        self.register_buffer("mean", None, persistent=False)  # (width,)
        self.blank = False
        self._given: list[IDModel] = []  # in a list, where neither the optimizer nor a saved state finds it

    @property
    def id_model(self) -> IDModel:
        """The ID model. Raises MolarError before it is given."""
        if not self._given:
            raise MolarError("The fused model has no ID model yet: call set_id_model first.")
        return self._given[0]

    @torch.no_grad()
    def set_id_model(self, id_model: IDModel) -> None:
        """Give the ID model; it is frozen. Raises MolarError if it is of another width."""
        if id_model.config.dim != self.map.in_features:
            raise MolarError(
                f"The fusion needs an ID model of width {self.map.in_features}, not {id_model.config.dim}."
            )
        self._given = [id_model.eval().requires_grad_(False)]
        table = id_model.items.weight.detach().clone()
        known = table.any(1)  # training zeroes the others
        self.mean = table[known].mean(0)
        table[~known] = self.mean
        table[PAD] = 0
        self.table = table

    def embed(self, numbers: torch.Tensor) -> torch.Tensor:
        """ID embeddings (…, width) of item numbers (…)."""
        if self.table is None or self.mean is None:
            raise MolarError("The fused model has no ID model yet: call set_id_model first.")
        return (numbers != PAD).unsqueeze(-1) * self.mean if self.blank else self.table[numbers]

    def items(self, ids: torch.Tensor) -> torch.Tensor:
        """What embedded items (…, width) say to the content model, (…, dim): their scoring vectors, mapped."""
        return self.map(F.normalize(self.id_model.scoring_embeddings(ids), dim=-1))

    def users(self, ids: torch.Tensor, users: torch.Tensor | None) -> torch.Tensor:
        """What the ID model's user vectors after each prefix of ids (batch, length, width) say, (batch, length, dim)."""
        with torch.no_grad():
            states = self.id_model.to(ids.device).encode(ids, None if self.blank else users)
        return self.map(F.normalize(states.float(), dim=-1) * states.shape[-1] ** 0.5)
