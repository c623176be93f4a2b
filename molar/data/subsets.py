"""A frozen variant of a dataset folder: a small part of it, or one in which some items are cold.

    python -m molar subset DATASET OUT --users 600 --items 500     # some users, and the items most popular among them
    python -m molar subset DATASET OUT --cold-items 0.1            # a tenth of the items in no training prefix

Popularity here counts whole histories, validation and test targets included: which items exist at all is chosen with
knowledge of the targets, so accuracy on a subset is optimistic for every model alike. The subset of
results/ml1m-600.json is frozen, so it stays as it is.

Leave-one-out on long histories has hardly a cold target: every item was bought by somebody earlier. `--cold-items`
makes some: a share of the items, chosen by a hash of their id, is taken out of every history but for its last two
places. So these items are validation and test targets as often as before, stand before the test target where they are
the validation item, and are in no training prefix. The catalogue stays whole, and so do its item vectors.
"""

import csv
import dataclasses
import hashlib
import json
import os
import shutil
from pathlib import Path

import numpy as np

from molar.core import schema as c
from molar.core.errors import MolarError
from molar.data.dataset import Dataset, load_dataset
from molar.data.images import IMAGES_FOLDER
from molar.data.validation import ITEMS_FILE, SETTINGS_FILE

FEWEST_PURCHASES = 5  # shorter histories leave nothing to learn from once the two targets are taken off


def make_subset(source: str | Path, out: str | Path, *, users: int, films: int) -> Path:
    """Write the subset as a dataset folder and give back its path. A folder that is there already is left as it is.

    Histories keep their order; users with fewer than five purchases of the chosen items are left out, so there may be
    fewer than `users`. Raises DatasetError for a bad source, MolarError where it is smaller than what is asked for.
    """
    if _is_there(out := Path(out)):
        return out
    dataset = load_dataset(source)
    if not 0 < users <= dataset.n_users or not 0 < films <= dataset.n_items:
        raise MolarError(
            f"{dataset.name} has {dataset.n_users:,} users and {dataset.n_items:,} items; "
            f"a subset of {users:,} and {films:,} cannot be taken"
        )
    chosen = choose_users(dataset, users)
    bought = np.bincount(np.concatenate([dataset.history(u) for u in chosen]), minlength=dataset.n_items + 1)
    numbers = np.sort(np.argsort(-bought[1:], kind="stable")[:films] + 1)  # in the order of the source
    return _write(dataset, out, chosen, numbers, f"{dataset.name}, {users:,} users and {films:,} items")


def make_cold_variant(source: str | Path, out: str | Path, *, share: float) -> Path:
    """Write the dataset with `share` of its items made cold (`with_cold_items`) and give back its path.

    Users with fewer than five purchases left are left out. A folder that is there already is left as it is. Raises
    DatasetError for a bad source, MolarError for a share that is not between 0 and 1."""
    if not 0 < share < 1:
        raise MolarError(f"the share of cold items must lie between 0 and 1, not {share}")
    if _is_there(out := Path(out)):
        return out
    dataset = with_cold_items(load_dataset(source), share)
    return _write(dataset, out, np.arange(dataset.n_users), np.arange(1, dataset.n_items + 1), dataset.name)


def with_cold_items(dataset: Dataset, share: float) -> Dataset:
    """The dataset with `share` of its items, chosen by a hash, taken out of every training prefix: they become cold.

    The last two purchases, which leave-one-out asks for, stay. Who then has fewer than three would train on them, so
    they lose the cold ones among them too."""
    by_hash = sorted(
        range(1, dataset.n_items + 1),
        key=lambda item: hashlib.sha256(f"cold {dataset.item_ids[item]}".encode()).digest(),
    )
    cold = np.zeros(dataset.n_items + 1, bool)
    cold[by_hash[: round(share * dataset.n_items)]] = True
    lengths = np.diff(dataset.offsets)
    users = np.repeat(np.arange(dataset.n_users), lengths)
    from_end = dataset.offsets[1:][users] - np.arange(len(dataset.sequence))  # 1: the last purchase
    kept = ~cold[dataset.sequence] | (from_end <= 2)
    left = np.bincount(users[kept], minlength=dataset.n_users)
    kept &= ~cold[dataset.sequence] | (left[users] >= 3)
    return dataclasses.replace(
        dataset,
        name=f"{dataset.name}, {share:.0%} of the items made cold",
        sequence=dataset.sequence[kept],
        offsets=np.concatenate([[0], np.cumsum(np.bincount(users[kept], minlength=dataset.n_users))]).astype(np.int64),
        times=None if dataset.times is None else dataset.times[kept],
        data_hash=hashlib.sha256(f"{dataset.data_hash} cold {share}".encode()).hexdigest()[:16],
    )


def _is_there(out: Path) -> bool:
    """Whether the folder holds a dataset already. Raises MolarError where it holds something else."""
    if (out / ITEMS_FILE).exists():
        return True
    if out.exists() and any(out.iterdir()):
        raise MolarError(f"{out} holds something that is no dataset; name an empty or a new folder")
    return False


def _write(dataset: Dataset, out: Path, users: np.ndarray, numbers: np.ndarray, name: str) -> Path:
    """The folder of these users and items, whole or not at all: what a stopped copy leaves is not mistaken for it."""
    scratch = out.with_name(out.name + ".part")
    shutil.rmtree(scratch, ignore_errors=True)
    (scratch / IMAGES_FOLDER).mkdir(parents=True)
    _write_items(dataset, numbers, scratch)
    _write_histories(dataset, users, numbers, scratch / "interactions.csv")
    settings = {"name": name, "note": dataset.note, "encoded_columns": list(dataset.encoded_columns)}
    (scratch / SETTINGS_FILE).write_text(json.dumps(settings, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    os.replace(scratch, out)
    return out


def choose_users(dataset: Dataset, count: int) -> np.ndarray:
    """Indices of `count` users, the first by a hash of their id, in the order of the source.

    The hash is salted: the split chooses held-out users by the plain hash, and must find its tenth among these.
    """
    keys = [hashlib.sha256(f"subset {user_id}".encode()).digest() for user_id in dataset.user_ids]
    return np.array(sorted(sorted(range(dataset.n_users), key=keys.__getitem__)[:count]), dtype=np.int64)


def _write_items(dataset: Dataset, numbers: np.ndarray, out: Path) -> None:
    dataset.items.iloc[numbers - 1].to_csv(out / ITEMS_FILE, index=False, lineterminator="\n")
    for number in numbers:
        if picture := dataset.image_path(number):
            copy = out / IMAGES_FOLDER / picture.relative_to(dataset.root / IMAGES_FOLDER)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(picture, copy)


def _write_histories(dataset: Dataset, users: np.ndarray, numbers: np.ndarray, path: Path) -> None:
    kept = np.zeros(dataset.n_items + 1, dtype=bool)
    kept[numbers] = True
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow([c.USER, c.ITEM, c.ORDER] + ([c.TIMESTAMP] if dataset.times is not None else []))
        for u in users:
            places = np.arange(dataset.offsets[u], dataset.offsets[u + 1])
            places = places[kept[dataset.sequence[places]]]
            if len(places) < FEWEST_PURCHASES:
                continue
            for order, place in enumerate(places):
                time = [dataset.times[place]] if dataset.times is not None else []
                table.writerow([dataset.user_ids[u], dataset.item_ids[dataset.sequence[place]], order, *time])
