"""The numbers of results/*.json in a form that does not depend on how a row tells what kind it is."""

import json
from pathlib import Path

from . import project
from .demo import sha16

FIELDS = (
    "dataset",
    "data_hash",
    "split",
    "slice",
    "model",
    "variant",
    "seed",
    "n",
    "metrics",
    "ci",
    "command",
    "weights_sha256",
)


def variant_of(row: dict) -> str:
    """The string that tells a row's kind, from a row of either shape.

    A row without `kind` holds it: `variant`. A row with `kind` has it built from its parts, an absent or empty part
    being none:

    difference   other     "minus OTHER"      a model's numbers minus those of another on the same users
    difference   ablation  "minus probe WHAT" its own numbers minus those under a probe
    ablation     ablation  "probe WHAT"       a model with a part of its input taken away or exchanged
    alignment    other     "against OTHER"    a tower held against an ID tower that is not its own; "" for its own
    own          setting   the setting        what else tells rows of one model apart: an encoder, a precision
    """
    kind, other, ablation = row.get("kind"), row.get("other") or "", row.get("ablation") or ""
    if kind == "difference":
        return f"minus probe {ablation}" if ablation else f"minus {other}"
    if kind == "ablation":
        return f"probe {ablation}"
    if kind == "alignment":
        return f"against {other}" if other else ""
    return row.get("setting") or row.get("variant") or ""


def canonical(row: dict) -> list:
    """A row as the values of FIELDS, in their order. Fields beyond them are passed over: a row may learn to tell more."""
    return [variant_of(row) if name == "variant" else row[name] for name in FIELDS]


def rows_record(rows: list[dict]) -> dict:
    """What is kept of a file of rows. Their order counts: tables follow it."""
    return {"rows": len(rows), "sha256": sha16([canonical(row) for row in rows])}


def file_record(path: Path) -> dict:
    """What is kept of one file: of rows see above; anything else (curves, trials, towers, encoders) whole, as it is."""
    content = json.loads(path.read_text(encoding="utf-8"))
    if "rows" in content:
        return rows_record(content["rows"])
    return {name: len(entries) for name, entries in content.items()} | {"sha256": sha16(content)}


def files() -> dict[str, Path]:
    """Name → path, of every results file."""
    return {path.name: path for path in sorted(project.RESULTS.glob("*.json"))}
