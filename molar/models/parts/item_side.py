"""The item side of the content model: item vectors, scaled on training items, through an adapter to unit vectors."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from molar.core.errors import MolarError
from molar.core.schema import PAD
from molar.models.parts.content_config import ContentConfig
from molar.models.parts.residual import Residual
from molar.models.sequences import SequenceModel


class ItemSide(SequenceModel):
    """e_i = norm(norm(W v_i) + r_i): the adapter W over the scaled item vector v_i, and the residual r_i, where the model
    has one and the item is warm. The prior of popularity stands beside it."""

    config: ContentConfig
    mean: torch.Tensor  # (dim_in,)
    deviation: torch.Tensor  # (dim_in,)
    axes: torch.Tensor  # (dim_in, axes) int8
    axis_scale: torch.Tensor  # (axes,)
    vectors: torch.Tensor | None
    scaled: torch.Tensor | None
    prior: torch.Tensor | None

    def __init__(self, config: ContentConfig):
        super().__init__()
        self.config = config
        self.register_buffer("mean", torch.zeros(config.dim_in))
        self.register_buffer("deviation", torch.ones(config.dim_in))
        # Principal axes, in eight bits: the largest part of a saved model, and no worse.
        self.register_buffer("axes", torch.eye(config.dim_in, config.axes).to(torch.int8))
        self.register_buffer("axis_scale", torch.ones(config.axes))
        self.register_buffer("vectors", None, persistent=False)  # (n_items + 1, dim_in)
        self.register_buffer("scaled", None, persistent=False)  # (n_items + 1, axes), v_i of all items
        self.register_buffer("prior", None, persistent=False)  # (n_items + 1,)
        inner = [nn.Linear(config.axes, config.hidden), nn.GELU()] if config.hidden else []
        self.adapter = nn.Sequential(*inner, nn.Linear(config.hidden or config.axes, config.dim - config.null_space))
        self.residual = None if config.residual == "none" else Residual(config)

    @torch.no_grad()
    def set_item_vectors(self, vectors: np.ndarray) -> None:
        """Give the item vectors (n_items + 1, dim_in) float32, row 0 for padding. They are not saved with the model.

        Raises MolarError if their width is not `dim_in`, or if the model has residuals of another number of items."""
        if vectors.ndim != 2 or vectors.shape[1] != self.config.dim_in:
            raise MolarError(f"The model reads item vectors of width {self.config.dim_in}, not shape {vectors.shape}.")
        if not self.content_only and len(vectors) != self.config.catalogue_size + 1:
            raise MolarError(
                f"The model has residuals of {self.config.catalogue_size} items, not of {len(vectors) - 1}: another "
                "catalogue is read by content alone (content_only)."
            )
        self._give_vectors(torch.as_tensor(vectors, dtype=torch.float32))

    def _give_vectors(self, vectors: torch.Tensor) -> None:
        self.vectors = vectors
        self.scaled = (vectors - self.mean) / self.deviation @ (self.axes * self.axis_scale)

    def set_counts(self, counts: np.ndarray) -> None:
        """Give how many training histories hold each item, (n_items + 1,); they are not saved with the model.

        The prior of an item is `popularity` times the logarithm of its count (logit adjustment, arXiv 2007.07314). An
        item that nobody has bought yet has the mean prior of the others."""
        known = counts > 0
        log_counts = np.log(np.where(known, counts, 1))
        log_counts[~known] = log_counts[known].mean()
        self.prior = torch.as_tensor(self.config.popularity * log_counts, dtype=torch.float32)

    @torch.no_grad()
    def fit_scaling(self, training_items: torch.Tensor) -> None:
        """Fit the centre and the principal axes of the item vectors on the items that `training_items` (n_items + 1,)
        bool names, and on no other: a cold item must not shape what the model knows. Only these may have a residual.

        Whitened, coordinates are standardised first, and along the axes the named items vary alike, so that what tells one
        series from another weighs as much as what tells a landscape from an abstract. With "pca" they vary as they do,
        and one number scales them all, so that their variances are one on average. Axes along which the items hardly
        vary are left out."""
        vectors = self._given(self.vectors)
        seen = vectors[training_items]
        self.mean.copy_(seen.mean(0))
        self.deviation.fill_(1)
        if self.config.scaling == "whitened":
            self.deviation.copy_(seen.std(0, correction=0).clamp(min=1e-6))
        centred = (seen - self.mean) / self.deviation
        _, spread, axes = torch.linalg.svd(centred, full_matrices=False)
        strong = (spread[: self.config.axes] > 1e-3 * spread[0]).sum()
        spread = spread[:strong] / len(seen) ** 0.5  # standard deviations along the axes
        if self.config.scaling == "pca":
            spread = spread.square().mean().sqrt()
        axes = axes[:strong].T / spread  # (dim_in, strong)
        self.axis_scale[:strong] = axes.abs().amax(0) / 127
        self.axes.zero_()
        self.axes[:, :strong] = (axes / self.axis_scale[:strong]).round()
        if self.residual is not None:
            self.residual.set_known(training_items)
        self._give_vectors(vectors)

    @property
    def content_only(self) -> bool:
        """Whether every item is read and ranked by its content alone, r_i = 0, as a new item is. A model without residuals
        always does so; one with residuals can be told to, and then reads other catalogues than its own, too."""
        return self.residual is None or self.residual.content_only

    @content_only.setter
    def content_only(self, content_only: bool) -> None:
        if self.residual is not None:
            self.residual.content_only = content_only
        elif not content_only:
            raise MolarError("This model has no residuals that it could read: its residual is none.")

    def content_vectors(self, numbers: torch.Tensor, *, drop: bool) -> torch.Tensor:
        """Unit vectors e_i (rows, dim) of item numbers (rows,); the padding item's are zero. drop: some rows, drawn anew,
        go without their residual."""
        content = F.normalize(self.adapter(self._given(self.scaled)[numbers]).float(), dim=-1)
        if self.residual is not None:
            content = self.residual(content, numbers, drop=drop)
        return content * (numbers != PAD).unsqueeze(-1)

    def _given(self, vectors: torch.Tensor | None) -> torch.Tensor:
        if vectors is None:
            raise MolarError("The content model has no item vectors yet: call set_item_vectors first.")
        return vectors
