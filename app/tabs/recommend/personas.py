"""Real test shoppers: the personas a visitor can borrow, and what the dataset knows to be true of them."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from molar.core.schema import IMAGE, USER
from molar.data.dataset import Dataset
from molar.data.splits import Split

TRUTH = Path("truth") / "shoppers.csv"  # user_id, and columns that hold of the shopper, the most telling one first
PERSONAS = 4
BORROWED_PICKS = 4


@dataclass(frozen=True)
class Persona:
    """A test shopper's last choices before the one that is tested; `label` is the first true column, or the user id."""

    user_id: str
    label: str
    picks: tuple[int, ...]


def read_truth(dataset: Dataset) -> pd.DataFrame | None:
    """What is true of each shopper, by user id; None for a dataset that does not say."""
    path = dataset.root / TRUTH
    if not path.is_file():
        return None
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    return table.set_index(USER) if USER in table and table.shape[1] > 1 and table[USER].is_unique else None


def personas(dataset: Dataset, split: Split, truth: pd.DataFrame | None) -> list[Persona]:
    """Four shoppers with pictures for their last four choices, where possible with four different labels.

    The choice depends on the data alone: the first of each label by a hash of the user id.
    """
    users = split.evaluation_users("test")
    found: dict[str, Persona] = {}
    for u in sorted(users, key=lambda u: hashlib.sha256(str(dataset.user_ids[u]).encode()).digest()):
        user_id = str(dataset.user_ids[u])
        label = truth.iloc[:, 0].get(user_id, "") if truth is not None else user_id
        picks = tuple(int(number) for number in split.history_for(u, "test")[-BORROWED_PICKS:])
        if not label or label in found or len(set(picks)) < BORROWED_PICKS:
            continue
        if all(dataset.image_path(number) for number in picks) or IMAGE not in dataset.items:
            found[label] = Persona(user_id, str(label), picks)
        if len(found) == PERSONAS:
            break
    return list(found.values())
