"""Writes the demo shop's items, pictures and hidden truth: `python -m scripts.printshop.write_catalogue OUT`.

OUT/items.csv, dataset.json and images/*.webp are what a recommender may see. OUT/truth/items.csv (motif, palette,
technique, launch …) is for the shopper simulator and for probes alone.
"""

import argparse
import csv
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from molar.core.progress import Report, Terminal, silent
from scripts.printshop.catalogue import COLUMNS, TRUTH_COLUMNS, Print, build_catalogue, item_row
from scripts.printshop.draw import draw

QUALITY = 58  # of WebP; about 9 kB a print
DATASET = {
    "name": "Print shop",
    "encoded_columns": ["title", "description", "artist", "series"],
    "note": "A made-up shop: the prints are drawn by a program (CC0), and its shoppers are simulated.",
}


def write_catalogue(out: Path, *, seed: int = 7, count: int = 1250, report: Report = silent) -> None:
    """Write the catalogue under `out`; the same seed and count always give the same rows and pixels."""
    prints = build_catalogue(seed, count)
    write_tables(out, prints)
    (out / "images").mkdir(exist_ok=True)
    for done, work in enumerate(prints, 1):
        draw(work).save(out / "images" / f"{work.item_id}.webp", quality=QUALITY, method=6)
        report(done, count, work.item_id)


def write_tables(out: Path, prints: Sequence[Print]) -> None:
    """Write all but the pictures."""
    (out / "truth").mkdir(parents=True, exist_ok=True)
    _write_csv(out / "items.csv", COLUMNS, [item_row(work) for work in prints])
    _write_csv(out / "truth" / "items.csv", TRUTH_COLUMNS, [asdict(work) for work in prints])
    (out / "dataset.json").write_text(json.dumps(DATASET, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _write_csv(path, columns, rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m scripts.printshop.write_catalogue", description=__doc__)
    parser.add_argument("out", type=Path, help="dataset folder to write, such as assets/demo")
    parser.add_argument("--count", type=int, default=1250, help="number of prints (1250)")
    parser.add_argument("--seed", type=int, default=7, help="seed of the catalogue (7)")
    parser.add_argument("--tables", action="store_true", help="write the tables alone, no picture")
    wanted = parser.parse_args()
    if wanted.tables:
        write_tables(wanted.out, build_catalogue(wanted.seed, wanted.count))
        return
    write_catalogue(wanted.out, seed=wanted.seed, count=wanted.count, report=Terminal("prints"))


if __name__ == "__main__":
    main()
