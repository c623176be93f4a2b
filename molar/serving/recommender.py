"""Recommendations from a finished checkpoint: item vectors and three small towers; no backbone, no training code."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from molar.core.errors import MolarError
from molar.core.schema import ALIGNED, CONTENT, ID, MODELS
from molar.data.dataset import Dataset, load_dataset
from molar.data.splits import Split, leave_one_out
from molar.evaluation.index import ItemIndex
from molar.serving.search import WordIndex
from molar.serving.similar import ContentNeighbours

MOST_RESULTS = 100


@dataclass(frozen=True)
class Recommendation:
    """One ranked item. `rank` is 1-based; `score` is user · item + bias, comparable within one model only."""

    item_id: str
    title: str
    rank: int
    score: float


@dataclass(frozen=True)
class Reasoned(Recommendation):
    """A ranked item and `because`: the id of the pick without which it would score least; None if no pick helps it."""

    because: str | None


class Recommender:
    """Search and recommendations over one dataset folder and one checkpoint folder.

    >>> shop = Recommender.load("assets/demo", "checkpoints/demo")          # doctest: +SKIP
    >>> shop.recommend([shop.search("whale")[0].item_id], model="molar")    # doctest: +SKIP
    """

    def __init__(self, dataset: Dataset, split: Split, towers: dict):
        """`towers`: model name -> tower with `.user_vectors`, `.item_matrix` and `.item_bias`, for each of MODELS."""
        self.dataset, self.split, self.towers = dataset, split, towers
        self.popularity = split.train_counts()  # (n_items + 1,)
        self.words = WordIndex(dataset.items, self.popularity)
        self.indexes = {name: self._index(name, tower) for name, tower in towers.items()}

    def _index(self, name: str, tower) -> ItemIndex:
        matrix = tower.item_matrix().detach().float().cpu().numpy()
        if len(matrix) != self.dataset.n_items + 1:
            raise MolarError(
                f"The model '{name}' knows {len(matrix) - 1:,} items, the dataset '{self.dataset.name}' has "
                f"{self.dataset.n_items:,}: this checkpoint belongs to another dataset."
            )
        return ItemIndex(matrix, tower.item_bias().detach().cpu().numpy(), ~tower.scorable(self.split))

    @classmethod
    def load(cls, dataset_dir: str | Path, checkpoint_dir: str | Path) -> "Recommender":
        """Open a dataset folder and its checkpoint. Raises MolarError when a part is missing or does not fit."""
        from molar.encoder.vectors import load_vectors
        from molar.storage.trained import load_checkpoint_models

        folder = Path(checkpoint_dir)
        missing = [name for name in MODELS if not (folder / name / "config.json").is_file()]
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
        return cls(dataset, split, load_checkpoint_models(folder, split, vectors))

    def recommend(self, history: list[str], model: str = ALIGNED, k: int = 10) -> list[Recommendation]:
        """The k next items after `history` (item ids, oldest first), items of the history left out.

        An empty history gives the popular items. Raises MolarError for an unknown item, an unknown model or a k that
        is not 1 … 100.
        """
        seen = self._checked(history, model, k)
        if len(seen) == 0:
            return self._ranked(*self._popular(k))
        user = self.towers[model].user_vectors([seen])[0]  # (dim,)
        return self._ranked(*self.indexes[model].top(user, seen, k))

    def recommend_with_reasons(self, history: list[str], model: str = ALIGNED, k: int = 10) -> list[Reasoned]:
        """As `recommend`, each item with the pick whose removal lowers its score most.

        The score of every item is computed again from the history without each pick in turn, all in one batch through
        the same model: a reason is what the model did, not what looks similar. One pick alone is its own reason.
        Raises MolarError as `recommend` does.
        """
        seen = self._checked(history, model, k)
        if len(seen) == 0:
            return [Reasoned(**vars(one), because=None) for one in self._ranked(*self._popular(k))]
        without = [np.delete(seen, place) for place in range(len(seen))] if len(seen) > 1 else []
        users = self.towers[model].user_vectors([seen, *without])  # (1 + picks, dim)
        numbers, scores = self.indexes[model].top(users[0], seen, k)
        because = [str(history[0])] * len(numbers)
        if without:
            scored = self.indexes[model].scores(users)[:, numbers]  # (1 + picks, k)
            losses = scored[0] - scored[1:]
            places = losses.argmax(axis=0)
            because = [
                str(history[place]) if losses[place, column] > 0 else None for column, place in enumerate(places)
            ]
        ranked = self._ranked(numbers, scores)
        return [Reasoned(**vars(one), because=reason) for one, reason in zip(ranked, because)]

    def ranks(self, history: list[str], model: str = ALIGNED) -> np.ndarray:
        """(n_items + 1,) int64: the rank of every item after `history`, 1 is best, ties count against an item.

        0 for items of the history and for those that the model cannot rank. Raises MolarError as `recommend` does;
        an empty history has no ranks but popularity's.
        """
        seen = self._checked(history, model, 1)
        if len(seen):
            scores = self.indexes[model].scores(self.towers[model].user_vectors([seen]))[0]
            scores[seen] = -np.inf
        else:
            scores = np.concatenate([[-np.inf], self.popularity[1:]])
        ordered = np.sort(scores)
        ranks = len(scores) - np.searchsorted(ordered, scores, side="left")
        return np.where(np.isfinite(scores), ranks, 0)

    def _checked(self, history: list[str], model: str, k: int) -> np.ndarray:
        """Item numbers of a history, once model and k are known to be sound."""
        if model not in self.indexes:
            raise MolarError(f"There is no model '{model}'; choose one of {', '.join(MODELS)}.")
        if not isinstance(k, int) or isinstance(k, bool) or not 1 <= k <= MOST_RESULTS:
            raise MolarError(f"k must be a whole number from 1 to {MOST_RESULTS}, not {k!r}.")
        return np.array([self.dataset.item_number(item) for item in history], dtype=np.int64)

    def _popular(self, k: int) -> tuple[np.ndarray, np.ndarray]:
        numbers = np.argsort(-self.popularity[1:], kind="stable")[:k] + 1
        return numbers, self.popularity[numbers]

    def search(self, query: str, limit: int = 24) -> list[Recommendation]:
        """Items whose words begin with every word of `query`, titles first, then the popular; "" lists everything.

        `score` is the number of training histories that hold the item.
        """
        if not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= MOST_RESULTS:
            raise MolarError(f"limit must be a whole number from 1 to {MOST_RESULTS}, not {limit!r}.")
        numbers = np.array(self.words.find(query)[:limit], dtype=np.int64)
        return self._ranked(numbers, self.popularity[numbers])

    def similar(self, item_id: str, k: int = 10) -> list[Recommendation]:
        """The k items most like one item, by the cosine of their content vectors; no history is asked.

        Raises MolarError for an unknown item or a k that is not 1 … 100.
        """
        if not isinstance(item_id, str):
            raise MolarError(f"item_id must be a text, not {item_id!r}.")
        if not isinstance(k, int) or isinstance(k, bool) or not 1 <= k <= MOST_RESULTS:
            raise MolarError(f"k must be a whole number from 1 to {MOST_RESULTS}, not {k!r}.")
        return self._ranked(*self.neighbours.like([self.dataset.item_number(item_id)], k))

    @cached_property
    def neighbours(self) -> ContentNeighbours:
        """Likeness over the vectors that the content tower reads."""
        return ContentNeighbours(self.towers[CONTENT].vectors.numpy())

    def _ranked(self, numbers: np.ndarray, scores: np.ndarray) -> list[Recommendation]:
        return [
            Recommendation(str(self.dataset.item_ids[number]), self.dataset.title(number), rank, float(score))
            for rank, (number, score) in enumerate(zip(numbers, scores), start=1)
        ]
