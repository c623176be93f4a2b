"""New users: any scorer, told of each history a few items only."""

from collections.abc import Sequence

import numpy as np

from molar.core.errors import MolarError
from molar.models.interface import Scorer

ENDS = ("last", "first")


class ShortHistories:
    """`scorer`, told the last or the first `items` of each history; who has fewer is told of whole.

    What is left out stays bought: in `evaluate_ranks` it is no candidate, so that however much is told, the same items are
    ranked and numbers can be compared. A model that knows people by their number (FPMC) is told of nobody, since it
    would remember what is left out. Raises MolarError unless `items` is at least 1 and `end` is one of ENDS."""

    def __init__(self, scorer: Scorer, items: int, end: str = "last"):
        if items < 1 or end not in ENDS:
            raise MolarError(f"items must be at least 1 and end one of {', '.join(ENDS)}, not {items} and {end!r}.")
        self.name, self.scorer = scorer.name, scorer
        self.part = slice(-items, None) if end == "last" else slice(items)

    def scores(self, histories: Sequence[np.ndarray], users: np.ndarray | None = None) -> np.ndarray:
        """(n, n_items + 1) float32, as of the scorer itself."""
        return self.scorer.scores([history[self.part] for history in histories])
