"""Metric by epoch: the learning curves of measured models, in a file beside their results.

results/NAME-curves.json = {"curves": [{"dataset", "data_hash", "split_hash", "model", "seed", "command",
"weights_sha256", "curve": [{"epoch", "ndcg@10", …}]}]}, one model and seed a line; NDCG@10 is that of validation.
"""

from pathlib import Path

from molar.core.io import write_json
from molar.experiments.results import merged, read_entries

FIELDS = ("dataset", "data_hash", "split_hash", "model", "seed", "command", "weights_sha256", "curve")
KEY = ("dataset", "split_hash", "model", "seed")


def curves_path(results: Path) -> Path:
    """Where the curves of a results file lie."""
    return results.with_name(f"{results.stem}-curves.json")


def curve_of(folder: Path, dataset: str, model: str) -> dict:
    """The curve that the training of the model in `folder` left in its config.json, under these names."""
    from molar.storage.checkpoint import read_meta, weights_sha256

    meta = read_meta(folder)
    hashes = {name: meta.get(name, "") for name in ("data_hash", "split_hash")}
    named = {"dataset": dataset, **hashes, "model": model, "seed": int(meta.get("seed", 0))}
    made = {"command": meta.get("command", ""), "weights_sha256": weights_sha256(folder)}
    return named | made | {"curve": [_rounded(epoch) for epoch in meta.get("curve", [])]}


def _rounded(epoch: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 6) for name, value in epoch.items()}


def read_curves(results: Path) -> list[dict]:
    """The curves beside a results file, [] when there are none; raises MolarError when the file has another shape."""
    return read_entries(curves_path(results), "curves", FIELDS)


def write_curves(results: Path, curves: list[dict]) -> None:
    """Merge `curves` into the file beside `results` by `KEY`, atomically; those of data that are gone are dropped."""
    whole = merged(read_curves(results), curves, KEY)
    if whole:
        write_json(curves_path(results), {"curves": whole}, one_per_line="curves")
