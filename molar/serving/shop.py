"""A dataset and its checkpoint, opened once and asked many times: what `molar.load` gives."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

from molar.core.progress import Report, silent
from molar.serving.map_queries import ShopperMaps
from molar.serving.recommender import Recommender
from molar.serving.user_maps import VIEWS


@dataclass(frozen=True)
class Located:
    """Where a history lies on one map of users: the coordinates there, and the nearest users with their cosines."""

    map: str  # before, after or id
    model: str  # whose map it is: content, molar or sasrec
    x: float
    y: float
    nearest: list[tuple[str, float]]  # (user id, cosine in the model's own space), the nearest first


class Shop(Recommender):
    """The verbs of the command line over a checkpoint that stays open; item ids in, item ids out.

    >>> import molar
    >>> shop = molar.load("assets/demo", "checkpoints/demo")
    >>> [item.title for item in shop.search("whale", limit=2)]
    ['Gusty Whale', 'Windswept Whale No. 1']
    >>> [item.item_id for item in shop.recommend(["p0611", "p0108"], model="molar", k=3)]
    ['p0786', 'p0799', 'p0370']
    >>> shop.recommend_with_reasons(["p0611", "p0108"], k=1)[0].because
    'p0108'
    >>> shop.similar("p0611", k=1)[0].title
    'Windswept Whale'
    """

    checkpoint: Path

    @classmethod
    def load(cls, dataset_dir: str | Path, checkpoint_dir: str | Path) -> Self:
        """Open a dataset folder and its checkpoint. Raises MolarError when a part is missing or does not fit."""
        shop = super().load(dataset_dir, checkpoint_dir)
        shop.checkpoint = Path(checkpoint_dir)
        return shop

    @cached_property
    def maps(self) -> ShopperMaps:
        """The users' maps. Raises MolarError when they are not drawn, or were drawn from other models."""
        return ShopperMaps.load(self, self.checkpoint)

    def locate(self, history: Sequence[str]) -> list[Located]:
        """Where a history (item ids, oldest first) lies on each map; the first question takes some seconds.

        A map whose model knows none of the items is left out. Raises MolarError for an unknown item, for more than 500,
        and where there are no maps."""
        ids = self.maps.user_ids
        return [
            Located(view, VIEWS[view], place.x, place.y, [(str(ids[row]), float(cosine)) for row, cosine in place.near])
            for view, place in self.maps.locate(list(history)).items()
        ]

    def evaluate(self, out: str | Path, *, subset: str = "test", report: Report = silent) -> list[dict]:
        """Measure baselines, oracles and the checkpoint's models by full ranking; the rows, which also go to `out`.

        subset: "test" or "validation". Minutes on a CPU. See `molar.experiments.evaluate_checkpoint`."""
        from molar.experiments.evaluate import Options
        from molar.experiments.evaluate_checkpoint import evaluate_checkpoint

        options = Options(subset=subset, report=report)
        return evaluate_checkpoint(self.dataset.root, self.checkpoint, out, options)
