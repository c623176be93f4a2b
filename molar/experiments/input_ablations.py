"""What does a trained model live on? One part of its input is taken away or exchanged when it is asked; nothing is trained."""

import copy
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from molar.data.dataset import Dataset
from molar.encoder.fingerprint import require_same
from molar.encoder.input_ablations import ITEM_ABLATIONS, ablation_path
from molar.encoder.vectors import load_vectors, vectors_fingerprint
from molar.evaluation.ranking import ModelScorer, Scorer

SHUFFLED_HISTORY, BLANKED = "shuffled-history", "id-blanked"
PROBES = (*ITEM_ABLATIONS, SHUFFLED_HISTORY, BLANKED)
NO_OP = (
    "no_op"  # the metric of a row whose probe cannot change anything: the ID tower is not asked when items are ranked
)


class ShuffledHistory:
    """A tower that is told what a user has bought, as far back as it reads, but not in which order."""

    def __init__(self, scorer: ModelScorer, *, seed: int = 0):
        self.scorer, self.name, self.seed = scorer, scorer.name, seed
        self.reads = getattr(scorer.model.config, "max_length", None)

    def scores(self, histories: list[np.ndarray], users: np.ndarray | None = None) -> np.ndarray:
        """(B, n_items + 1) float32. An order depends on the history and the seed alone."""
        return self.scorer.scores([self._shuffled(history) for history in histories], users)

    def _shuffled(self, history: np.ndarray) -> np.ndarray:
        read = history[-self.reads :] if self.reads else history
        return np.random.default_rng([self.seed, len(read), *read[-3:].tolist()]).permutation(read)


def probed_scorers(scorer: ModelScorer, vectors: Path | None, dataset: Dataset) -> Iterator[tuple[str, Scorer, dict]]:
    """(probe, scorer under it, what to note) for every probe that can be made of a trained tower.

    vectors: the item vectors that a content tower was trained on, None for an ID model. A probe of items whose vectors are
    not there is left out. Raises MolarError where they were encoded otherwise than those that the tower knows."""
    model = scorer.model
    if vectors is not None:
        for probe in ITEM_ABLATIONS:
            if (path := ablation_path(vectors, probe)).exists():
                require_same(
                    vectors_fingerprint(path),
                    vectors_fingerprint(vectors),
                    f"The vectors in {path}",
                    f"those in {vectors}",
                    f"encode them again: python -m molar encode … --probe {probe}",
                )
                other = copy.deepcopy(model)
                other.set_item_vectors(load_vectors(path, dataset, read_pictures=False))
                yield probe, ModelScorer(scorer.name, other, scorer.split), {}
    yield SHUFFLED_HISTORY, ShuffledHistory(scorer), {}
    if vectors is not None:
        blanked = _blanked(scorer)
        yield BLANKED, blanked or scorer, {} if blanked else {NO_OP: 1.0}


def _blanked(scorer: ModelScorer) -> ModelScorer | None:
    """The tower without what the ID tower tells it; None where it asks no ID tower when it ranks (post-alignment)."""
    if getattr(scorer.model.config, "fusion", "none") == "none":
        return None
    other = copy.deepcopy(scorer.model)
    other.blank_id = True
    return ModelScorer(scorer.name, other, scorer.split)
