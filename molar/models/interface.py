"""What every recommender answers to, so that nobody who trains, ranks or serves one asks for its name or its class.

A `NextItemModel` is a trained network: a user vector after a history, and the item vectors and biases that it is
multiplied with. It says what it must be given before it can answer (`requires`) and what it can rank (`scorable`).
An item-to-item model is one, too: its user vector is the decayed history itself, as wide as the catalogue, and its item
matrix the transposed weights, so that whoever ranks needs to know nothing of it. Its user vectors are no place on a map and
nothing to align to (`molar.storage.trained.load_alignment_target`).
A `Scorer` is anything that scores the whole catalogue, -inf where it has nothing to say: the baselines are scorers
themselves, and `molar.evaluation.ranking.ModelScorer` makes one of a `NextItemModel`.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, TypeGuard

import numpy as np

from molar.core.schema import PAD
from molar.data.splits import Split

if TYPE_CHECKING:
    import torch

# What a model may have to be given before it can answer; neither is a part of its own weights.
ITEM_VECTORS = "item vectors"  # `set_item_vectors`, and `set_counts` with them
ID_MODEL = "ID model"  # `set_id_model`


class NextItemModel(Protocol):
    """A trained recommender: the score of an item after a history is user · item + bias."""

    @property
    def requires(self) -> tuple[str, ...]:
        """What must be given before it can answer, of `ITEM_VECTORS` and `ID_MODEL`; () for an ID model."""
        ...

    def user_vectors(self, histories: Sequence[np.ndarray], users: np.ndarray | None = None) -> np.ndarray:
        """User vectors (n, dim) float32 after whole histories of item numbers. MolarError if one is empty.

        users: (n,) rows of the dataset's users, where it is known whose histories these are; few models read them.
        """
        ...

    def item_matrix(self) -> "torch.Tensor":
        """Item vectors (n_items + 1, dim); row 0 is padding."""
        ...

    def item_bias(self) -> "torch.Tensor":
        """What is added to user · item, (n_items + 1,)."""
        ...

    def logit_scale(self) -> float:
        """What turns a score into the logit that the training softmax took: 1 where they are the same."""
        ...

    def scorable(self, split: Split) -> np.ndarray:
        """(n_items + 1,) bool: the items that it can rank, the padding id never."""
        ...


class ItemReader(NextItemModel, Protocol):
    """A recommender that requires item vectors: a content model."""

    def set_item_vectors(self, vectors: np.ndarray) -> None:
        """Give it the vectors (n_items + 1, dim_in) that it reads."""
        ...

    def set_counts(self, counts: np.ndarray) -> None:
        """Give it the training purchases of every item, (n_items + 1,)."""
        ...


def requires_items(model: NextItemModel) -> TypeGuard[ItemReader]:
    """Whether a model requires item vectors."""
    return ITEM_VECTORS in model.requires


class Scorer(Protocol):
    """Anything that can rank the catalogue after a history."""

    name: str

    def scores(self, histories: Sequence[np.ndarray], users: np.ndarray | None = None) -> np.ndarray:
        """(n, n_items + 1) float32, higher is better, -inf for an item it cannot rank; column 0 is ignored.

        users: as for `NextItemModel.user_vectors`."""
        ...


class LogitScorer(Scorer, Protocol):
    """A scorer whose scores are logits but for one factor, so that an offset in logits means the same for all of them."""

    @property
    def logit_scale(self) -> float:
        """Logits are scores times this."""
        ...


def every_item(split: Split) -> np.ndarray:
    """(n_items + 1,) bool: all items, as whoever reads content can rank them; the padding id is none."""
    return np.arange(split.dataset.n_items + 1) != PAD


def trained_items(split: Split) -> np.ndarray:
    """(n_items + 1,) bool: the items of some training prefix. An ID that nobody had bought carries no information, so a
    model that knows items by their IDs must not rank it."""
    return every_item(split) & ~split.cold
