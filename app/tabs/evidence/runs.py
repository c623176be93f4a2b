"""What results/*.json hold, as the Evidence tab needs it. Files are read when somebody looks, and anew when changed."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from statistics import mean, stdev

from app.tabs.evidence import words
from molar.core.errors import MolarError

CURVES = "-curves"
MINUS, PROBE, AGAINST = "minus ", "probe ", "against "  # how the variants begin of rows that are no model's own ranking
HELD_OUT, ALIGNED = "held-out", "align/"  # the slice and the metrics of alignment
ABLATIONS, COLD = "ablations", "-cold"  # how the names of files begin or end that need another page
NDCG = "ndcg@10"
FULL_ML1M = 6000  # users from which on a file of MovieLens-1M speaks of all of it


@dataclass(frozen=True)
class Cell:
    """One model's number in one slice: the mean over its seeds, and what is known of its uncertainty."""

    value: float
    ci: list[float] | None  # mean of the seeds' intervals over users
    seeds: tuple[float, ...] = ()  # the single seeds' values where there are several

    @property
    def sd(self) -> float | None:
        """Standard deviation over seeds (n − 1)."""
        return stdev(self.seeds) if len(self.seeds) > 1 else None


@dataclass(frozen=True)
class Run:
    """The test rows of one results file on one dataset, in the order of the file."""

    key: str
    name: str  # the file's stem
    rows: list[dict] = field(repr=False)
    curves: list[dict] = field(repr=False, default_factory=list)

    @property
    def dataset(self) -> str:
        return self.rows[0]["dataset"]

    @property
    def data_hash(self) -> str:
        return self.rows[0]["data_hash"]

    @property
    def title(self) -> str:
        return words.RUNS.get(self.name) or f"{self.dataset} ({self.name})"

    @property
    def is_movielens(self) -> bool:
        return any(mark in f"{self.name} {self.dataset}".lower() for mark in ("ml1m", "ml-1m", "movielens"))

    @property
    def is_full_movielens(self) -> bool:
        """Whether its numbers may stand beside published ones: every user, and no film held back."""
        return self.is_movielens and self.size("all") >= FULL_ML1M and not self.name.endswith(COLD)

    @property
    def metrics(self) -> list[str]:
        """The metrics of METRICS that some model has."""
        found = {name for row in self.models_rows() for name in row["metrics"]}
        return [name for name in words.METRICS if name in found]

    @property
    def split_hashes(self) -> list[str]:
        """From the rows where they tell it, else from the trainings that they name."""
        told = [row.get("split_hash") for row in self.rows] + [curve.get("split_hash") for curve in self.curves]
        return list(dict.fromkeys(filter(None, told)))

    @property
    def is_ablation(self) -> bool:
        """Whether it holds one factor at a time, told against the default."""
        return self.name.startswith(ABLATIONS)

    def models_rows(self) -> list[dict]:
        return [row for row in self.rows if not row["variant"].startswith((MINUS, PROBE, AGAINST))]

    def probe_rows(self) -> list[dict]:
        """Those of models that had a part of their input taken away or exchanged."""
        return [row for row in self.rows if row["variant"].startswith(PROBE)]

    def aligned(self) -> dict[tuple[str, str], list[dict]]:
        """(model, variant) → its rows with alignment numbers, one a seed; the variant names another ID model."""
        found: dict = {}
        for row in self.rows:
            if row["slice"] == HELD_OUT and any(metric.startswith(ALIGNED) for metric in row["metrics"]):
                found.setdefault((row["model"], row["variant"]), []).append(row)
        return found

    def models(self) -> list[tuple[str, str]]:
        """(model, variant): baselines, then what was trained from worst to best by NDCG@10, then limits."""
        found = list(dict.fromkeys((row["model"], row["variant"]) for row in self.models_rows()))
        early, late = list(words.BASELINES), list(words.LIMITS)

        def place(one: tuple[str, str]) -> tuple:
            if one[0] in early:
                return 0, early.index(one[0])
            if one[0] in late:
                return 2, late.index(one[0])
            cell = self.cell(one, "all", NDCG)
            return 1, cell.value if cell else 0.0

        return sorted(found, key=place)

    def slices(self) -> list[str]:
        return list(dict.fromkeys(row["slice"] for row in self.models_rows()))

    def size(self, slice_: str) -> int:
        """How many users a slice holds; 0 where there is none."""
        return max((row["n"] for row in self.models_rows() if row["slice"] == slice_), default=0)

    def cell(self, model: tuple[str, str], slice_: str, metric: str) -> Cell | None:
        """None where it was not measured."""
        asked = (*model, slice_)
        rows = [row for row in self.models_rows() if (row["model"], row["variant"], row["slice"]) == asked]
        return cell_of([row for row in rows if metric in row["metrics"]], metric)

    def differences(self) -> dict[tuple[str, str], dict[str, list[dict]]]:
        """(model, other) → slice → its rows, one unless seeds were compared one by one."""
        return {pair: rows for pair, rows in self._compared().items() if not pair[1].startswith(PROBE)}

    def costs(self) -> dict[tuple[str, str], dict[str, list[dict]]]:
        """(model, probe) → slice → the rows of what the probe costs the model."""
        return {pair: rows for pair, rows in self._compared().items() if pair[1].startswith(PROBE)}

    def _compared(self) -> dict[tuple[str, str], dict[str, list[dict]]]:
        found: dict = {}
        for row in self.rows:
            if row["variant"].startswith(MINUS) and NDCG in row["metrics"]:
                pair = row["model"], row["variant"].removeprefix(MINUS)
                found.setdefault(pair, {}).setdefault(row["slice"], []).append(row)
        return found


def cell_of(rows: Sequence[dict], metric: str) -> Cell | None:
    """The seeds of one model on one slice, taken together."""
    if not rows:
        return None
    values = tuple(row["metrics"][metric] for row in rows)
    edges = [row["ci"][metric] for row in rows if row["ci"].get(metric)]
    ci = [mean(edge[side] for edge in edges) for side in (0, 1)] if len(edges) == len(rows) else None
    return Cell(mean(values), ci, values if len(values) > 1 else ())


def read_runs(folder: Path, served: str, checkpoint: Path | None = None) -> tuple[list[Run], list[str]]:
    """Every run in `folder` with test numbers, those on the data hash `served` first; and a sentence for each bad file.

    `checkpoint` lends the curves of its towers to runs of the same weights that have no file of curves.
    """
    runs, problems = [], []
    for path in sorted(folder.glob("*.json")):
        if path.stem.endswith(CURVES):
            continue
        try:
            by_data = _by_data(path)
            curves = _curves(path) if by_data else []
        except MolarError as error:
            problems.append(str(error))
            continue
        for place, (data_hash, rows) in enumerate(by_data.items()):
            known = [curve for curve in curves if curve["data_hash"] == data_hash]
            if not known and checkpoint is not None and data_hash == served:
                known = checkpoint_curves(checkpoint, rows)
            runs.append(Run(f"{path.stem}/{place}" if place else path.stem, path.stem, rows, known))
    order = {name: place for place, name in enumerate(words.RUNS)}
    runs.sort(key=lambda run: (run.data_hash != served, order.get(run.name, len(order)), run.key))
    return runs, problems


def _by_data(path: Path) -> dict[str, list[dict]]:
    """Data hash → test rows, of data with a ranking of all test users; {} for a file about something else."""
    found: dict[str, list[dict]] = {}
    for row in _rows(path, *_stamp(path)):
        if row["split"] == "test":
            found.setdefault(row["data_hash"], []).append(row)

    def ranked(row: dict) -> bool:
        return row["slice"] == "all" and not row["variant"] and NDCG in row["metrics"]

    return {data_hash: rows for data_hash, rows in found.items() if any(map(ranked, rows))}


def _stamp(path: Path) -> tuple[int, int]:
    """Changes when the file does."""
    found = path.stat()
    return found.st_mtime_ns, found.st_size


@lru_cache(maxsize=64)
def _rows(path: Path, changed: int, size: int) -> list[dict]:
    from molar.experiments.results import read_rows_with_variant as read_rows

    try:
        if "rows" not in json.loads(path.read_text(encoding="utf-8")):
            return []  # a file of another shape speaks of something else
    except (ValueError, TypeError) as error:
        raise MolarError(f"{path.name} is not a results file; write it again or move it away.") from error
    return read_rows(path)


def _curves(results: Path) -> list[dict]:
    from molar.experiments.curves import curves_path

    path = curves_path(results)
    return _read_curves(results, *_stamp(path)) if path.is_file() else []


@lru_cache(maxsize=64)
def _read_curves(results: Path, changed: int, size: int) -> list[dict]:
    from molar.experiments.curves import read_curves

    return [one for one in read_curves(results) if any(NDCG in epoch for epoch in one["curve"])]


def checkpoint_curves(checkpoint: Path, rows: list[dict]) -> list[dict]:
    """The curves of a checkpoint's towers whose weights `rows` name, in the shape of a curves file."""
    from molar.experiments.curves import curve_of

    measured, found = {row["weights_sha256"]: row for row in rows}, []
    for folder in sorted(path.parent for path in checkpoint.glob("*/model.safetensors")):
        try:
            curve = curve_of(folder, rows[0]["dataset"], folder.name)
        except MolarError:
            continue  # the folder holds something other than a tower
        if curve["curve"] and curve["weights_sha256"] in measured:
            found.append(curve | {"model": measured[curve["weights_sha256"]]["model"]})
    return found
