"""What every peer stands on: a trained ID model that stays as it is, and content vectors of all items."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from molar.core.errors import MolarError
from molar.core.schema import PAD
from molar.data.splits import Split
from molar.evaluation.ranking import ModelScorer
from molar.models.id_model import IDModel
from molar.training.batches import epoch_batches

SCALINGS = ("pca", "whitened")  # as `molar.models.content.ContentConfig` has them
AXES = 256  # as many as the content model reads by default
WINDOWS = 128  # training windows that the ID model reads at a time


@dataclass(frozen=True, eq=False)
class Backbone:
    """A frozen ID model over one split, the content of its items, and training positions to learn from."""

    scorer: ModelScorer  # the ID model's own
    contents: dict[str, np.ndarray]  # of SCALINGS → (n_items + 1, width) float32
    states: np.ndarray  # (positions, dim) float32: user vectors after training prefixes
    targets: np.ndarray  # (positions,) int64: the items that came next, warm ones

    @classmethod
    def build(cls, model: IDModel, split: Split, vectors: np.ndarray, *, positions: int, seed: int = 0) -> "Backbone":
        """Over item vectors (n_items + 1, width), with about `positions` of the training positions, drawn evenly.

        Raises MolarError where no item is warm, or none is cold."""
        warm = model.scorable(split)
        if not warm.any() or not split.cold.any():
            raise MolarError(f"{split.dataset.name} needs items with training purchases and items without any.")
        contents = {scaling: scaled_content(vectors, warm, scaling) for scaling in SCALINGS}
        return cls(ModelScorer("", model, split), contents, *training_positions(model, split, positions, seed))

    @property
    def split(self) -> Split:
        return self.scorer.split

    @property
    def warm(self) -> np.ndarray:
        """Item numbers (n_warm,) int64 of the items that the ID model can rank."""
        return np.flatnonzero(self.scorer.scorable)

    @property
    def items(self) -> np.ndarray:
        """The ID model's item vectors (n_items + 1, dim); rows of cold items say nothing."""
        return self.scorer.items


@dataclass(frozen=True, eq=False)
class NewItems:
    """What a peer says of new items."""

    vectors: np.ndarray  # (n_items + 1, dim) float32; rows of cold items are read alone
    users: Callable[[np.ndarray], np.ndarray] | None = (
        None  # user vectors (n, dim) → those that new items are scored by
    )

    def scores(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        """(n, len(items)) of the ID model's user vectors (n, dim) and item numbers."""
        return (users if self.users is None else self.users(users)) @ self.vectors[items].T


class PeerScorer:
    """Warm items as the ID model scores them, cold ones as a peer does."""

    def __init__(self, name: str, backbone: Backbone, new_items: NewItems):
        self.name, self.backbone, self.new_items = name, backbone, new_items
        self.logit_scale = backbone.scorer.logit_scale
        self.cold = np.flatnonzero(backbone.split.cold)

    def scores(self, histories: Sequence[np.ndarray], users: np.ndarray | None = None) -> np.ndarray:
        """(n, n_items + 1) float32; every item has a score."""
        vectors = self.backbone.scorer.model.user_vectors(histories, users)
        scores = self.backbone.scorer.scores_of(vectors)
        scores[:, self.cold] = self.new_items.scores(vectors, self.cold)
        return scores


def scaled_content(vectors: np.ndarray, warm: np.ndarray, scaling: str) -> np.ndarray:
    """Item vectors (n_items + 1, width) along their leading AXES principal axes, in the content model's two scalings: (n_items
    + 1, ≤ AXES) rows of mean square one, row 0 zero. Of what is fitted, cold items take no part.

    "pca" leaves the axes as long as they are; "whitened" standardises what comes in, and then every axis."""
    centred = vectors - vectors[warm].mean(0)
    if scaling == "whitened":
        centred = centred / vectors[warm].std(0).clip(1e-6)
    _, spread, axes = np.linalg.svd(centred[warm], full_matrices=False)
    strong = int((spread[:AXES] > 1e-3 * spread[0]).sum())
    content = centred @ axes[:strong].T
    if scaling == "whitened":
        content = content / spread[:strong]
    content /= np.sqrt((content**2).mean(1, keepdims=True)).clip(1e-12)
    content[PAD] = 0
    return content.astype(np.float32)


@torch.no_grad()
def training_positions(model: IDModel, split: Split, wanted: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """User vectors (positions, dim) after training prefixes and the items (positions,) that came next, dropout off.

    Every position is drawn with the same probability, so that about `wanted` come, or all where there are fewer."""
    rng, share = np.random.default_rng([seed, 2]), wanted / max(1, int(np.maximum(split.train_ends - 1, 0).sum()))
    states, targets = [], []
    model.eval()
    for batch in epoch_batches(split, seed=seed, epoch=1, batch_size=WINDOWS, max_length=model.config.max_length):
        drawn = (batch.targets != PAD) & (rng.random(batch.targets.shape) < share)
        vectors = model(torch.from_numpy(batch.items), torch.from_numpy(batch.users))  # (batch, length, dim)
        states.append(vectors[torch.from_numpy(drawn)].float().numpy())
        targets.append(batch.targets[drawn])
    return np.concatenate(states), np.concatenate(targets)


def tower(width: int, hidden: int, dim: int) -> nn.Module:
    """Linear, batch norm, tanh, linear: (n, width) → (n, dim)."""
    return nn.Sequential(nn.Linear(width, hidden), nn.BatchNorm1d(hidden), nn.Tanh(), nn.Linear(hidden, dim))
