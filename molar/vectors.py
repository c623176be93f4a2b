"""Item vectors as an artefact: one row an item, in a file that knows whose items and which encoder it belongs to."""

import hashlib
import json
from pathlib import Path

import numpy as np

from molar.cache import write_atomically
from molar.errors import MolarError


def items_hash(dataset) -> str:
    """16 hex digits over the item ids in order: vectors belong to exactly these items."""
    return hashlib.sha256("\n".join(dataset.item_ids[1:]).encode()).hexdigest()[:16]


def save_vectors(path: Path, vectors: np.ndarray, dataset, fingerprint: dict) -> None:
    """Save (n_items + 1, dim) vectors as float16 with the encoder's fingerprint. Row 0 is the padding id."""
    from safetensors.numpy import save

    metadata = {"items_hash": items_hash(dataset), "fingerprint": json.dumps(fingerprint, sort_keys=True)}
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, save({"vectors": vectors.astype(np.float16)}, metadata=metadata))


def load_vectors(path: Path, dataset) -> np.ndarray:
    """Read (n_items + 1, dim) float32 vectors, row 0 zeros. Raises `MolarError` if absent or of another catalogue."""
    from safetensors import safe_open

    if not Path(path).exists():
        raise MolarError(f"There are no item vectors at {path}: run `python -m molar encode` for this dataset first.")
    with safe_open(path, framework="numpy") as file:
        if file.metadata()["items_hash"] != items_hash(dataset):
            raise MolarError(f"{path} belongs to another catalogue than {dataset.root}: encode this one first.")
        return file.get_tensor("vectors").astype(np.float32)


def vectors_fingerprint(path: Path) -> dict:
    """What the vectors at `path` were encoded with: backbone, precision, prompt, adapter and library versions."""
    from safetensors import safe_open

    with safe_open(path, framework="numpy") as file:
        return json.loads(file.metadata()["fingerprint"])
