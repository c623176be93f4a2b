"""The one shape of every results file, its intervals, and merging into a file that exists.

{"rows": [{"dataset", "data_hash", "split", "slice", "model", "variant", "seed", "n", "metrics": {name: number},
"ci": {name: [low, high]}, "command", "weights_sha256"}]}. Intervals are 95 % percentile bootstraps over users.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from molar import metrics
from molar.cache import write_atomically
from molar.errors import MolarError

FIELDS = (
    "dataset", "data_hash", "split", "slice", "model", "variant", "seed", "n", "metrics", "ci", "command",
    "weights_sha256",
)  # fmt: skip
KEY = ("dataset", "split", "slice", "model", "variant", "seed")

READING_ORACLE = "oracle-reading"
SHARE = "share_of_reading_oracle@ndcg10"
DIFFERENCES = (
    ("molar", "content"), ("molar", "sasrec"), *((tower, base) for tower in ("sasrec", "content", "molar")
                                                 for base in ("popularity", "item-knn", "content-knn")),
)  # fmt: skip


@dataclass(frozen=True)
class Source:
    """Where a model's numbers come from: its training seed and the sha256 of its weights ("" when it has none)."""

    seed: int = 0
    weights_sha256: str = ""


def resampled_means(values: np.ndarray, *, seed: int = 0, resamples: int = 1000) -> np.ndarray:
    """Means of `values` (n, m) over users drawn with replacement, (resamples, m).

    The draws depend on n and the seed alone, so the columns are paired: the difference of two columns is a bootstrap
    of the difference (Efron & Tibshirani 1993, chapter 13).
    """
    n = len(values)
    rng = np.random.default_rng(seed)
    means = np.empty((resamples, values.shape[1]))
    step = max(1, 2**21 // n)
    for start in range(0, resamples, step):
        rows = min(step, resamples - start)
        drawn = rng.integers(0, n, (rows, n)) + n * np.arange(rows)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=rows * n).reshape(rows, n)
        means[start : start + rows] = counts @ values / n
    return means


def interval(means: np.ndarray) -> list[float]:
    """The middle 95 % of resampled means."""
    return [round(float(edge), 6) for edge in np.percentile(means, (2.5, 97.5))]


def row(facts: Mapping, *, slice: str, model: str, variant: str = "", n: int, values: Mapping, ci: Mapping) -> dict:
    """One row. `facts` holds the fields that a run shares: dataset, data_hash, split, seed, command, weights_sha256."""
    own = {"slice": slice, "model": model, "variant": variant, "n": int(n), "ci": dict(ci)}
    own["metrics"] = {name: round(float(value), 6) for name, value in values.items()}
    merged = {**facts, **own}
    return {name: merged[name] for name in FIELDS}


def rows_for(
    ranks: Mapping[str, np.ndarray], masks: Mapping[str, np.ndarray], facts: Mapping, sources: Mapping[str, Source]
) -> list[dict]:
    """Rows of all models on all slices of one split, with paired differences and shares of the reading oracle.

    ranks: model → (n,), the same users in the same order; masks: slice → (n,) bool. A slice without users has no row.
    """
    tables = {model: metrics.per_user(of_model) for model, of_model in ranks.items()}
    rows = []
    for name, mask in masks.items():
        n = int(mask.sum())
        if n == 0:
            continue
        values = np.concatenate([table[mask] for table in tables.values()], axis=1)  # (n, models × metrics)
        draws = dict(zip(tables, np.split(resampled_means(values), len(tables), axis=1), strict=True))
        means = dict(zip(tables, np.split(values.mean(axis=0), len(tables)), strict=True))

        def add(model: str, variant: str, mean: np.ndarray, drawn: np.ndarray, slice=name, n=n, share=None) -> None:
            numbers = dict(zip(metrics.NAMES, mean, strict=True))
            ci = {metric: interval(drawn[:, i]) for i, metric in enumerate(metrics.NAMES)}
            if share is not None:
                numbers[SHARE], ci[SHARE] = share
            whole = {**facts, **vars(sources[model])}
            rows.append(row(whole, slice=slice, model=model, variant=variant, n=n, values=numbers, ci=ci))

        for model in tables:
            share = _share(means, draws, model)
            add(model, "", means[model], draws[model], share=share)
        for model, other in DIFFERENCES:
            if model in tables and other in tables:
                add(model, f"minus {other}", means[model] - means[other], draws[model] - draws[other])
    return rows


def _share(means: Mapping, draws: Mapping, model: str) -> tuple[float, list[float]] | None:
    """NDCG@10 divided by the reading oracle's on the same users, with its interval."""
    if READING_ORACLE not in means:
        return None
    column = metrics.NAMES.index("ndcg@10")
    limit, limits = means[READING_ORACLE][column], draws[READING_ORACLE][:, column]
    if not limits.min() > 0:  # so few users that the oracle itself never hits in some resample
        return None
    return means[model][column] / limit, interval(draws[model][:, column] / limits)


def read_rows(path: Path) -> list[dict]:
    """The rows of a results file, [] when there is none; raises MolarError when it has another shape."""
    if not path.exists():
        return []
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))["rows"]
        bad = [one for one in rows if set(one) != set(FIELDS)]
    except (ValueError, KeyError, TypeError) as error:
        raise MolarError(f"{path} is not a results file; move it away or write to another one") from error
    if bad:
        raise MolarError(f"{path} holds a row with other fields than {', '.join(FIELDS)}; move the file away")
    return rows


def write_rows(path: Path, rows: list[dict]) -> None:
    """Merge `rows` into the file at `path` by `KEY`, atomically; the rest of the file stays.

    Old rows of the same dataset under another data hash were measured on data that is gone: they are dropped.
    """
    path = Path(path)
    current = {new["dataset"]: new["data_hash"] for new in rows}
    merged = {
        tuple(old[name] for name in KEY): old
        for old in read_rows(path)
        if current.get(old["dataset"], old["data_hash"]) == old["data_hash"]
    }
    merged |= {tuple(new[name] for name in KEY): new for new in rows}
    write_json(path, {"rows": list(merged.values())}, one_per_line="rows")


def write_json(path: Path, content: dict, *, one_per_line: str = "") -> None:
    """Write JSON atomically; the list named `one_per_line` gets a line for each entry: diffs stay readable."""
    if one_per_line:
        lines = ",\n".join(json.dumps(entry, allow_nan=False, ensure_ascii=False) for entry in content[one_per_line])
        text = f'{{"{one_per_line}": [\n{lines}\n]}}\n'
    else:
        text = json.dumps(content, indent=1, allow_nan=False, ensure_ascii=False) + "\n"
    write_atomically(path, text.encode())
