"""Where a history lies on the maps, and who is near: in the models' own spaces, without a layout being computed.

A map is drawn ahead (molar.serving.user_maps). A new point takes the weighted mean place of its nearest shoppers in the original
space, which is how UMAP itself begins to place new data (McInnes et al. 2018, transform); UMAP never runs here.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock

import numpy as np
import pandas as pd

from molar.core import schema as c
from molar.core.errors import MolarError
from molar.evaluation.alignment_metrics import unit_rows
from molar.evaluation.ranking import best_columns
from molar.serving.recommender import Recommender
from molar.serving.user_maps import MAPS, VIEWS, check_key, shopper_spaces

NEAREST = 10  # neighbours that place a point and that an inspector lists; the measure of the numbers beside the maps
LONGEST_HISTORY = 500  # items that a program may send at once
OWN_COLUMNS = {c.USER, "held_out", "history", "overlap_before_id", "overlap_after_id", "overlap_before_after"}
OWN_COLUMNS |= {f"{view}_{axis}" for view in VIEWS for axis in "xy"}


@dataclass(frozen=True)
class Place:
    """A point of one map: its coordinates there, the nearest shoppers (rows of the maps) and their cosines, best first."""

    x: float
    y: float
    nearest: np.ndarray  # (k,) int32
    similarity: np.ndarray  # (k,) float32

    @property
    def near(self) -> list[tuple[int, float]]:
        """(row of the maps, cosine) of the nearest shoppers."""
        return list(zip(self.nearest.tolist(), self.similarity.tolist()))


class ShopperMaps:
    """The three maps of one checkpoint with the spaces behind them. Row i is one shopper on all of them."""

    def __init__(self, recommender: Recommender, table: pd.DataFrame):
        """table: maps.csv."""
        self.recommender, self.table = recommender, table
        self._lock = Lock()
        dataset = recommender.dataset
        number_of = {str(user): number for number, user in enumerate(dataset.user_ids)}
        unknown = next((user for user in table[c.USER] if user not in number_of), None)
        if unknown is not None:
            raise MolarError(
                f'{MAPS} shows the shopper "{unknown}", whom {dataset.name} does not know: draw the maps again.'
            )
        self.user_ids = table[c.USER].to_numpy()  # (n,)
        self.users = np.array([number_of[user] for user in self.user_ids])  # (n,) user indices of the dataset
        self.points = {view: table[[f"{view}_x", f"{view}_y"]].to_numpy(np.float64) for view in VIEWS}  # (n, 2) each

    @classmethod
    def load(cls, recommender: Recommender, checkpoint_dir: str | Path) -> "ShopperMaps":
        """Open maps.csv. Raises MolarError when it is absent or was drawn from other models or users."""
        path = Path(checkpoint_dir) / MAPS
        if not path.is_file():
            raise MolarError("This checkpoint holds no maps yet: python -m molar draw-maps draws them.")
        table = pd.read_csv(path, dtype={c.USER: str}, keep_default_na=False)
        check_key(Path(checkpoint_dir), table[c.USER].to_numpy())
        return cls(recommender, table)

    def __len__(self) -> int:
        return len(self.table)

    @property
    def truths(self) -> list[str]:
        """The columns that the data's maker knows of each shopper, such as the room that a simulated one buys for."""
        return [column for column in self.table if column not in OWN_COLUMNS]

    @property
    def spaces(self) -> dict[str, np.ndarray]:
        """View → (n, dim) float32 rows of length one: the shoppers as the models see them.

        Computed when first asked for (a few seconds for 2,000 shoppers), once even where several threads ask.
        """
        with self._lock:
            return self._spaces

    @cached_property
    def _spaces(self) -> dict[str, np.ndarray]:
        models = {view: self.recommender.scorers[name].model for view, name in VIEWS.items()}
        return shopper_spaces(models, [self.history(row) for row in range(len(self))])

    def history(self, row: int) -> np.ndarray:
        """The item numbers from which shopper `row` was placed, oldest first."""
        return self.recommender.split.history_for(self.users[row], "test")

    def nearest(self, row: int) -> dict[str, Place]:
        """View → shopper `row` himself, with the shoppers nearest to him in that space."""
        return {
            view: Place(
                float(self.points[view][row, 0]),
                float(self.points[view][row, 1]),
                *self._nearest(view, space[row], leave_out=row),
            )
            for view, space in self.spaces.items()
        }

    def locate(self, history: list[str]) -> dict[str, Place]:
        """View → where a shopper with this history (item ids, oldest first) lies; {} for an empty history.

        A map whose model can rank none of the items is left out: the ID map, where nobody had bought them. Raises MolarError for an unknown item or
        for more than 500 items.
        """
        if len(history) > LONGEST_HISTORY:
            raise MolarError(f"A history here holds at most {LONGEST_HISTORY} items, not {len(history):,}.")
        numbers = np.array([self.recommender.dataset.item_number(item) for item in history], dtype=np.int64)
        places = {}
        for view, name in VIEWS.items():
            scorer = self.recommender.scorers[name]
            if not scorer.scorable[numbers].any():
                continue
            vector = unit_rows(scorer.model.user_vectors([numbers]))[0].astype(np.float32)
            nearest, similarity = self._nearest(view, vector)
            x, y = near_weights(similarity) @ self.points[view][nearest]
            places[view] = Place(float(x), float(y), nearest, similarity)
        return places

    def _nearest(self, view: str, vector: np.ndarray, leave_out: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        similarity = self.spaces[view] @ vector  # (n,)
        if leave_out is not None:
            similarity[leave_out] = -np.inf
        best = best_columns(similarity[None], min(NEAREST, len(self) - (leave_out is not None)))[0]
        return best, similarity[best]

    @cached_property
    def agreement(self) -> dict[str, dict[str, float]]:
        """Truth column → view → how many of a shopper's ten nearest share his value, as a mean share; "chance" beside."""
        found: dict[str, dict[str, float]] = {column: {} for column in self.truths}
        codes = {column: pd.factorize(self.table[column])[0] for column in found}
        for view, space in self.spaces.items():
            similarity = space @ space.T
            np.fill_diagonal(similarity, -np.inf)
            near = best_columns(similarity, NEAREST)
            for column, of in codes.items():
                found[column][view] = float((of[near] == of[:, None]).mean())
        for column, of in codes.items():
            counts = np.bincount(of)
            found[column]["chance"] = float((counts * (counts - 1)).sum() / (len(of) * (len(of) - 1)))
        return found


def near_weights(similarity: np.ndarray) -> np.ndarray:
    """(k,) weights that sum to 1, from cosines with the best first: exp(-(d - d_0) / mean(d - d_0)), d = 1 - cosine.

    The scale follows the point's own surroundings, as UMAP's memberships do; equally near shoppers weigh alike.
    """
    beyond = (similarity[0] - similarity).astype(np.float64)
    weights = np.exp(-beyond / max(beyond.mean(), 1e-12))
    return weights / weights.sum()
