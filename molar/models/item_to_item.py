"""Item-to-item models: one weight for every pair of items, fitted in closed form on the training prefixes.

`SLIST` predicts what comes next from a decayed history, `EASE` what else is in it. Both are ridge regressions, so that there
are no epochs, no seed and no learning rate. They meet `molar.models.interface.NextItemModel` with a user vector as wide as the
catalogue: the user vector is the decayed history itself, the item matrix is the transposed weights.

Memory goes with the square of the catalogue, and time with its cube: fitting holds two float32 matrices of the items of some
training prefix, ranking one over all items, a folder one byte a pair. MovieLens-1M's 3,706 films: 110 MB, 55 MB, 14 MB and 4
seconds on one core. At `MOST_ITEMS` it is 3.2 GB, 1.6 GB, 0.4 GB and about ten minutes, which is where they refuse.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import nn

from molar.core.errors import MolarError
from molar.data.splits import Split
from molar.models.baselines import history_weights
from molar.models.interface import trained_items

MOST_ITEMS = 20_000  # beyond it two square matrices outgrow an ordinary machine
EPSILON = 1e-3  # of `log_scores`
AHEAD = 10  # of the items that follow a history at most so many are its targets
STEPS = 127  # of one sign, in which a row's weights are stored


@dataclass(frozen=True)
class SLISTConfig:
    """Sizes and the few numbers of SLIST; half_life and ridge are chosen on validation where they are not given."""

    n_items: int
    n_trained: int  # items of some training prefix
    half_life: float = 3.0  # the weight of a history item falls by half with every so many later ones; 0: it never does
    ridge: float = 100.0
    ahead: float = 1.0  # the half-life of what follows as a target; 0: the next item alone
    max_length: int = 40  # the last items of a history that are read

    def __post_init__(self):
        _check("slist", self)
        if self.ahead < 0 or self.max_length < 1:
            raise MolarError(
                f"ahead must be at least 0 and max_length at least 1, not {self.ahead} and {self.max_length}."
            )


@dataclass(frozen=True)
class EASEConfig:
    """Sizes and the two numbers of EASE; both are chosen on validation where they are not given."""

    n_items: int
    n_trained: int
    half_life: float = 10.0  # in ranking alone, as above; its paper has 0, all alike
    ridge: float = 300.0

    def __post_init__(self):
        _check("ease", self)


def _check(name: str, config: "SLISTConfig | EASEConfig") -> None:
    if config.n_items > MOST_ITEMS:
        raise MolarError(
            f"{name} keeps a weight for every pair of items, and {config.n_items:,} items are more than the {MOST_ITEMS:,} "
            "that it can do: take item-knn, which every evaluation measures without training."
        )
    if config.half_life < 0 or config.ridge <= 0:
        raise MolarError(f"half_life must be at least 0 and ridge above 0, not {config.half_life} and {config.ridge}.")


class ItemToItem(nn.Module):
    """Weights from what is in a history to what is ranked after it: score = decayed history · weights.

    Weights are kept as whole numbers of -127 … 127 times a scale for each item of a history, so that what is measured is what
    is stored. `grid` is what validation chooses from, in this order (`molar.training.closed_form`)."""

    requires: tuple[str, ...] = ()
    grid: ClassVar[dict[str, tuple[float, ...]]]
    weights: torch.Tensor  # (n_trained, n_trained) int8: row = item of the history, column = item that is scored
    largest: torch.Tensor  # (n_trained,) float32: what 127 stands for in a row
    numbers: torch.Tensor  # (n_trained,) int64: the item numbers of rows and columns

    def __init__(self, config: SLISTConfig | EASEConfig):
        super().__init__()
        self.config = config
        trained = config.n_trained
        self.register_buffer("weights", torch.zeros(trained, trained, dtype=torch.int8))
        self.register_buffer("largest", torch.zeros(trained))
        self.register_buffer("numbers", torch.zeros(trained, dtype=torch.int64))

    @classmethod
    def fitted(cls, split: Split, config) -> "ItemToItem":
        """The model of a config, solved on the training prefixes of a split."""
        model = cls(config)
        model.numbers = torch.from_numpy(np.flatnonzero(trained_items(split)))
        places = np.zeros(config.n_items + 1, np.int64)
        places[model.numbers.numpy()] = np.arange(config.n_trained)
        histories = [places[split.train_history(user)] for user in range(split.dataset.n_users)]
        solved = torch.from_numpy(np.ascontiguousarray(model.solve(histories)))
        # as it is stored, in half precision
        model.largest = torch.maximum(solved.amax(1), -solved.amin(1)).half().float().clamp(min=1e-7)
        for row, largest in zip(solved, model.largest, strict=True):  # in place: no third matrix
            row.mul_(STEPS / largest).round_().clamp_(-STEPS, STEPS)
        model.weights = solved.to(torch.int8)
        return model.eval()

    def solve(self, histories: Sequence[np.ndarray]) -> np.ndarray:
        """The weights (n_trained, n_trained) float32 for training histories of numbers 0 … n_trained - 1."""
        raise NotImplementedError

    def read(self, history: np.ndarray) -> np.ndarray:
        """The part of a history that has a say."""
        return history

    def user_vectors(self, histories: Sequence[np.ndarray], users: np.ndarray | None = None) -> np.ndarray:
        """User vectors (n, n_items + 1) float32: the weight of each item in each history. MolarError if one is empty."""
        if not all(map(len, histories)):
            raise MolarError("A history must hold at least one item.")
        read = [self.read(history) for history in histories]
        return history_weights(read, self.config.half_life or np.inf, self.config.n_items + 1).toarray()

    def item_matrix(self) -> torch.Tensor:
        """Item vectors (n_items + 1, n_items + 1): what every item of a history says for an item."""
        wide = torch.zeros(self.config.n_items + 1, self.config.n_items + 1)
        wide[self.numbers.unsqueeze(1), self.numbers] = self.weights.T * (self.largest / STEPS)
        return wide

    def item_bias(self) -> torch.Tensor:
        """(n_items + 1,) zeros."""
        return torch.zeros(self.config.n_items + 1)

    def logit_scale(self) -> float:
        """1: it has no softmax; `log_scores` are what is nearest to logits."""
        return 1.0

    def scorable(self, split: Split) -> np.ndarray:
        """(n_items + 1,) bool: the items of the training prefixes; of a model of a part of the users, those of theirs."""
        known = np.zeros(self.config.n_items + 1, bool)
        known[self.numbers.numpy()] = True
        trained = trained_items(split)
        return (
            trained & known if len(known) == len(trained) else trained
        )  # of another catalogue: refused where it ranks


class SLIST(ItemToItem):
    """Ridge regression of what follows on the decayed history: the transition part of SLIST (Choi et al., WWW 2021, Eq. 9).

    Every prefix of a training history is a row: on the left its last `max_length` items, weighing 2^(-age / half_life), on the
    right what follows, weighing 2^(-distance / ahead). A score is thus nearly a probability (`log_scores`)."""

    config: SLISTConfig
    grid: ClassVar = {"half_life": (3.0, 1.0, 5.0, 10.0, 30.0), "ridge": (100.0, 30.0, 300.0, 1000.0)}

    def read(self, history: np.ndarray) -> np.ndarray:
        """The last items of a history."""
        return history[-self.config.max_length :]

    def solve(self, histories: Sequence[np.ndarray]) -> np.ndarray:
        """(SᵀS + λ)⁻¹ SᵀT. Neither S nor T is made: pairs of items are counted lag by lag, all histories at once."""
        n, length = self.config.n_trained, self.config.max_length
        items = np.concatenate(histories)
        lengths = np.array([len(history) for history in histories])
        later = np.repeat(np.cumsum(lengths), lengths) - 1 - np.arange(len(items))  # items of the same history after it
        earlier = np.repeat(lengths, lengths) - 1 - later
        decay = 0.5 ** (1 / self.config.half_life) if self.config.half_life else 1.0
        ahead, most = (0.5 ** (1 / self.config.ahead), AHEAD) if self.config.ahead else (0.0, 1)
        gram, cross = (np.zeros((n, n), np.float32, order="F") for _ in range(2))
        flat_gram, flat_cross = gram.reshape(-1, order="F"), cross.reshape(-1, order="F")  # views
        for lag in range(length + most):
            places = np.flatnonzero(earlier >= lag)
            if not len(places):
                break
            if lag:
                # The earlier item is in S with age k, the later one in T at distance lag - 1 - k.
                ages = np.arange(max(0, lag - most), min(lag, length))
                weight = np.float32((decay**ages * ahead ** (lag - 1 - ages)).sum())
                np.add.at(flat_cross, items[places - lag] + items[places] * n, weight)
            if lag < length:
                # Both are in S for every row from the later item on, while the earlier one is still read.
                places = places[later[places] > 0]
                one, other = items[places - lag], items[places]
                rows = np.arange(length + 1)
                sums = np.cumsum(decay ** (2.0 * rows)) * decay**lag
                weights = sums[np.minimum(later[places], length - lag) - 1]
                weights[(one == other) & (lag > 0)] *= 2  # a pair and its mirror image fall on the diagonal
                places_below = np.maximum(one, other) + np.minimum(one, other) * n
                np.add.at(flat_gram, places_below, weights.astype(np.float32))
        return _ridge(gram, cross, self.config.ridge)


class EASE(ItemToItem):
    """Embarrassingly shallow autoencoder (Steck, WWW 2019): each item from the others of a history; nothing from itself.

    With P = (XᵀX + λ)⁻¹ over the binary matrix X of training users and items, the weights are -P / diag(P), the diagonal 0."""

    config: EASEConfig
    grid: ClassVar = {"half_life": (10.0, 1.0, 3.0, 30.0, 0.0), "ridge": (300.0, 100.0, 1000.0, 3000.0)}

    def solve(self, histories: Sequence[np.ndarray], block: int = 512) -> np.ndarray:
        """The weights, (n, n)."""
        n = self.config.n_trained
        bought = history_weights(histories, np.inf, n)
        bought.data[:] = 1.0
        by_item = bought.T.tocsr()
        gram = np.empty((n, n), np.float32, order="F")
        for start in range(0, n, block):  # dense one block at a time
            gram[:, start : start + block] = (by_item[start : start + block] @ bought).toarray().T
        inverse = _ridge(gram, np.asfortranarray(np.eye(n, dtype=np.float32)), self.config.ridge)
        inverse /= -np.diag(inverse).copy()  # each column by its own
        np.fill_diagonal(inverse, 0)
        return inverse


def _ridge(gram: np.ndarray, cross: np.ndarray, ridge: float) -> np.ndarray:
    """(gram + ridge)⁻¹ cross, by Cholesky in place: both arrays are used up; of `gram` the lower triangle is read."""
    from scipy import linalg

    gram[np.diag_indices(len(gram))] += ridge
    factor = linalg.cho_factor(gram, lower=True, overwrite_a=True, check_finite=False)
    return linalg.cho_solve(factor, cross, overwrite_b=True, check_finite=False)


def log_scores(scores: np.ndarray, epsilon: float = EPSILON) -> np.ndarray:
    """log(max(score, epsilon)) of an item-to-item model's scores (n, n_items + 1): to be added to the logits of another model,
    times a weight. What the model cannot rank stays -inf."""
    return np.where(np.isneginf(scores), scores, np.log(np.maximum(scores, np.float32(epsilon))))
