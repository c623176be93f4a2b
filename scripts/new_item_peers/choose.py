"""How every peer is trained and its settings chosen: equal budgets, and new items among new items on validation.

TRIALS settings a peer, of which the first are the published ones and the others drawn; STEPS steps of BATCH training
positions a trial, of which the best of LOOKS looks is kept. KNN, which trains nothing, tries all of its settings.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import torch

from molar.core.errors import MolarError
from molar.core.progress import Report, silent
from molar.evaluation.metrics import ndcg
from molar.evaluation.ranking import evaluate_ranks
from scripts.new_item_peers import aldi, clcrec, gorec, knn
from scripts.new_item_peers.backbone import Backbone, NewItems

TRIALS, STEPS, BATCH, LOOKS = 8, 600, 512, 6
WEIGHT_DECAY = 1e-4
KNN, TRAINED = "cold-knn", {"clcrec": clcrec.CLCRec, "aldi": aldi.ALDI, "gorec": gorec.GoRec}
SPACES = {KNN: knn.SPACE, "clcrec": clcrec.SPACE, "aldi": aldi.SPACE, "gorec": gorec.SPACE}


@dataclass(frozen=True)
class Budget:
    """What each peer may use: settings tried, steps a trial, training positions a step, looks at validation a trial."""

    trials: int = TRIALS
    steps: int = STEPS
    batch: int = BATCH
    looks: int = LOOKS


BUDGET = Budget()


class Judge:
    """NDCG@10 on validation of users whose target is new, among new items alone: what settings are chosen by.

    Raises MolarError where nobody has such a target."""

    name = "new items alone"

    def __init__(self, backbone: Backbone):
        self.split, users = backbone.split, backbone.split.evaluation_users("validation")
        self.asked = users[self.split.cold[self.split.targets_of(users, "validation")]]
        if not len(self.asked):
            name = self.split.dataset.name
            raise MolarError(f"{name} has no validation targets without training purchases to choose by.")
        self.cold = np.flatnonzero(self.split.cold)
        histories = self.split.histories_of(self.asked, "validation")
        self.vectors = backbone.scorer.model.user_vectors(histories, self.asked)
        self.new_items: NewItems | None = None

    def __call__(self, new_items: NewItems) -> float:
        self.new_items = new_items
        return float(ndcg(evaluate_ranks(self, self.split, "validation", self.asked), 10).mean())

    def scores(self, histories: Sequence[np.ndarray], users: np.ndarray | None = None) -> np.ndarray:
        """(n, n_items + 1) float32 of `users` among `asked`, -inf for warm items."""
        assert self.new_items is not None and users is not None
        scores = np.full((len(users), len(self.split.cold)), -np.inf, np.float32)
        scores[:, self.cold] = self.new_items.scores(self.vectors[np.searchsorted(self.asked, users)], self.cold)
        return scores


def settings_to_try(peer: str, trials: int) -> list[dict]:
    """The first of SPACES, then settings drawn by the peer's name and the trial's number; of KNN all there are."""
    space = SPACES[peer]
    if peer == KNN:
        return [dict(zip(space, values, strict=True)) for values in product(*space.values())]
    tried = [{name: values[0] for name, values in space.items()}]
    for trial in range(1, trials):
        rng = np.random.default_rng([zlib.crc32(peer.encode()), trial])
        tried.append({name: values[int(rng.integers(len(values)))] for name, values in space.items()})
    return tried


def fit(
    peer: str, backbone: Backbone, settings: dict, judge: Judge, *, seed: int = 0, budget: Budget = BUDGET
) -> tuple[NewItems, float]:
    """A peer with these settings, and its quality by `judge`, the best of its looks."""
    if peer == KNN:
        made = knn.fit(backbone, settings)
        return made, judge(made)
    rng = np.random.default_rng([seed, 3])
    best: tuple[NewItems, float] | None = None
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = TRAINED[peer](backbone, settings)
        optimizer = torch.optim.AdamW(model.parameters(), lr=settings["lr"], weight_decay=WEIGHT_DECAY)
        looks = {budget.steps * look // budget.looks for look in range(1, budget.looks + 1)}
        for step in range(1, budget.steps + 1):
            model.train()
            rows = rng.integers(len(backbone.targets), size=budget.batch)
            value = model.loss(torch.from_numpy(backbone.states[rows]), torch.from_numpy(backbone.targets[rows]), rng)
            optimizer.zero_grad(set_to_none=True)
            value.backward()
            optimizer.step()
            if step in looks:
                model.eval()
                with torch.no_grad():
                    made = model.new_items()
                quality = judge(made)
                if best is None or quality > best[1]:
                    best = made, quality
    assert best is not None
    return best


def choose(
    peer: str, backbone: Backbone, judge: Judge, *, budget: Budget = BUDGET, report: Report = silent
) -> tuple[dict, float]:
    """The settings of the best trial of seed 0, the first of equals, and its quality."""
    found: list[tuple[dict, float]] = []
    tried = settings_to_try(peer, budget.trials)
    for settings in tried:
        found.append((settings, fit(peer, backbone, settings, judge, budget=budget)[1]))
        report(len(found), len(tried), f"{peer}: {found[-1][1]:.4f} with {settings}")
    return max(found, key=lambda one: one[1])
