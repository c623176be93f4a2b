"""Content and ID together as one list: the scores of two finished models, joined."""

from collections.abc import Sequence

import numpy as np

from molar.data.splits import Split
from molar.evaluation.metrics import ndcg
from molar.evaluation.ranking import BLOCK_SCORES, ModelScorer, rank_targets
from molar.models.content import ContentUserEncoder
from molar.models.interface import NextItemModel

WEIGHTS = tuple(round(0.1 * tenth, 1) for tenth in range(11))  # of the content model
OFFSETS = (0.0, -4.0, -3.0, -2.0, -1.0, 1.0, 2.0, 3.0, 4.0)  # of cold items; the first of equals is kept
CHOOSING_USERS = 10_000  # at most so many validation users, evenly spread, choose weight and offset


class FusedScorer:
    """Content and ID scores in one list: both models speak of warm items, content alone of cold ones.

    Both are brought to logarithms of probabilities, a softmax over the warm items by each model's own training logits. A
    warm item has w · content + (1 − w) · ID, normalised over the warm items once more; a cold item has its content logit
    against the same warm items, plus an offset, so that it competes with them. Weight and offset are chosen by
    validation NDCG@10 (`fit`).

    fused = FusedScorer.fit("molar-fused", content, id_model, split); evaluate_ranks(fused, split, "test")."""

    def __init__(
        self,
        name: str,
        content: ContentUserEncoder,
        id_model: NextItemModel,
        split: Split,
        *,
        weight: float,
        offset: float = 0.0,
    ):
        self.name, self.weight, self.offset = name, weight, offset
        self.content, self.ids = ModelScorer(name, content, split), ModelScorer(name, id_model, split)
        self.scale = content.logit_scale()
        self.warm = self.ids.scorable
        self.validation: float | None = None  # NDCG@10 by which weight and offset were chosen

    @classmethod
    def fit(cls, name: str, content: ContentUserEncoder, id_model: NextItemModel, split: Split) -> "FusedScorer":
        """The scorer with the weight and the offset that rank validation targets best, of a small fixed grid."""
        scorer = cls(name, content, id_model, split, weight=1.0)
        users = split.evaluation_users("validation")
        users = users[:: -(-len(users) // CHOOSING_USERS) or 1]
        asked_cold = (
            ~scorer.warm[split.targets_of(users, "validation")]
        ).any()  # if not, an offset could only be a loss
        grid = [(weight, offset) for weight in WEIGHTS for offset in (OFFSETS if asked_cold else OFFSETS[:1])]
        ranks = np.empty((len(grid), len(users)), np.int64)
        block = max(1, BLOCK_SCORES // len(scorer.warm))
        for start in range(0, len(users), block):
            part = users[start : start + block]
            histories, targets = split.histories_of(part, "validation"), split.targets_of(part, "validation")
            logs = scorer.logarithms(histories, part)
            for place, (weight, offset) in enumerate(grid):
                if offset == OFFSETS[0]:
                    joined = scorer.joined(*logs, weight)
                ranks[place, start : start + block] = rank_targets(scorer.shifted(joined, offset), histories, targets)
        if len(users):
            gains = np.array([ndcg(row, 10).mean() for row in ranks])
            scorer.weight, scorer.offset = grid[int(gains.argmax())]  # the first of equals
            scorer.validation = float(gains.max())
        return scorer

    def scores(self, histories: Sequence[np.ndarray], users: np.ndarray | None = None) -> np.ndarray:
        """(B, n_items + 1) float32; no item is without a score."""
        return self.shifted(self.joined(*self.logarithms(histories, users), self.weight), self.offset)

    def chosen(self) -> dict[str, float | None]:
        """What validation chose, for the row of a results file."""
        return {"weight": self.weight, "new_items_offset": self.offset, "validation_ndcg@10": self.validation}

    def logarithms(self, histories: Sequence[np.ndarray], users: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """Of both models, (B, n_items + 1) each: log-probabilities among the warm items; -inf for cold ones by ID."""
        return (
            _log_softmax(self.content.scores(histories, users) * self.scale, self.warm),
            _log_softmax(self.ids.scores(histories, users), self.warm),
        )

    def joined(self, content: np.ndarray, ids: np.ndarray, weight: float) -> np.ndarray:
        """Their sum on one scale, (B, n_items + 1); cold items as content alone has them."""
        joined = content.copy()
        joined[:, self.warm] = weight * content[:, self.warm] + (1 - weight) * ids[:, self.warm]
        joined[:, self.warm] = _log_softmax(joined[:, self.warm], slice(None))
        return joined

    def shifted(self, joined: np.ndarray, offset: float) -> np.ndarray:
        """`joined` with the offset on cold items, a new array."""
        return np.where(self.warm, joined, joined + np.float32(offset))


def _log_softmax(scores: np.ndarray, among) -> np.ndarray:
    """`scores` (B, n) less the logarithm of the sum of exponentials of the columns `among`."""
    chosen = scores[:, among]
    most = chosen.max(1, keepdims=True)
    return scores - (most + np.log(np.exp(chosen - most).sum(1, keepdims=True)))
