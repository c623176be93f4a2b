"""New items in a finished model, without training: their vectors guessed from content.

What a model has learnt of warm items is regressed on what they look and read like (kernel ridge regression; Saunders,
Gammerman & Vovk, ICML 1998), and a cold item has the prediction. Whatever shows a model of this kind must say that its new
items are guessed from content.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from molar.core.errors import MolarError
from molar.data.splits import Split
from molar.models.interface import NextItemModel, every_item

if TYPE_CHECKING:
    import torch

WIDTHS = (0.25, 0.5, 1.0, 2.0, 4.0)  # of the kernel, in median squared distances
RIDGES = (0.03, 0.1, 0.3, 1.0, 3.0)
CHOOSING_ITEMS = 1_000  # at most so many warm items, evenly spread by popularity, choose the two
MOST_CENTRES = 8_000  # and at most so many, the most bought, are regressed on: half a GB in double precision


class GuessedItems:
    """A trained model (`NextItemModel`) that also ranks the items that it does not know.

    The kernel is exp(-d² / (width · median d²)) between content vectors less the warm items' mean, brought to length one. Item
    vectors and biases are predicted together, as differences from their mean. width and ridge are those with the least squared
    error where each warm item is left out once, which kernel ridge regression has in closed form; `error` is its share of the
    variance. User vectors and what the model knows stay as they are.

    model: any that knows items by their ids. vectors: (n_items + 1, dim_in), row 0 ignored; none of an item that is not cold
    for the model is changed. Raises MolarError for vectors of another catalogue.

    ModelScorer("sasrec, guessed", GuessedItems(model, split, vectors), split) ranks every item."""

    requires: tuple[str, ...] = ()

    def __init__(self, model: NextItemModel, split: Split, vectors: np.ndarray):
        import torch

        known = model.scorable(split)
        if len(vectors) != len(known):
            raise MolarError(f"{len(vectors) - 1} item vectors for {len(known) - 1} items: encode this dataset.")
        self.model = model
        whole = torch.column_stack([model.item_matrix(), model.item_bias()]).detach().cpu().numpy()
        warm = np.flatnonzero(known)
        warm = warm[np.argsort(-split.train_counts()[warm], kind="stable")]  # the most bought first
        content = _on_the_sphere(vectors.astype(np.float32), warm)
        centres, sample = warm[:MOST_CENTRES], warm[:: -(-len(warm) // CHOOSING_ITEMS) or 1]
        mean = whole[centres].mean(0, dtype=np.float64)
        distances = _squared_distances(content[sample], content[sample])
        unit = max(float(np.median(distances)), 1e-12)
        self.width, self.ridge, self.error = _least_error(distances / unit, whole[sample] - mean)
        within = np.exp(-_squared_distances(content[centres], content[centres]) / (unit * self.width))
        within[np.diag_indices(len(centres))] += self.ridge
        coefficients = np.linalg.solve(within, whole[centres] - mean)  # (centres, dim + 1)
        cold = np.flatnonzero(every_item(split) & ~known)
        kernel = np.exp(-_squared_distances(content[cold], content[centres]) / (unit * self.width))
        whole[cold] = kernel @ coefficients + mean
        self._matrix, self._bias = torch.from_numpy(whole[:, :-1]), torch.from_numpy(whole[:, -1])

    def user_vectors(self, histories: Sequence[np.ndarray], users: np.ndarray | None = None) -> np.ndarray:
        """Those of the model itself, (n, dim) float32: of a history's new items it knows nothing."""
        return self.model.user_vectors(histories, users)

    def item_matrix(self) -> "torch.Tensor":
        """Item vectors (n_items + 1, dim), those of cold items guessed."""
        return self._matrix

    def item_bias(self) -> "torch.Tensor":
        """(n_items + 1,), of cold items guessed."""
        return self._bias

    def logit_scale(self) -> float:
        """That of the model."""
        return self.model.logit_scale()

    def scorable(self, split: Split) -> np.ndarray:
        """(n_items + 1,) bool: every item."""
        return every_item(split)


def _on_the_sphere(vectors: np.ndarray, warm: np.ndarray) -> np.ndarray:
    """`vectors` (n, dim) less the mean of the rows `warm`, each of length one; what is the mean itself stays zero."""
    centred = vectors - vectors[warm].mean(0)
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    return centred / np.maximum(lengths, 1e-6)


def _squared_distances(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """(a, b) float64 between rows (a, dim) and (b, dim)."""
    products = (one @ other.T).astype(np.float64)
    found = (one**2).sum(1)[:, None] + (other**2).sum(1) - 2 * products
    return np.maximum(found, 0)


def _least_error(distances: np.ndarray, targets: np.ndarray) -> tuple[float, float, float]:
    """Width, ridge and error that leave-one-out finds best for distances (n, n) and targets (n, dim).

    With A = kernel + ridge, the residual of row i left out is (A⁻¹ targets)_i / (A⁻¹)_ii; one eigendecomposition serves all
    ridges."""
    found = []
    for width in WIDTHS:
        values, axes = np.linalg.eigh(np.exp(-distances / width))
        turned, squares = axes.T @ targets, axes**2
        for ridge in RIDGES:
            inverse = 1 / (np.maximum(values, 0) + ridge)
            residuals = axes @ (inverse[:, None] * turned) / (squares @ inverse)[:, None]
            found.append((float((residuals**2).sum()), width, ridge))
    error, width, ridge = min(found)
    return width, ridge, error / max(float((targets**2).sum()), 1e-12)
