"""What does a trained tower live on? One part of its input is taken away or exchanged when it is asked; nothing is trained.

Of items: other pictures, no picture, no text, no title. The catalogue is encoded anew without that part
(`python -m molar encode --probe`), and the tower, with all that it has learnt, reads those vectors. Of users: the history in
another order, the ID tower blanked.
"""

import copy
import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from molar import columns as c
from molar.data import Dataset
from molar.errors import MolarError
from molar.fingerprint import require_same
from molar.ranking import Scorer, TowerScorer
from molar.vectors import load_vectors, vectors_fingerprint

OF_ITEMS = ("shuffled-pictures", "no-picture", "no-text", "no-title")
SHUFFLED_HISTORY, BLANKED = "shuffled-history", "id-blanked"
PROBES = (*OF_ITEMS, SHUFFLED_HISTORY, BLANKED)
NO_OP = "no_op"  # the metric of a row whose probe cannot change anything: the ID tower is not asked when items are ranked


def probed_items(dataset: Dataset, probe: str, *, seed: int = 0) -> tuple[list[str], list[Path | None]]:
    """What the encoder reads of each item under a probe of `OF_ITEMS`: texts and pictures, in item order.

    "shuffled-pictures": every item that has a picture has another item's, by one random circle through all of them.
    Raises MolarError for another probe, or where there is nothing to exchange or take away."""
    from molar.encode import item_pictures, item_texts

    if probe not in OF_ITEMS:
        raise MolarError(f"There is no probe of items named {probe}: known are {', '.join(OF_ITEMS)}.")
    if probe == "no-title":
        if c.TITLE not in dataset.encoded_columns:
            raise MolarError(f"The title is not among the encoded columns of {dataset.root}: there is nothing to mask.")
        dataset = dataclasses.replace(dataset, encoded_columns=tuple(name for name in dataset.encoded_columns if name != c.TITLE))
    texts = item_texts(dataset)
    pictures = item_pictures(dataset)
    if probe == "no-text":
        texts = [""] * len(texts)
    if probe == "no-picture":
        pictures = [None] * len(texts)
    if probe == "shuffled-pictures":
        having = np.flatnonzero([picture is not None for picture in pictures])
        if len(having) < 2:
            raise MolarError(f"{dataset.root} has {len(having)} pictures: there are none to exchange.")
        circle = np.random.default_rng([seed, 3]).permutation(having)
        moved = dict(zip(circle.tolist(), np.roll(circle, 1).tolist(), strict=True))
        pictures = [pictures[moved[item]] if item in moved else None for item in range(len(pictures))]
    return texts, pictures


def probe_path(vectors: Path, probe: str) -> Path:
    """Where the vectors of a probe lie: beside those that the tower was trained on."""
    return vectors.with_name(f"{vectors.stem}-{probe}{vectors.suffix}")


class ShuffledHistory:
    """A tower that is told what a user has bought, as far back as it reads, but not in which order."""

    def __init__(self, scorer: TowerScorer, *, seed: int = 0):
        self.scorer, self.name, self.seed = scorer, scorer.name, seed
        self.reads = getattr(scorer.model.config, "max_length", None)

    def scores(self, histories: list[np.ndarray], users: np.ndarray | None = None) -> np.ndarray:
        """(B, n_items + 1) float32. An order depends on the history and the seed alone."""
        return self.scorer.scores([self._shuffled(history) for history in histories], users)

    def _shuffled(self, history: np.ndarray) -> np.ndarray:
        read = history[-self.reads :] if self.reads else history
        return np.random.default_rng([self.seed, len(read), *read[-3:].tolist()]).permutation(read)


def probed_scorers(scorer: TowerScorer, vectors: Path | None, dataset: Dataset) -> Iterator[tuple[str, Scorer, dict]]:
    """(probe, scorer under it, what to note) for every probe that can be made of a trained tower.

    vectors: the item vectors that a content tower was trained on, None for an ID model. A probe of items whose vectors are
    not there is left out. Raises MolarError where they were encoded otherwise than those that the tower knows."""
    model = scorer.model
    if vectors is not None:
        for probe in OF_ITEMS:
            if (path := probe_path(vectors, probe)).exists():
                require_same(
                    vectors_fingerprint(path), vectors_fingerprint(vectors), f"The vectors in {path}", f"those in {vectors}",
                    f"encode them again: python -m molar encode … --probe {probe}",
                )  # fmt: skip
                other = copy.deepcopy(model)
                other.set_item_vectors(load_vectors(path, dataset, read_pictures=False))
                yield probe, TowerScorer(scorer.name, other, scorer.unscorable), {}
    yield SHUFFLED_HISTORY, ShuffledHistory(scorer), {}
    if vectors is not None:
        blanked = _blanked(scorer)
        yield BLANKED, blanked or scorer, {} if blanked else {NO_OP: 1.0}


def _blanked(scorer: TowerScorer) -> TowerScorer | None:
    """The tower without what the ID tower tells it; None where it asks no ID tower when it ranks (post-alignment)."""
    if getattr(scorer.model.config, "fusion", "none") == "none":
        return None
    other = copy.deepcopy(scorer.model)
    other.blank_id = True
    return TowerScorer(scorer.name, other, scorer.unscorable)
