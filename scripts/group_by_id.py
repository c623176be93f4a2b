"""Which items are variants of one another, where their ids say so: those that begin alike.

    python -m scripts.group_by_id DATASET --first 7 --out groups.csv

writes item_id and group, the first characters of the id, for `evaluate --groups`.
"""

import argparse
import csv
from collections import Counter
from pathlib import Path

from molar.core.errors import MolarError
from molar.core.schema import ITEM
from molar.data.dataset import Dataset, load_dataset
from molar.data.lists import GROUP
from scripts import entry


def write_groups(dataset: Dataset, first: int, out: Path) -> Counter[str]:
    """Write the file and return how many items each group has. Raises MolarError where no two ids begin alike."""
    groups = [str(item_id)[:first] for item_id in dataset.item_ids[1:]]
    sizes = Counter(groups)
    if len(sizes) == len(groups):
        raise MolarError(f"No two ids of {dataset.name} have the same first {first} characters.")
    with out.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow([ITEM, GROUP])
        table.writerows(zip(dataset.item_ids[1:], groups, strict=True))
    return sizes


def main() -> int:
    """Write the groups, and tell how many there are. Returns the exit code."""
    parser = entry.parser("scripts.group_by_id", __doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--first", type=int, required=True, help="how many characters of an id name its group")
    parser.add_argument("--out", type=Path, required=True)
    return entry.run(parser, _write)


def _write(options: argparse.Namespace) -> None:
    sizes = write_groups(load_dataset(options.dataset, interactions=None), options.first, options.out)
    variants = sum(size for size in sizes.values() if size > 1)
    print(f"{options.out}: {sizes.total():,} items in {len(sizes):,} groups; {variants:,} have a variant")


if __name__ == "__main__":
    raise SystemExit(main())
