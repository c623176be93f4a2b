"""A frozen small part of a dataset folder: some users, chosen by a hash, and the items most popular among them.

    python -m molar.subset DATASET OUT --users 600 --films 500

Popularity here counts whole histories, validation and test targets included: which items exist at all is chosen with
knowledge of the targets, so accuracy on a subset is optimistic for every model alike. The subset of
results/ml1m-600.json is frozen, so it stays as it is.
"""

import argparse
import csv
import hashlib
import json
import os
import shutil
import sys
from pathlib import Path

import numpy as np

from molar import columns as c
from molar.check import ITEMS_FILE, SETTINGS_FILE
from molar.data import Dataset, load_dataset
from molar.errors import MolarError
from molar.pictures import IMAGES_FOLDER

FEWEST_PURCHASES = 5  # shorter histories leave nothing to learn from once the two targets are taken off


def make_subset(source: str | Path, out: str | Path, *, users: int, films: int) -> Path:
    """Write the subset as a dataset folder and give back its path. A folder that is there already is left as it is.

    Histories keep their order; users with fewer than five purchases of the chosen items are left out, so there may be
    fewer than `users`. Raises DatasetError for a bad source, MolarError where it is smaller than what is asked for.
    """
    out = Path(out)
    if (out / ITEMS_FILE).exists():
        return out
    if out.exists() and any(out.iterdir()):
        raise MolarError(f"{out} holds something that is no dataset; name an empty or a new folder")
    dataset = load_dataset(source)
    if not 0 < users <= dataset.n_users or not 0 < films <= dataset.n_items:
        raise MolarError(f"{dataset.name} has {dataset.n_users:,} users and {dataset.n_items:,} items; "
                         f"a subset of {users:,} and {films:,} cannot be taken")
    chosen = choose_users(dataset, users)
    bought = np.bincount(np.concatenate([dataset.history(u) for u in chosen]), minlength=dataset.n_items + 1)
    numbers = np.sort(np.argsort(-bought[1:], kind="stable")[:films] + 1)  # in the order of the source
    # Whole or not at all: what a stopped copy leaves behind is not mistaken for the subset.
    scratch = out.with_name(out.name + ".part")
    shutil.rmtree(scratch, ignore_errors=True)
    (scratch / IMAGES_FOLDER).mkdir(parents=True)
    _write_items(dataset, numbers, scratch)
    _write_histories(dataset, chosen, numbers, scratch / "interactions.csv")
    settings = {"name": f"{dataset.name}, {users:,} users and {films:,} items", "note": dataset.note,
                "encoded_columns": list(dataset.encoded_columns)}
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


def main() -> int:
    """Cut the subset that the command line names. Returns the exit code: 0, or 2 for an error the user can mend."""
    parser = argparse.ArgumentParser(prog="python -m molar.subset", description="Cut a small part out of a dataset.")
    parser.add_argument("dataset", type=Path, help="the dataset folder to cut from")
    parser.add_argument("out", type=Path, help="the folder to write")
    parser.add_argument("--users", type=int, required=True, help="how many users, chosen by a hash of their id")
    parser.add_argument("--films", type=int, required=True, help="how many items, the most popular among these users")
    options = parser.parse_args()
    try:
        print(make_subset(options.dataset, options.out, users=options.users, films=options.films))
    except MolarError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
