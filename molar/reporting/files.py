"""Reads the folder of results: files are read when somebody looks, and again when changed."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from molar.core.errors import MolarError
from molar.experiments.curves import curve_of, curves_path, read_curves
from molar.experiments.offsets import offsets_path, read_offsets
from molar.experiments.results import OWN, read_rows
from molar.reporting import labels
from molar.reporting.labels import NDCG
from molar.reporting.rows import Results

CURVES = "-curves"
BEFORE = "before"  # the folder of results that newer models have replaced


def read_results(folder: Path, served: str = "", checkpoint: Path | None = None) -> tuple[list[Results], list[str]]:
    """All results in `folder` with test numbers, those on the data hash `served` first; and a sentence for each bad file.

    `checkpoint` lends the curves of its models to results of the same weights that have no file of curves.
    """
    found, problems = [], []
    for path in sorted(folder.glob("*.json")):
        if path.stem.endswith(CURVES):
            continue
        try:
            by_data = _by_data(path)
            curves = _cached(_curves, path, curves_path(path)) if by_data else []
            offsets = _cached(_offsets, path, offsets_path(path)) if by_data else []
        except MolarError as error:
            problems.append(str(error))
            continue
        for place, (data_hash, rows) in enumerate(by_data.items()):
            known = [curve for curve in curves if curve["data_hash"] == data_hash]
            if not known and checkpoint is not None and data_hash == served:
                known = checkpoint_curves(checkpoint, rows)
            shifted = [line for line in offsets if line["data_hash"] == data_hash]
            found.append(Results(path.stem, rows, known, place, shifted, _before(path)))
    order = {name: place for place, name in enumerate(labels.RUNS)}
    found.sort(key=lambda one: (one.data_hash != served, order.get(one.name, len(order)), one.key))
    return found, problems


def results_of(folder: Path, name: str) -> Results:
    """The test rows of results/NAME.json, of whatever data; without any where there is no such file."""
    path = folder / f"{name}.json"
    rows = [row for row in read_rows(path) if row["split"] == "test"]
    return Results(name, rows, read_curves(path), offsets=read_offsets(offsets_path(path)), before=_before(path))


def _before(path: Path) -> Results | None:
    """What the file of the same name in the folder `before` holds of the test split."""
    rows = [row for row in _cached(_rows, path.parent / BEFORE / path.name) if row["split"] == "test"]
    return Results(path.stem, rows) if rows else None


def _by_data(path: Path) -> dict[str, list[dict]]:
    """Data hash → test rows, of data with a ranking of all test users; {} for a file about something else."""
    found: dict[str, list[dict]] = {}
    for row in _cached(_rows, path):
        if row["split"] == "test":
            found.setdefault(row["data_hash"], []).append(row)
    return {data_hash: rows for data_hash, rows in found.items() if any(map(_is_ranking, rows))}


def _is_ranking(row: Mapping) -> bool:
    return row["kind"] == OWN and row["slice"] == "all" and not row["setting"] and NDCG in row["metrics"]


def _rows(path: Path) -> list[dict]:
    try:
        if "rows" not in json.loads(path.read_text(encoding="utf-8")):
            return []  # a file of another shape speaks of something else
    except (ValueError, TypeError) as error:
        raise MolarError(f"{path.name} is not a results file; write it again or move it away.") from error
    return read_rows(path)


def _curves(results: Path) -> list[dict]:
    return [one for one in read_curves(results) if any(NDCG in epoch for epoch in one["curve"])]


def _offsets(results: Path) -> list[dict]:
    return read_offsets(offsets_path(results))


def _cached(read: Callable[[Path], list[dict]], path: Path, changed: Path | None = None) -> list[dict]:
    """What `read` makes of `path`, until the file `changed`, by default `path` itself, changes; [] where that is absent."""
    file = changed or path
    if not file.is_file():
        return []
    found = file.stat()
    return _read(read, path, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=128)
def _read(read: Callable[[Path], list[dict]], path: Path, changed: int, size: int) -> list[dict]:
    return read(path)


def checkpoint_curves(checkpoint: Path, rows: Sequence[dict]) -> list[dict]:
    """The curves of a checkpoint's models whose weights `rows` name, in the shape of a curves file."""
    measured, found = {row["weights_sha256"]: row for row in rows}, []
    for folder in sorted(path.parent for path in checkpoint.glob("*/model.safetensors")):
        try:
            curve = curve_of(folder, rows[0]["dataset"], folder.name)
        except MolarError:
            continue  # the folder holds something other than a model
        if curve["curve"] and curve["weights_sha256"] in measured:
            found.append(curve | {"model": measured[curve["weights_sha256"]]["model"]})
    return found
