"""NDCG@10 by the offset on cold items: one line a model that ranks them, in a file beside their results.

results/NAME-offsets.json = {"towers": [{"dataset", "data_hash", "split", "model", "seed", "offsets", "all", "warm", "cold",
"among_cold", "n", "n_cold", "command", "weights_sha256"}]}: validation NDCG@10 of all users, and of those whose target is
warm or cold, at each of `offsets`, logits added to every cold item; "among_cold" is that of cold targets where cold items
are the only candidates. "towers" is what models were called when the first such file was written.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from molar.core.io import write_json
from molar.evaluation.new_items import OffsetCurve
from molar.experiments.results import merged, read_entries

LIST = "towers"
SUFFIX = "-offsets"
KEY = ("dataset", "split", "model", "seed")
PARTS = ("all", "warm", "cold")
SHARED = ("dataset", "data_hash", "split")
FIELDS = (*SHARED, "model", "seed", "offsets", *PARTS, "among_cold", "n", "n_cold", "command", "weights_sha256")


def offsets_path(results: Path) -> Path:
    """Where the curves over offsets of a results file lie."""
    return results.with_name(f"{results.stem}{SUFFIX}.json")


def offset_line(metadata: Mapping, model: str, curve: OffsetCurve) -> dict:
    """One line. metadata: `molar.experiments.results.run_metadata`. Numbers are rounded to six places."""
    told = {"model": model, "offsets": list(curve.offsets), "n": curve.n, "n_cold": curve.n_cold}
    parts = {part: [round(float(value), 6) for value in getattr(curve, part)] for part in PARTS}
    line = {**metadata, **told, **parts, "among_cold": round(curve.among_cold, 6)}
    return {name: line[name] for name in FIELDS}


def read_offsets(path: Path) -> list[dict]:
    """The lines of a file, [] where there is none; raises MolarError when it has another shape."""
    return read_entries(path, LIST, FIELDS)


def write_offsets(path: Path, lines: Sequence[dict]) -> None:
    """Merge `lines` into the file by `KEY`, atomically; those of data that are gone are dropped."""
    if lines:
        write_json(path, {LIST: merged(read_offsets(path), list(lines), KEY)}, one_per_line=LIST)
