"""What the page needs to know about one dataset and one checkpoint; it is loaded once and never changes."""

from dataclasses import dataclass
from functools import cached_property
from itertools import repeat
from pathlib import Path

import pandas as pd

import molar
from molar.core.errors import MolarError
from molar.core.schema import ALIGNED, CONTENT, EVERYTHING, USER
from molar.data.dataset import Dataset
from molar.serving.map_queries import ShopperMaps

TRUTH = Path("truth") / "shoppers.csv"  # user_id, and columns that hold of the shopper, the most telling one first


@dataclass(frozen=True)
class Answer:
    """One recommended item, as a card shows it (item numbers)."""

    number: int
    rank: int
    because: int | None  # the selected item whose removal lowers the score most
    before: int  # rank by content before alignment, and after it; 0 where there is none to compare
    after: int
    new: bool = False  # nobody had chosen it in training


def read_truth(dataset: Dataset) -> pd.DataFrame | None:
    """What is true of each shopper, by user id; None for a dataset that does not say."""
    path = dataset.root / TRUTH
    if not path.is_file():
        return None
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    return table.set_index(USER) if USER in table and table.shape[1] > 1 and table[USER].is_unique else None


class PageState:
    """A loaded recommender, and the parts of the page that follow from it. No visitor's data live here."""

    def __init__(self, recommender: molar.Shop):
        self.recommender = recommender
        self.dataset, self.checkpoint = recommender.dataset, recommender.checkpoint

    @classmethod
    def open(cls, dataset_dir: str | Path, checkpoint_dir: str | Path) -> "PageState":
        """Load a dataset and its checkpoint. Raises MolarError when a part is missing or does not fit."""
        return cls(molar.load(dataset_dir, checkpoint_dir))

    @cached_property
    def _maps(self) -> tuple[ShopperMaps | None, str]:
        try:
            return self.recommender.maps, ""
        except MolarError as error:
            return None, str(error)

    @property
    def maps(self) -> ShopperMaps | None:
        """The shoppers' maps; None where there are none."""
        return self._maps[0]

    @property
    def why_no_maps(self) -> str:
        """The sentence that tells why there are no maps; "" where there are some."""
        return self._maps[1]

    @cached_property
    def truth(self) -> pd.DataFrame | None:
        """What is true of each shopper (a table by user id); None where the dataset does not say."""
        return read_truth(self.dataset)

    def ids(self, numbers: tuple[int, ...]) -> list[str]:
        """Item ids of item numbers."""
        return [str(self.dataset.item_ids[number]) for number in numbers]

    def answers(self, items: tuple[int, ...], k: int = 10, new_items: float = 0.0) -> dict[str, list[Answer]]:
        """Model → its k best items, with reasons, and, for those that alignment compares, with the ranks before and after.

        new_items: as for `Recommender.recommend`."""
        shop, cold = self.recommender, self.recommender.split.cold
        found = {
            model: shop.answer(items, model, k, new_items=new_items) for model in shop.models
        }  # one pass through each
        before, after = (found[name].ranks for name in (CONTENT, ALIGNED))
        answered: dict[str, list[Answer]] = {}
        for model, one in found.items():
            compared = items and model != EVERYTHING  # without items all list what is popular: nothing has moved
            moves = zip(before[one.numbers].tolist(), after[one.numbers].tolist()) if compared else repeat((0, 0))
            answered[model] = [
                Answer(number, rank, because or None, *moved, new=bool(cold[number]))
                for rank, (number, because, moved) in enumerate(
                    zip(one.numbers.tolist(), one.because.tolist(), moves), 1
                )
            ]
        return answered
