"""Personas: real test shoppers whose last choices a visitor can borrow."""

import hashlib
from dataclasses import dataclass

import pandas as pd

from molar.core.schema import IMAGE
from molar.data.dataset import Dataset
from molar.data.splits import Split

PERSONAS = 4
BORROWED_ITEMS = 4


@dataclass(frozen=True)
class Persona:
    """A test shopper's last choices before the one that is tested; `label` is the first true column, or the user id."""

    user_id: str
    label: str
    items: tuple[int, ...]


def personas(dataset: Dataset, split: Split, truth: pd.DataFrame | None) -> list[Persona]:
    """Four shoppers with pictures for their last four choices, where possible with four different labels.

    The choice depends on the data alone: the first of each label by a hash of the user id.
    """
    users = split.evaluation_users("test")
    found: dict[str, Persona] = {}
    for u in sorted(users, key=lambda u: hashlib.sha256(str(dataset.user_ids[u]).encode()).digest()):
        user_id = str(dataset.user_ids[u])
        label = truth.iloc[:, 0].get(user_id, "") if truth is not None else user_id
        items = tuple(int(number) for number in split.history_for(u, "test")[-BORROWED_ITEMS:])
        if not label or label in found or len(set(items)) < BORROWED_ITEMS:
            continue
        if all(dataset.image_path(number) for number in items) or IMAGE not in dataset.items:
            found[label] = Persona(user_id, str(label), items)
        if len(found) == PERSONAS:
            break
    return list(found.values())
