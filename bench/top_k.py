"""One list of ten: FAISS against all scores and a partial sort, for one user and for a block of users.

    python -m bench.top_k [--items 1250 100000] [--rounds 400]

Random vectors of 128 numbers, histories of 20 items. Prints milliseconds, the best of the rounds; both give the same lists.
"""

import argparse
import json
import os
import time

import numpy as np
import torch

from molar.evaluation.ranking import LIST_LENGTH, ItemIndex, ModelScorer, best_items

DIM, HISTORY, BLOCK = 128, 20, 128


class Drawn:
    """Item vectors as a model has them; user vectors are drawn beside it."""

    requires = ()

    def __init__(self, items: int, rng: np.random.Generator):
        self.vectors = rng.normal(size=(items + 1, DIM)).astype(np.float32)

    def item_matrix(self) -> torch.Tensor:
        return torch.from_numpy(self.vectors)

    def item_bias(self) -> torch.Tensor:
        return torch.zeros(len(self.vectors))

    def scorable(self, split) -> np.ndarray:
        return np.arange(len(self.vectors)) > 0


def best_ms(ask, rounds: int) -> float:
    """The fastest of so many calls."""
    ask()
    seconds = []
    for _ in range(rounds):
        began = time.perf_counter()
        ask()
        seconds.append(time.perf_counter() - began)
    return round(1000 * min(seconds), 3)


def measure(items: int, rounds: int) -> dict:
    """Both ways over one catalogue."""
    rng = np.random.default_rng(0)
    scorer = ModelScorer("drawn", Drawn(items, rng), None)
    index = ItemIndex(scorer)
    users = rng.normal(size=(BLOCK, DIM)).astype(np.float32)
    seen = rng.integers(1, items + 1, (BLOCK, HISTORY))

    def scored(count: int) -> np.ndarray:
        places = (np.arange(count)[:, None] * (items + 1) + seen[:count]).ravel()
        return best_items(scorer.scores_of(users[:count]), places, LIST_LENGTH)

    def searched(count: int) -> np.ndarray:
        return np.stack([index.top(users[row], seen[row], LIST_LENGTH)[0] for row in range(count)])

    if not np.array_equal(scored(BLOCK), searched(BLOCK)):
        raise SystemExit("the two ways give different lists")
    found = {"items": items}
    for name, count in (("one user", 1), (f"{BLOCK} users", BLOCK)):
        turns = max(1, rounds // count)
        found[f"{name}: FAISS"] = best_ms(lambda count=count: searched(count), turns)
        found[f"{name}: all scores"] = best_ms(lambda count=count: scored(count), turns)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, nargs="+", default=[1_250, 100_000])
    parser.add_argument("--rounds", type=int, default=400)
    wanted = parser.parse_args()
    measured = [measure(items, wanted.rounds) for items in wanted.items]
    print(json.dumps({"ms": measured, "load": os.getloadavg()[0]}, indent=1))


if __name__ == "__main__":
    main()
