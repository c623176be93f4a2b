"""Write the simulated shoppers of the print shop: `python -m scripts.printshop.write_shoppers assets/demo`.

Three hidden-taste ratios, the same shoppers: interactions.csv (50 %), interactions-0.csv, interactions-100.csv.
Beside them truth/: shoppers.csv (tastes), oracle*.csv.gz (ranks of the oracles), limits.json (their metrics), taste.json
(every parameter, and the sha256 of every interactions file). A minute on one core; the same bytes every time.
"""

import argparse
import gzip
import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pandas as pd

from molar.core.progress import Report, Terminal, silent
from molar.core.schema import ATTAINABLE_ORACLE, BAYES_ORACLE, ITEM, LATENT_PREFERENCE_ORACLE, TIMESTAMP, USER
from molar.data.segments import AMONG_COLD
from molar.evaluation.metrics import averages
from scripts.printshop.attainable import learnable
from scripts.printshop.catalogue import Print, build_catalogue
from scripts.printshop.oracle import Limits, limits, popularity_ranks
from scripts.printshop.shoppers import HELD_OUT, Purchases, simulate
from scripts.printshop.tastes import MOTIF_GROUPS, PALETTE_RING, TYPE_COLUMNS, Shop, Taste, open_shop

TASTE_RATIOS = {"": 0.5, "-0": 0.0, "-100": 1.0}  # ending of the file name: hidden share of the variance of taste
NAMES = {  # in results, and in `Limits`
    LATENT_PREFERENCE_ORACLE: "knowing",
    BAYES_ORACLE: "reading",
    ATTAINABLE_ORACLE: "attainable",
    f"{BAYES_ORACLE}-without-room": "roomless",
}
SPLITS = ("validation", "test")  # the last purchases of a shopper, in this order


def write_shoppers(out: Path, prints: Sequence[Print], taste: Taste, report: Report = silent) -> dict:
    """Simulate and write the histories of all ratios into the dataset folder `out`; returns what truth/taste.json holds."""
    truth = out / "truth"
    truth.mkdir(parents=True, exist_ok=True)
    rows, files = [], {}
    for done, (ending, hidden) in enumerate(TASTE_RATIOS.items()):
        report(done, len(TASTE_RATIOS), f"hidden taste {hidden:.0%}")
        shop = open_shop(prints, replace(taste, hidden=hidden))
        purchases = simulate(shop)
        name = f"interactions{ending}.csv"
        table = as_csv(interactions(shop, purchases))
        digest = hashlib.sha256(table).hexdigest()  # of what is packed, since another zlib may pack it otherwise
        (out / f"{name}.gz").write_bytes(gzip.compress(table, mtime=0))
        files[name] = {
            "hidden": hidden,
            "sha256": digest,
            "shoppers": len(purchases.types),
            "purchases": len(purchases.items),
        }
        found = limits(shop, learnable(prints, shop), purchases)
        write_table(truth / f"oracle{ending}.csv.gz", oracle_table(shop, purchases, found))
        rows += [{"interactions": name, "hidden": hidden, **row} for row in limit_rows(shop, purchases, found)]
    write_table(truth / "shoppers.csv", shopper_table(shop, purchases))  # the ratio leaves the tastes as they are
    parameters = {name: value for name, value in asdict(taste).items() if name != "hidden"}
    about = {
        "command": "python -m scripts.printshop.write_shoppers",
        "parameters": parameters,
        "interactions": files,
        "motif_groups": MOTIF_GROUPS,
        "palette_ring": PALETTE_RING,
        "catalogue_sha256": catalogue_hash(prints),
    }
    write_json(truth / "taste.json", json.dumps(about, indent=1, ensure_ascii=False))
    write_json(truth / "limits.json", '{"rows": [\n' + ",\n".join(map(json.dumps, rows)) + "\n]}")
    report(len(TASTE_RATIOS), len(TASTE_RATIOS), "")
    return about


def interactions(shop: Shop, purchases: Purchases) -> pd.DataFrame:
    users = np.repeat(purchases.user_ids(), np.diff(purchases.offsets))
    return pd.DataFrame({USER: users, ITEM: np.array(shop.item_ids)[purchases.items], TIMESTAMP: purchases.times})


def held_out(purchases: Purchases) -> np.ndarray:
    """(shoppers, 2) prints of the last two purchases."""
    return purchases.items[purchases.offsets[1:, None] - HELD_OUT + np.arange(HELD_OUT)]


def oracle_table(shop: Shop, purchases: Purchases, found: Limits) -> pd.DataFrame:
    """One row for each shopper and split; the probabilities are those of the print that was then bought."""
    people = len(purchases.types)
    return pd.DataFrame(
        {
            USER: np.repeat(purchases.user_ids(), HELD_OUT),
            "split": np.tile(SPLITS, people),
            ITEM: np.array(shop.item_ids)[held_out(purchases)].ravel(),
            **{f"{name}_rank": found.ranks[name].ravel() for name in ("knowing", "reading", "attainable")},
            "attainable_among_cold": found.among_cold["attainable"].ravel(),
            **{f"{name}_p": chances.ravel() for name, chances in found.chances.items()},
        }
    )


def shopper_table(shop: Shop, purchases: Purchases) -> pd.DataFrame:
    """The true taste of every shopper, in words."""
    tastes = shop.types[purchases.types].T  # (4, shoppers)
    named = {
        column: np.array(names)[numbers]
        for column, names, numbers in zip(TYPE_COLUMNS, shop.names, tastes, strict=True)
    }
    return pd.DataFrame({USER: purchases.user_ids(), "room": named.pop("room"), **named})


def limit_rows(shop: Shop, purchases: Purchases, found: Limits) -> list[dict]:
    """Metrics of the oracles and of popularity, by split and slice."""
    ranks = {name: (found.ranks[one], found.among_cold[one]) for name, one in NAMES.items()}
    ranks["popularity"] = popularity_ranks(shop, purchases)
    cold = shop.cold[held_out(purchases)]
    rows = []
    for place, split in enumerate(SPLITS):
        new = cold[:, place]
        for piece, mask in (("all", new | True), ("warm", ~new), ("cold", new), (AMONG_COLD, new)):
            for model, of_model in ranks.items():
                values = averages(of_model[piece == AMONG_COLD][mask, place]) if mask.any() else {}
                values = {name: round(value, 6) for name, value in values.items()}
                rows.append({"split": split, "slice": piece, "model": model, "n": int(mask.sum()), "metrics": values})
    return rows


def catalogue_hash(prints: Sequence[Print]) -> str:
    """What the shoppers react to; a catalogue with another hash needs other shoppers."""
    seen = ("item_id", "motif", "palette", "technique", "artist", "series", "edition", "launch")
    text = "\n".join("\t".join(str(getattr(item, name)) for name in seen) for item in prints)
    return hashlib.sha256(text.encode()).hexdigest()


def as_csv(table: pd.DataFrame) -> bytes:
    return table.to_csv(index=False, lineterminator="\n", float_format="%.5g").encode()


def write_table(path: Path, table: pd.DataFrame) -> None:
    written = as_csv(table)
    path.write_bytes(gzip.compress(written, mtime=0) if path.suffix == ".gz" else written)


def write_json(path: Path, text: str) -> None:
    path.write_text(text + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description="Simulate the shoppers of the print shop.")
    parser.add_argument("out", type=Path, help="the dataset folder, for instance assets/demo")
    out = parser.parse_args().out
    about = write_shoppers(out, build_catalogue(), Taste(), Terminal("shoppers"))
    for name, file in about["interactions"].items():
        print(
            f"{out / name}: {file['purchases']:,} purchases of {file['shoppers']:,} shoppers, {file['sha256'][:16]}",
            file=sys.stderr,
        )


if __name__ == "__main__":
    main()
