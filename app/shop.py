"""What the page needs to know about one dataset and one checkpoint; it is loaded once and never changes."""

import hashlib
from functools import cached_property
from pathlib import Path

from app import cards
from molar.recommend import MODELS, Recommender

PAGE = 24  # pictures the gallery adds at a time
BORROWED_PICKS = 4


class Shop:
    """A loaded recommender, and the parts of the page that follow from it. No visitor's data live here."""

    def __init__(self, recommender: Recommender, checkpoint: Path):
        self.recommender, self.checkpoint = recommender, checkpoint
        self.dataset = recommender.dataset

    @classmethod
    def open(cls, dataset_dir: str | Path, checkpoint_dir: str | Path) -> "Shop":
        """Load a dataset and its checkpoint. Raises MolarError when a part is missing or does not fit."""
        return cls(Recommender.load(dataset_dir, checkpoint_dir), Path(checkpoint_dir))

    @cached_property
    def borrowed(self) -> list[int]:
        """The last picks of a real test shopper, to begin with: item numbers, oldest first; [] without histories.

        The choice depends on the data alone: of all who have pictures for them, the first by a hash of the user id.
        """
        split = self.recommender.split
        users = split.evaluation_users("test")
        for u in sorted(users, key=lambda u: hashlib.sha256(str(self.dataset.user_ids[u]).encode()).digest()):
            picks = [int(number) for number in split.history_for(u, "test")[-BORROWED_PICKS:]]
            if len(picks) == BORROWED_PICKS and all(self.dataset.image_path(number) for number in picks):
                return picks
        return []

    def gallery(self, query: str, shown: int) -> str:
        """The gallery after a search, `shown` pictures long."""
        return cards.gallery(self.dataset, self.recommender.words.find(query), shown)

    def strip(self, history: list[int]) -> str:
        """The history strip."""
        return cards.history(self.dataset, history, borrowed=bool(history) and history == self.borrowed)

    def rows(self, history: list[int]) -> str:
        """The three rows of recommendations."""
        picks = [str(self.dataset.item_ids[number]) for number in history]
        ranked = []
        for model in MODELS:
            found = self.recommender.recommend(picks, model, 10)
            ranked.append((model, [self.dataset.item_number(one.item_id) for one in found]))
        return cards.rows(self.dataset, ranked)
