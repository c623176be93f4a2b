"""Finished models joined in one list: content and ID, and item-to-item transitions where there are any."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from molar.core.schema import PAD
from molar.data.splits import Split
from molar.evaluation.choosing_users import choosing_users
from molar.evaluation.metrics import ndcg
from molar.evaluation.new_items import AS_TRAINED, NEW_ITEMS_OFFSET, offset_curve
from molar.evaluation.ranking import BLOCK_SCORES, ModelScorer, left_out
from molar.models.content import ContentUserEncoder
from molar.models.interface import NextItemModel, Scorer
from molar.models.item_to_item import log_scores

CONTENT_WEIGHTS = tuple(round(0.1 * tenth, 1) for tenth in range(11))  # the ID model has the rest of 1
ITEM_WEIGHTS = (0.2, 0.4, 0.6, 0.8, 1.0, 1.5)  # of item-to-item, beside both; or none
FLOORS = (1e-2, 3e-3, 1e-3)  # item-to-item's score of an item that it has no reason for: below it differences are noise
OFFSETS = (AS_TRAINED, -3.0, -2.0, -1.0, 1.0, 2.0, 3.0)  # of cold items, while weights are chosen
AT_ONCE = 2**16  # scores on which all combinations are tried while they lie in the processor's cache
NEVER, LEAST = np.float32(-1e30), np.float32(1e-37)  # logarithm of no candidate; sum of probabilities. Finite, not 0


@dataclass(frozen=True, eq=False)
class Logarithms:
    """What the joined models say of B histories, against the warm candidates of each."""

    warm: np.ndarray  # (models, B, warm items) log-probabilities: content's, then those of the other models of a weight
    cold: np.ndarray  # (B, other items): content's logits, as far above the sum over the same candidates
    among: np.ndarray  # (B, warm items) bool: the warm candidates


class FusedScorer:
    """Several models' scores in one list: all speak of warm items, content alone of cold ones.

    Each is brought to logarithms of probabilities, a softmax over the warm items that the user does not have: content and
    ID by their own training logits, item-to-item by the logarithm of its score, at least `floor`. A warm item has the
    sum of weights times logarithms, normalised over the same items once more; a cold item has its content logit against
    them, plus an offset, so that it competes (`molar.evaluation.new_items`). Weights and offset are chosen by validation
    NDCG@10 (`fit`). A model of weight 0 is not asked.

    fused = FusedScorer.fit("molar-fused", content, id_model, split); evaluate_ranks(fused, split, "test")."""

    def __init__(
        self,
        name: str,
        content: ContentUserEncoder,
        id_model: NextItemModel,
        split: Split,
        items: Scorer | None = None,
        *,
        weights: Sequence[float],
        floor: float = FLOORS[0],
        offset: float = 0.0,
    ):
        """items: the item-to-item model. weights: of content, ID, and, with `items`, item-to-item."""
        self.name, self.weights, self.floor, self.offset = name, tuple(weights), floor, offset
        self.content, self.ids = ModelScorer(name, content, split), ModelScorer(name, id_model, split)
        self.items = items
        self.warm = self.ids.scorable
        self.validation: float | None = None  # NDCG@10 by which weights and offset were chosen

    @classmethod
    def fit(
        cls,
        name: str,
        content: ContentUserEncoder,
        id_model: NextItemModel,
        split: Split,
        items: Scorer | None = None,
    ) -> "FusedScorer":
        """The scorer with the weights and the offset that rank validation targets best, of a small fixed grid.

        Every model is asked once for each of the `choosing_users`: seconds for thousands of items."""
        of_items = [(0.0, FLOORS[0]), *product(ITEM_WEIGHTS, FLOORS)] if items else [(0.0, FLOORS[0])]
        grid = [(w, round(1 - w, 1), v, floor) for w, (v, floor) in product(CONTENT_WEIGHTS, of_items)]
        # One column a model, item-to-item one for each floor.
        columns = [(w, ids, *(v * (floor == one) for one in FLOORS if items)) for w, ids, v, floor in grid]
        scorer = cls(name, content, id_model, split, items, weights=(1.0,) * (3 if items else 2))  # all are asked
        users = choosing_users(split)
        cold_asked = (~scorer.warm[split.targets_of(users, "validation")]).any()
        offsets = OFFSETS if cold_asked else OFFSETS[:1]  # an offset could only be a loss
        ranks = np.empty((len(grid), len(offsets), len(users)), np.int32)
        block, few = (max(1, scores // len(scorer.warm)) for scores in (BLOCK_SCORES, AT_ONCE))
        for start in range(0, len(users), block):
            part = users[start : start + block]
            logs = scorer.logarithms(split.histories_of(part, "validation"), part, floors=FLOORS)
            targets = split.targets_of(part, "validation")
            for low in range(0, len(part), few):
                rows = slice(low, min(low + few, len(part)))
                some = Logarithms(logs.warm[:, rows], logs.cold[rows], logs.among[rows])
                rivals = _outside(left_out(split, "validation", part[rows]), rows.stop - low, len(scorer.warm))
                tried = _ranks(some, rivals, targets[rows], scorer.warm, np.array(columns, np.float32), offsets)
                ranks[..., start + rows.start : start + rows.stop] = tried
        if len(users):
            gains = np.array([[ndcg(row, 10).mean() for row in of_weights] for of_weights in ranks])
            best = np.unravel_index(gains.argmax(), gains.shape)  # the first of equals
            *weights, scorer.floor = grid[best[0]]
            scorer.weights, scorer.validation = tuple(weights[: len(scorer.weights)]), float(gains[best])
            if curve := offset_curve(scorer, split, users=users):
                scorer.offset, scorer.validation = curve.best, float(curve.all.max())
        return scorer

    @property
    def logit_scale(self) -> float:
        """1: its scores are logarithms of probabilities."""
        return 1.0

    def scores(self, histories: Sequence[np.ndarray], users: np.ndarray | None = None) -> np.ndarray:
        """(B, n_items + 1) float32; no item is without a score."""
        return self.joined(self.logarithms(histories, users))

    def chosen(self) -> dict[str, float | None]:
        """What validation chose, for the row of a results file."""
        beside = {"item_weight": self.weights[2], "item_floor": self.floor} if self.items else {}
        return {
            "weight": self.weights[0],
            **beside,
            NEW_ITEMS_OFFSET: self.offset,
            "validation_ndcg@10": self.validation,
        }

    def logarithms(
        self,
        histories: Sequence[np.ndarray],
        users: np.ndarray | None = None,
        seen: Sequence[np.ndarray] | None = None,
        floors: Sequence[float] | None = None,
    ) -> Logarithms:
        """What the models say after B histories. seen: B lists of items that are no candidates, the histories themselves
        when not given. floors: item-to-item once for each of these, its own alone when not given."""
        seen = histories if seen is None else seen
        places = np.concatenate([len(self.warm) * row + np.asarray(one) for row, one in enumerate(seen)])
        among = _outside(places, len(seen), len(self.warm))[:, self.warm]
        among[~among.any(1)] = True  # who has every item is asked about all of them
        logits = self.content.scores(histories, users) * np.float32(self.content.logit_scale)
        warm = [logits[:, self.warm]]
        if self.weights[1]:
            warm.append(self.ids.scores(histories, users)[:, self.warm] * np.float32(self.ids.logit_scale))
        if self.items and self.weights[2]:
            shares = np.maximum(self.items.scores(histories, users)[:, self.warm], 0)  # also where it knows nothing
            warm += [log_scores(shares, floor) for floor in floors or (self.floor,)]
        sums = [log_sum_exp(one, among) for one in warm]
        return Logarithms(np.stack(warm) - np.stack(sums), logits[:, ~self.warm] - sums[0], among)

    def joined(self, logs: Logarithms) -> np.ndarray:
        """All on one scale, (B, n_items + 1)."""
        asked = np.array([self.weights[0], *(weight for weight in self.weights[1:] if weight)], np.float32)
        warm = np.tensordot(asked, logs.warm, 1)
        scores = np.empty((len(warm), len(self.warm)), np.float32)
        scores[:, self.warm] = warm - log_sum_exp(warm, logs.among)
        scores[:, ~self.warm] = logs.cold + np.float32(self.offset)
        return scores


def log_sum_exp(values: np.ndarray, among: np.ndarray) -> np.ndarray:
    """(B, 1): the logarithm of the sum of exponentials of `values` (B, n) where `among` (B, n) is true."""
    kept = np.where(among, values, NEVER)
    most = kept.max(1, keepdims=True)
    return most + np.log(np.exp(kept - most).sum(1, keepdims=True))


def _ranks(
    logs: Logarithms,
    rivals: np.ndarray,
    targets: np.ndarray,
    warm: np.ndarray,
    grid: np.ndarray,
    offsets: Sequence[float],
) -> np.ndarray:
    """The ranks of `targets` (B,) under all weights of `grid` (combinations, models) and all offsets, (…, …, B).

    rivals: (B, n_items + 1) bool, the candidates; the targets are taken out here. What is at least as good as the target is
    ahead of it, as in `molar.evaluation.ranking`."""
    rows = np.arange(len(targets))
    rivals[rows, targets] = False
    rivals_warm, rivals_cold = rivals[:, warm], rivals[:, ~warm]
    cold = np.flatnonzero(~warm[targets])  # rows
    column = np.where(warm, np.cumsum(warm), np.cumsum(~warm))[targets] - 1  # in its own half of the items
    own = logs.warm[:, rows, np.where(warm[targets], column, 0)]  # (models, B)
    own_cold = logs.cold[cold, column[cold]][:, None]
    candidates = np.where(logs.among, logs.warm, NEVER)
    ranks = np.ones((len(grid), len(offsets), len(targets)), np.int32)
    ranks[..., cold] += _count((logs.cold[cold] >= own_cold) & rivals_cold[cold])
    for weights, of_weights in zip(grid, ranks):
        total, mine = np.tensordot(weights, candidates, 1), (weights @ own)[:, None]
        mine[cold] = np.inf
        of_weights += _count((total >= mine) & rivals_warm)
        sums = np.exp(total).sum(1, keepdims=True)  # of probabilities: none is large
        normaliser = np.log(np.maximum(sums, LEAST))
        mine, total = mine - normaliser, total[cold] - normaliser[cold]
        for offset, of_offset in zip(np.array(offsets, np.float32), of_weights):
            of_offset += _count((logs.cold + offset >= mine) & rivals_cold)
            of_offset[cold] += _count((total >= own_cold + offset) & rivals_warm[cold])
    return ranks


def _count(which: np.ndarray) -> np.ndarray:
    return which.view(np.uint8).sum(1, dtype=np.int32)  # thrice as fast as of bool


def _outside(places: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """(rows, columns) bool: True but for these flat places and the padding id."""
    outside = np.ones((rows, columns), bool)
    outside[:, PAD] = False
    outside.reshape(-1)[places] = False
    return outside
