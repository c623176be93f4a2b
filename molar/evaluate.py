"""Full-ranking evaluation, leave-one-out: every item of the catalogue is a candidate, whoever is the model.

The user's history is filtered out, the padding id never ranks, and cold items stay in. Ties count against the
model, so a constant scorer comes last and not first; NaN and -inf ("I cannot score it") rank below every number.
"""

from typing import Protocol

import numpy as np

from molar.columns import PAD
from molar.errors import MolarError
from molar.progress import Report, silent

BLOCK_SCORES = 2**22  # scores held at a time: 16 MiB of float32 and a few masks of a quarter of that


class Scorer(Protocol):
    """Anything that can rank the catalogue after a history."""

    name: str

    def scores(self, histories: list[np.ndarray]) -> np.ndarray:
        """(B, n_items + 1) float32, higher is better, -inf for an item it cannot score; column 0 is ignored."""
        ...


class TowerScorer:
    """Scores of a trained tower: user vector · item vector.

    unscorable: (n_items + 1,) bool, the items that the model has never been trained on; they rank last, and they are
    left out of the histories, where their untrained embeddings would be noise. A model over content has none.
    """

    def __init__(self, name: str, model, unscorable: np.ndarray | None = None):
        self.name, self.model, self.unscorable = name, model, unscorable
        self.items = np.ascontiguousarray(model.item_matrix().detach().cpu().numpy(), np.float32)

    def user_vectors(self, histories: list[np.ndarray]) -> np.ndarray:
        """(B, dim) float32, the user after each history."""
        return self.model.user_vectors([self._known(history) for history in histories])

    def scores(self, histories: list[np.ndarray]) -> np.ndarray:
        scores = self.user_vectors(histories) @ self.items.T
        if self.unscorable is not None:
            scores[:, self.unscorable] = -np.inf
        return scores

    def _known(self, history: np.ndarray) -> np.ndarray:
        if self.unscorable is None:
            return history
        known = history[~self.unscorable[history]]
        return known if len(known) else history


def evaluate_ranks(
    scorer: Scorer, split, which: str, users: np.ndarray | None = None, *, report: Report = silent
) -> np.ndarray:
    """The rank of each user's target among the items he has not bought, (n,) int64, 1 is best.

    which: "validation" or "test"; users: which users, all with such a target when not given. Ties are pessimistic.
    A target that the user has bought before stays a candidate. Raises MolarError when the scorer's shape is wrong.
    """
    users = split.evaluation_users(which) if users is None else np.asarray(users)
    targets = np.array([split.target(user, which) for user in users], np.int64)
    columns = split.dataset.n_items + 1
    block = max(1, BLOCK_SCORES // columns)
    ranks = np.empty(len(users), np.int64)
    for start in range(0, len(users), block):
        report(start, len(users), scorer.name)
        part = slice(start, start + block)
        histories = [split.history_for(user, which) for user in users[part]]
        scores = scorer.scores(histories)
        if scores.shape != (len(histories), columns):
            raise MolarError(
                f"{scorer.name} gave scores of shape {scores.shape} where {(len(histories), columns)} is needed; "
                "is it trained on this dataset?"
            )
        ranks[part] = rank_targets(scores, histories, targets[part])
    report(len(users), len(users), scorer.name)
    return ranks


def rank_targets(scores: np.ndarray, histories: list[np.ndarray], targets: np.ndarray) -> np.ndarray:
    """Ranks (B,) of `targets` (B,) in `scores` (B, n_items + 1), which is left as it is (it may be a read-only view)."""
    rows = np.arange(len(targets))
    own = scores[rows, targets]
    ahead = scores >= own[:, None]  # (B, n_items + 1); False where a rival is NaN
    ahead[~(own > -np.inf)] = True  # the target is NaN or -inf: all other candidates are ahead of it
    ahead[:, PAD] = False
    ahead[np.repeat(rows, [len(history) for history in histories]), np.concatenate(histories)] = False
    ahead[rows, targets] = True  # itself: the best rank is 1
    return ahead.sum(axis=1)


def slices(split, which: str, users: np.ndarray) -> dict[str, np.ndarray]:
    """Masks (n,) over `users`: all; warm and cold by whether the target occurs in any training prefix."""
    cold = split.cold[[split.target(user, which) for user in users]]
    return {"all": np.ones(len(users), bool), "warm": ~cold, "cold": cold}
