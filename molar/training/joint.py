"""Content model and ID model trained together, by one optimizer."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from molar.data.splits import Split
from molar.models.content import ContentUserEncoder
from molar.models.id_model import IDModel


class JointModels(nn.Module):
    """Both models in one training: the optimizer sees all of it, validation ranks by the content model."""

    def __init__(self, content: ContentUserEncoder, id_model: IDModel):
        super().__init__()
        self.content, self.id_model = content, id_model

    @property
    def requires(self) -> tuple[str, ...]:
        """What the content model must be given before it can answer."""
        return self.content.requires

    def user_vectors(self, histories: Sequence[np.ndarray], users: np.ndarray | None = None) -> np.ndarray:
        """User vectors (n, dim) of the content model."""
        return self.content.user_vectors(histories, users)

    def item_matrix(self) -> torch.Tensor:
        """Item vectors (n_items + 1, dim) of the content model."""
        return self.content.item_matrix()

    def item_bias(self) -> torch.Tensor:
        """The content model's prior, (n_items + 1,)."""
        return self.content.item_bias()

    def logit_scale(self) -> float:
        """The content model's."""
        return self.content.logit_scale()

    def scorable(self, split: Split) -> np.ndarray:
        """(n_items + 1,) bool: what the content model can rank."""
        return self.content.scorable(split)
