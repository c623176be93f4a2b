"""What an evaluation measures: baselines, trained models, anything that scores; each is ranked the same way."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from molar.core.hashing import sha256_of
from molar.data.item_text import item_texts
from molar.data.splits import Split
from molar.encoder.baseline_vectors import TFIDF, padded, tfidf_vectors
from molar.evaluation import metrics
from molar.evaluation.half_life import choose_half_life
from molar.evaluation.new_items import AS_TRAINED, Offset, OffsetCurve, offset_curve
from molar.evaluation.ranking import ModelScorer, rank_users
from molar.experiments.results import COST
from molar.experiments.rows import NO_TRAINING, Run, Source
from molar.models.baselines import ContentKNN, ItemKNN, Popularity, Random
from molar.models.interface import LogitScorer, NextItemModel, Scorer
from molar.storage.checkpoint import read_meta, weights_sha256


@dataclass(frozen=True, eq=False)
class Entry:
    """One thing to measure, and what its rows say of it beside the numbers."""

    scorer: Scorer
    source: Source = NO_TRAINING
    noted: Mapping[str, float] = field(default_factory=dict)  # other numbers, in the row of slice "all"
    training: Path | None = None  # the folder whose learning curve goes beside the results

    def offset_curve(self, split: Split) -> OffsetCurve | None:
        """What offsets of cold items do on validation; None where the scores are no logits, or nothing can be told."""
        return None

    def at(self, offset: float, split: Split) -> Scorer:
        """The scorer with an offset on cold items."""
        return self.scorer


@dataclass(frozen=True, eq=False)
class LogitEntry(Entry):
    """Logits to measure: cold items are ranked at the offset that validation chooses (`molar.evaluation.new_items`)."""

    scorer: LogitScorer

    def offset_curve(self, split: Split) -> OffsetCurve | None:
        return offset_curve(self.scorer, split)

    def at(self, offset: float, split: Split) -> Scorer:
        return Offset(self.scorer, split, offset) if offset else self.scorer


@dataclass(frozen=True, eq=False)
class Trained(LogitEntry):
    """A trained model of one label and seed."""

    scorer: ModelScorer

    @property
    def label(self) -> str:
        return self.scorer.name

    @property
    def seed(self) -> int:
        return self.source.seed


def measure(
    entry: Entry, split: Split, subset: str, users: np.ndarray, *, offset: float | None = None, ablation: str = ""
) -> Run:
    """Rank the catalogue for `users` once: ranks of their targets, and what the lists of ten do to the catalogue.

    offset: logits on cold items, None where validation had nothing to choose by."""
    found = rank_users(entry.at(offset or AS_TRAINED, split), split, subset, users)
    targets = split.targets_of(users, subset)
    of_lists = metrics.beyond_accuracy(found.lists, targets, split.train_counts()) if len(users) else {}
    noted = of_lists | dict(entry.noted)
    return Run(entry.scorer.name, found.ranks, entry.source, noted, ablation, found.among_cold, offset)


def trained(
    folder: Path, label: str, seed: int, model: NextItemModel, split: Split, *, has_curve: bool = True
) -> Trained:
    """The entry of the loaded model of a folder; without `has_curve`, its training's learning curve is another's to tell.
    What is solved in closed form has none."""
    source, meta = Source(seed, weights_sha256(folder)), read_meta(folder)
    cost = {name: float(meta[name]) for name in COST if name in meta}
    has_curve = has_curve and "curve" in meta
    return Trained(ModelScorer(label, model, split), source, cost, training=folder if has_curve else None)


def baselines(split: Split, vectors: Mapping[Path, np.ndarray] | None = None) -> list[Entry]:
    """Random, popularity, item-knn, and, with vectors, content-knn over every file of them and over the words of the texts
    (TF-IDF); half-lives chosen on validation, and noted.

    vectors: file → item vectors (n_items + 1, dim)."""
    knns: list[tuple[ItemKNN | ContentKNN, Source]] = [(ItemKNN(split), Source())]
    for place, (path, array) in enumerate((vectors or {}).items()):
        scorer = ContentKNN(split, array)
        scorer.name = f"{scorer.name}, {path.stem}" if place else scorer.name
        knns.append((scorer, Source(weights_sha256=sha256_of(path))))
    of_words = f"{ContentKNN.name}, {TFIDF}"
    if vectors and of_words not in [knn.name for knn, _ in knns]:
        words = ContentKNN(split, padded(tfidf_vectors(item_texts(split.dataset), ~split.cold[1:])))
        words.name = of_words
        knns.append((words, Source()))
    entries = [Entry(Random(split)), Entry(Popularity(split))]
    for knn, source in knns:
        half_life = choose_half_life(knn, split)
        entries.append(Entry(knn, source, {} if half_life is None else {"half_life": half_life}))
    return entries
