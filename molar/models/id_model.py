"""ID models: they know items by their numbers alone. `IDModel` is what SASRec, GRU4Rec, FPMC and DuoRec share."""

from typing import Protocol

import numpy as np
import torch
from torch import nn

from molar.core.schema import PAD
from molar.data.splits import Split
from molar.models.interface import trained_items
from molar.models.layers import start_small
from molar.models.sequences import Batch, SequenceModel, Sizes


class IDConfig(Sizes, Protocol):
    """What every ID model's config tells."""

    @property
    def n_items(self) -> int: ...


class AuxiliaryLoss(Protocol):
    """What training adds to the recommendation loss, times `weight`."""

    weight: float

    def __call__(self, model: "IDModel", batch: Batch, states: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
        """A scalar; `states` (batch, length, dim) come from the recommendation loss."""
        ...


class IDModel(SequenceModel):
    """A model of the next item: a user vector after each prefix of a history, and the items that it is multiplied with.

    A subclass has a `config` with n_items, dim and max_length, and says how `encode` reads a history. The item
    embeddings that a history is made of also score, as in SASRec, unless it says otherwise (`scoring_embeddings`)."""

    requires: tuple[str, ...] = ()
    config: IDConfig
    id_model: "IDModel | None" = None  # what it is told by, as a fused content model is

    def __init__(self, config: IDConfig, width: int | None = None):
        super().__init__()
        self.config = config
        self.items = nn.Embedding(config.n_items + 1, width or config.dim, padding_idx=PAD)

    def encode(self, embedded: torch.Tensor, users: torch.Tensor | None = None) -> torch.Tensor:
        """User vectors (batch, length, dim) after each prefix of embedded items (batch, length, width).

        users: (batch,) rows of the dataset's users where they are known; most models do without."""
        raise NotImplementedError

    def embed_items(self, numbers: torch.Tensor) -> torch.Tensor:
        """Embeddings (…, width) of item numbers (…)."""
        return self.items(numbers)

    def scoring_embeddings(self, embedded: torch.Tensor) -> torch.Tensor:
        """The part (…, dim) of embedded items (…, width) that scores."""
        return embedded

    def scaled_users(self, users: torch.Tensor) -> torch.Tensor:
        """What the training loss multiplies with item vectors: here the user vectors (…, dim) themselves."""
        return users

    def forward(self, items: torch.Tensor, users: torch.Tensor | None = None) -> torch.Tensor:
        """User vectors (batch, length, dim) after each prefix of right-padded item numbers (batch, length)."""
        return self.encode(self.embed_items(items), users)

    def last_state(self, items: torch.Tensor, ends: torch.Tensor, users: torch.Tensor | None = None) -> torch.Tensor:
        """User vectors (batch, dim) after position ends[i] of row i alone; `items` as for `forward`."""
        return self(items, users)[torch.arange(len(items), device=items.device), ends]

    def item_matrix(self) -> torch.Tensor:
        """Item vectors (n_items + 1, dim); the score of an item is user · item."""
        return self.scoring_embeddings(self.items.weight)

    def item_bias(self) -> torch.Tensor:
        """What is added to user · item, (n_items + 1,): nothing, the item vectors carry popularity themselves."""
        return torch.zeros(len(self.items.weight))

    def logit_scale(self) -> float:
        """1: the training softmax takes scores as they are."""
        return 1.0

    def scorable(self, split: Split) -> np.ndarray:
        """(n_items + 1,) bool: the items of the training prefixes, the only ones that it has learnt anything about; of a
        model of a part of the users, those that it knows itself."""
        trained, known = trained_items(split), self.knows()
        return (
            trained & known if len(known) == len(trained) else trained
        )  # of another catalogue: refused where it ranks

    def knows(self) -> np.ndarray:
        """(n_items + 1,) bool: the items that it was trained on. The embeddings of all others are zero."""
        return (self.items.weight != 0).any(1).cpu().numpy()

    @classmethod
    def auxiliary_loss(cls, config, split: Split) -> AuxiliaryLoss | None:
        """What training adds to the recommendation loss; None for nothing."""
        return None

    @torch.no_grad()
    def zero_untrained(self, unknown: torch.Tensor, users: torch.Tensor | None = None) -> None:
        """Zero the embeddings of items that training will never touch: `unknown` is (n_items + 1,) bool. In a history
        such an item then says nothing, instead of noise. So too of `users` (n_users,) bool, where a model knows users."""
        self.items.weight[unknown] = 0

    def _start_small(self) -> None:
        self.apply(start_small)
        self.zero_untrained(torch.arange(self.config.n_items + 1) == PAD)
