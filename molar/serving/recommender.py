"""Recommendations from a finished checkpoint: item vectors and a few small models; no backbone, no training code.

Item ids come in and go out here; everything between works on item numbers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np

from molar.core.errors import MolarError
from molar.core.schema import ALIGNED, EVERYTHING, MODELS, PAD
from molar.data.availability import unavailable
from molar.data.dataset import Dataset, load_dataset
from molar.data.splits import Split, leave_one_out
from molar.evaluation.new_items import AS_TRAINED, NEW_ITEMS_OFFSET
from molar.evaluation.ranking import ModelScorer, rank_all
from molar.evaluation.score_fusion import FusedScorer
from molar.models.interface import NextItemModel
from molar.serving.rankers import JoinedRanker, ModelRanker, Ranker, best_of
from molar.serving.search import WordIndex
from molar.serving.similar import ContentNeighbours

MOST_RESULTS = 100
MOST_SHIFT = 10  # logits on new items; at either end they are last, or first


@dataclass(frozen=True)
class Recommendation:
    """One ranked item. `rank` is 1-based; `score` is comparable within one model only: user · item + bias, or, where several models
    are joined, the logarithm of a probability."""

    item_id: str
    title: str
    rank: int
    score: float


@dataclass(frozen=True)
class Reasoned(Recommendation):
    """A ranked item and `because`: the id of the pick without which it would score least; None if no pick helps it."""

    because: str | None


@dataclass(frozen=True, eq=False)
class ModelAnswer:
    """What one model makes of one history, in item numbers, from one pass through it."""

    numbers: np.ndarray  # (≤ k,) the best items, best first
    scores: np.ndarray  # (≤ k,)
    because: np.ndarray  # (≤ k,) the pick without which each would score least, PAD if no pick helps it
    all_scores: (
        np.ndarray
    )  # (n_items + 1,) of every item, -inf for the history, what cannot be had now, what the model cannot rank

    @property
    def ranks(self) -> np.ndarray:
        """(n_items + 1,) int64: the rank of every item, as `Recommender.ranks`."""
        return rank_all(self.all_scores)


class Recommender:
    """Search and recommendations over one dataset folder and one checkpoint folder.

    Now is the time of the latest purchase: what cannot be had then (`Dataset.available_from`) is in no list of
    recommendations, popular or similar items, and counts in no rank. Search finds it all the same: it says what is in the
    catalogue, and what is like an item that is yet to come may be asked.

    `molar.load` opens one that also knows its maps and measures itself (`molar.serving.shop.Shop`).
    """

    def __init__(
        self,
        dataset: Dataset,
        split: Split,
        models: dict[str, NextItemModel],
        vectors: np.ndarray,
        everything: FusedScorer | None = None,
        offsets: Mapping[str, float] | None = None,
    ):
        """models: name → trained model, for each of MODELS; vectors: (n_items + 1, dim), what items look and read like.
        everything: what joins them, if anything does. offsets: name → logits on new items that validation chose for it."""
        self.dataset, self.split = dataset, split
        self.popularity = split.train_counts()  # (n_items + 1,)
        self.words = WordIndex(dataset.items, self.popularity)
        self.scorers = {name: ModelScorer(name, model, split) for name, model in models.items()}
        self.now = int(dataset.times.max()) if dataset.times is not None and len(dataset.times) else None
        self.unavailable = unavailable(dataset.available_from, self.now)  # item numbers
        chosen = offsets or {}
        self.rankers: dict[str, Ranker] = {
            name: ModelRanker(scorer, split, self.unavailable, chosen.get(name, AS_TRAINED))
            for name, scorer in self.scorers.items()
        }
        if everything:  # first, as it is shown
            self.rankers = {EVERYTHING: JoinedRanker(everything, split, self.unavailable), **self.rankers}
        self._vectors = vectors

    @classmethod
    def load(cls, dataset_dir: str | Path, checkpoint_dir: str | Path) -> Self:
        """Open a dataset folder and its checkpoint. Raises MolarError when a part is missing or does not fit."""
        from molar.encoder.vectors import load_vectors
        from molar.evaluation.everything import load_everything
        from molar.storage.checkpoint import CONFIG, read_meta
        from molar.storage.everything import has_everything
        from molar.storage.trained import load_checkpoint_models

        folder = Path(checkpoint_dir)
        missing = [name for name in MODELS if not (folder / name / CONFIG).is_file()]
        if not (folder / "vectors.safetensors").is_file():
            missing.insert(0, "vectors.safetensors")
        if missing:
            raise MolarError(
                f"The checkpoint {folder} has no {', '.join(missing)}. Make it with python -m molar encode, train-id and "
                f"train (each with {dataset_dir} --checkpoint {folder}), or name another folder with --checkpoint."
            )
        dataset = load_dataset(dataset_dir, decode_pictures=False)  # encoding has read every one of them
        split = leave_one_out(dataset)
        vectors = load_vectors(folder / "vectors.safetensors", dataset, read_pictures=False)
        models = load_checkpoint_models(folder, split, vectors)
        everything = load_everything(folder, split, vectors) if has_everything(folder) else None
        offsets = {name: read_meta(folder / name).get(NEW_ITEMS_OFFSET, AS_TRAINED) for name in models}
        return cls(dataset, split, models, vectors, everything, offsets)

    @property
    def models(self) -> tuple[str, ...]:
        """The names that can be asked for, in the order in which they are shown."""
        return tuple(self.rankers)

    @property
    def default_model(self) -> str:
        """What is recommended by when no model is named: everything joined, or the aligned model where nothing is joined."""
        return EVERYTHING if EVERYTHING in self.rankers else ALIGNED

    # Item ids

    def recommend(
        self, history: Sequence[str], model: str | None = None, k: int = 10, *, new_items: float = 0.0
    ) -> list[Recommendation]:
        """The k next items after `history` (item ids, oldest first), items of the history left out.

        model: one of `models`, `default_model` when not named. new_items: logits on the items that nobody has bought in
        training, beside those that validation chose: 0 as chosen, negative for fewer of them, positive for more, -10 … 10.
        An empty history gives the popular items. Raises MolarError for an unknown item, an unknown model, such a number that
        is none, or a k that is not 1 … 100.
        """
        picks = np.array(self._asked(history, model, k, new_items), np.int64)
        if not len(picks):
            return self._listed(*self._popular(k))
        return self._listed(*self._ranker(model).best(picks, k, new_items))

    def recommend_with_reasons(
        self, history: Sequence[str], model: str | None = None, k: int = 10, *, new_items: float = 0.0
    ) -> list[Reasoned]:
        """As `recommend`, each item with the pick whose removal lowers its score most (`answer`).

        Raises MolarError as `recommend` does.
        """
        found = self.answer(self._asked(history, model, k, new_items), model, k, new_items=new_items)
        reasons = [str(self.dataset.item_ids[pick]) if pick != PAD else None for pick in found.because]
        ranked = self._listed(found.numbers, found.scores)
        return [Reasoned(**vars(one), because=reason) for one, reason in zip(ranked, reasons)]

    def search(self, query: str, limit: int = 24) -> list[Recommendation]:
        """Items whose words begin with every word of `query`, titles first, then the popular; "" lists everything.

        `score` is the number of training histories that hold the item.
        """
        _require_count("limit", limit)
        numbers = np.array(self.words.find(query)[:limit], dtype=np.int64)
        return self._listed(numbers, self.popularity[numbers])

    def similar(self, item_id: str, k: int = 10) -> list[Recommendation]:
        """The k items most like one item, by the cosine of their content vectors; no history is asked.

        Raises MolarError for an unknown item or a k that is not 1 … 100.
        """
        if not isinstance(item_id, str):
            raise MolarError(f"item_id must be a text, not {item_id!r}.")
        _require_count("k", k)
        return self._listed(*self.neighbours.like([self.dataset.item_number(item_id)], k, self.unavailable))

    # Item numbers

    def answer(self, picks: Sequence[int], model: str | None, k: int, *, new_items: float = 0.0) -> ModelAnswer:
        """The k next items after `picks` (item numbers, oldest first) with reasons, and what ranks every item.

        Every item is scored again from the history without each pick in turn, all in one batch through the same model: a
        reason is what the model did, not what looks similar. One pick alone is its own reason. Without picks it is what is
        popular. new_items: as for `recommend`. Raises MolarError for an unknown model.
        """
        ranker, history = self._ranker(model), np.array(picks, np.int64)
        if not len(history):
            numbers, scores = self._popular(k)
            return ModelAnswer(numbers, scores, np.full(len(numbers), PAD), _without(self.popularity, self.unavailable))
        others = [np.delete(history, place) for place in range(len(history))] if len(history) > 1 else []
        scored = ranker.scores([history, *others], history, new_items)  # (1 + picks, n_items + 1)
        numbers, scores = best_of(scored[0], np.append(history, self.unavailable), k)
        because = np.full(len(numbers), history[0])
        if others:
            losses = scored[0, numbers] - scored[1:, numbers]  # (picks, k)
            because = np.where(losses.max(axis=0) > 0, history[losses.argmax(axis=0)], PAD)
        return ModelAnswer(numbers, scores, because, _without(scored[0], history, self.unavailable))

    def ranks(
        self,
        picks: Sequence[int],
        model: str | None = None,
        *,
        without: Sequence[int] | None = None,
        new_items: float = 0.0,
    ) -> np.ndarray:
        """(n_items + 1,) int64: the rank of every item after `picks` (item numbers), 1 is best, ties count against it.

        0 for items of the history, those of `without` (what cannot be had now, when not given) and those that the model
        cannot rank. Without picks ranks are popularity's. new_items: as for `recommend`. Raises MolarError for an unknown
        model.
        """
        ranker, history = self._ranker(model), np.array(picks, np.int64)
        others = self.unavailable if without is None else np.array(without, np.int64)
        scores = ranker.scores([history], history, new_items)[0] if len(history) else self.popularity
        return rank_all(_without(scores, history, others))

    @cached_property
    def neighbours(self) -> ContentNeighbours:
        """Likeness over the vectors that the content model reads."""
        return ContentNeighbours(self._vectors)

    def _asked(self, history: Sequence[str], model: str | None, k: int, new_items: float) -> list[int]:
        """Item numbers of a history, once model, k and new_items are known to be sound."""
        self._ranker(model)
        _require_count("k", k)
        _require_shift(new_items)
        return [self.dataset.item_number(item) for item in history]

    def _ranker(self, model: str | None) -> Ranker:
        name = self.default_model if model is None else model
        if name not in self.rankers:
            raise MolarError(f"There is no model '{name}'; choose one of {', '.join(self.rankers)}.")
        return self.rankers[name]

    def _popular(self, k: int) -> tuple[np.ndarray, np.ndarray]:
        return best_of(self.popularity, self.unavailable, k)

    def _listed(self, numbers: np.ndarray, scores: np.ndarray) -> list[Recommendation]:
        return [
            Recommendation(str(self.dataset.item_ids[number]), self.dataset.title(number), rank, float(score))
            for rank, (number, score) in enumerate(zip(numbers, scores), start=1)
        ]


def _without(scores: np.ndarray, *left_out: np.ndarray) -> np.ndarray:
    """Scores (n_items + 1,) as float32, -inf for these item numbers."""
    scores = scores.astype(np.float32)
    for numbers in left_out:
        scores[numbers] = -np.inf
    return scores


def _require_count(name: str, value: object) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MOST_RESULTS:
        raise MolarError(f"{name} must be a whole number from 1 to {MOST_RESULTS}, not {value!r}.")


def _require_shift(new_items: object) -> None:
    if not isinstance(new_items, int | float) or isinstance(new_items, bool) or not abs(new_items) <= MOST_SHIFT:
        raise MolarError(f"new_items must be a number from -{MOST_SHIFT} to {MOST_SHIFT}, not {new_items!r}.")
