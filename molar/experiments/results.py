"""The one shape of every results file, reading it, and merging into a file that exists.

{"rows": [{"dataset", "data_hash", "split", "slice", "model", "seed", "kind", "other", "ablation", "setting", "n",
"metrics": {name: number}, "ci": {name: [low, high]}, "command", "weights_sha256"}]}. Intervals are 95 % percentile
bootstraps over users. What a row tells of `model` is its `kind`; the fields that it does not need are "":

own         its numbers; `setting` tells rows of one model apart (an encoder, a precision)
difference  its numbers minus those of the model `other` on the same users; or minus its own under `ablation`
ablation    its numbers with one part of its input taken away or exchanged: `ablation`
alignment   it beside the ID model `other`, where it is held against several

Where a list of users was asked, one more field, `users`, holds the list's hash.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from molar.core.errors import MolarError
from molar.core.io import write_json

if TYPE_CHECKING:
    from molar.data.dataset import Dataset

FIELDS = (
    "dataset",
    "data_hash",
    "split",
    "slice",
    "model",
    "seed",
    "kind",
    "other",
    "ablation",
    "setting",
    "n",
    "metrics",
    "ci",
    "command",
    "weights_sha256",
)
USERS = "users"  # one more field where a list of users was asked: the list's hash
KEY = ("dataset", "split", "slice", "model", "seed", "kind", "other", "ablation", "setting")
OWN, DIFFERENCE, ABLATION, ALIGNMENT = "own", "difference", "ablation", "alignment"  # kinds of rows
COST = (
    "epochs",
    "training_seconds",
    "targets_per_second",
    "peak_memory_mb",
)  # of a training, in its rows of slice "all"
NORMALISED_NDCG = "share_of_attainable@ndcg10"  # a model's NDCG@10 divided by that of the attainable oracle


def run_metadata(
    dataset: "Dataset",
    split: str,
    command: str,
    *,
    label: str = "",
    seed: int = 0,
    weights_sha256: str = "",
    users: str = "",
) -> dict:
    """What the rows of one run share. label: the dataset's name where it is not the folder's own. users: the hash of the
    list of users who were asked."""
    hashed = {"dataset": label or dataset.name, "data_hash": dataset.data_hash, "split": split}
    hashed |= {USERS: users} if users else {}
    return {**hashed, "seed": seed, "command": command, "weights_sha256": weights_sha256}


def row(
    metadata: Mapping,
    *,
    slice: str,
    model: str,
    kind: str = OWN,
    other: str = "",
    ablation: str = "",
    setting: str = "",
    n: int,
    values: Mapping,
    ci: Mapping,
) -> dict:
    """One row. metadata: `run_metadata`. Numbers are rounded to six places."""
    own = {"slice": slice, "model": model, "kind": kind, "other": other, "ablation": ablation, "setting": setting}
    numbers = {"n": int(n), "ci": dict(ci), "metrics": {name: round(float(one), 6) for name, one in values.items()}}
    merged = {**metadata, **own, **numbers}
    return {name: merged[name] for name in (*FIELDS, USERS) if name in merged}


TELLING = ("kind", "other", "ablation", "setting")
OLD_FIELDS = (*(name for name in FIELDS if name not in TELLING), "variant")
# How the text `variant` of the old shape begins → the kind of the row, and the field that holds the rest of the text.
OLD_VARIANTS = (
    ("minus probe ", DIFFERENCE, "ablation"),
    ("minus ", DIFFERENCE, "other"),
    ("probe ", ABLATION, "ablation"),
    ("against ", ALIGNMENT, "other"),
    ("", OWN, "setting"),
)


def read_rows(path: Path) -> list[dict]:
    """The rows of a results file, [] when there is none; rows of the old shape are upgraded.

    Raises MolarError when it has another shape."""
    return [upgraded(one) for one in read_entries(path, "rows", FIELDS, (*FIELDS, USERS), OLD_FIELDS)]


def upgraded(row: dict) -> dict:
    """A row of the old shape, in which the text `variant` told its kind, with fields instead; others as they are."""
    if "variant" not in row:
        return row
    beginning, kind, field = next(one for one in OLD_VARIANTS if row["variant"].startswith(one[0]))
    fields = dict.fromkeys(TELLING, "") | {"kind": kind}
    fields[field] = row["variant"].removeprefix(beginning)
    return {name: (row | fields)[name] for name in FIELDS}


def read_entries(path: Path, name: str, *shapes: tuple[str, ...]) -> list[dict]:
    """The list `name` of a JSON file, [] when there is no file; each entry with exactly the fields of one of `shapes`, where
    any is given.

    Raises MolarError when it has another shape."""
    if not path.exists():
        return []
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))[name]
        bad = [one for one in entries if shapes and set(one) not in map(set, shapes)]
    except (ValueError, KeyError, TypeError) as error:
        raise MolarError(f"{path} is not a results file with {name}; move it away or write to another one") from error
    if bad:
        raise MolarError(
            f"{path} holds an entry of {name} with other fields than {', '.join(shapes[0])}; move the file away"
        )
    return entries


def merged(old: list[dict], new: list[dict], key: tuple[str, ...]) -> list[dict]:
    """`old` with `new` put in by `key`. Old entries of the same dataset under another data hash, or of a list of users of the
    same name and another hash, are dropped."""
    current = {one["dataset"]: _measured_on(one) for one in new}
    kept = [one for one in old if current.get(one["dataset"], _measured_on(one)) == _measured_on(one)]
    return list({tuple(one[name] for name in key): one for one in kept + new}.values())


def _measured_on(entry: dict) -> tuple[str, str]:
    """The hashes of the data, and of the list of users who were asked ("" for everybody)."""
    return entry["data_hash"], entry.get(USERS, "")


def write_rows(path: Path, rows: list[dict], *, whole_families: bool = False) -> None:
    """Merge `rows` into the file at `path` by `KEY`, atomically; the rest of the file stays.

    Old rows of the same dataset under another data hash were measured on data that is gone: they are dropped. So are,
    with `whole_families`, all its old differences: these comparisons are then the only ones that `p_holm` speaks of.
    """
    path, measured = Path(path), {row["dataset"] for row in rows}
    old = [
        row
        for row in read_rows(path)
        if not (whole_families and row["dataset"] in measured and row["kind"] == DIFFERENCE)
    ]
    write_json(path, {"rows": merged(old, rows, KEY)}, one_per_line="rows")
