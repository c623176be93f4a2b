"""Item vectors as an artefact: `vectors.safetensors`, one row an item, and `vectors.json`, which tells what they were
made from: the encoder's fingerprint and hashes of all that the encoder read."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from molar.core.errors import MolarError
from molar.core.hashing import content_key
from molar.core.io import write_atomically
from molar.data.item_text import item_texts

AGAIN = "run `python -m molar encode` again (unchanged items come from the cache)"


def content_hashes(dataset, *, read_pictures: bool = True) -> dict[str, str]:
    """Hashes of what the encoder reads, in item order: `texts` (with the ids), `picture_sizes` (with the names), and
    `pictures`, their bytes. The last is left out without `read_pictures`: 12 MB in 1,250 files take .8 s when cold."""
    paths = [dataset.image_path(number) for number in range(1, dataset.n_items + 1)]
    paths = [path if path and path.exists() else None for path in paths]
    parts = {
        "texts": [*dataset.item_ids[1:], *item_texts(dataset)],
        "picture_sizes": [f"{path.name} {path.stat().st_size}" if path else "" for path in paths],
    }
    if read_pictures:
        parts["pictures"] = [hashlib.sha256(path.read_bytes()).digest() if path else b"" for path in paths]
    return {name: content_key(*of)[:16] for name, of in parts.items()}


def save_vectors(path: Path, vectors: np.ndarray, dataset, fingerprint: dict) -> None:
    """Save (n_items + 1, dim) vectors as float16, row 0 being the padding id, and beside them what they were made from.

    The JSON is written last and names the vectors' hash, so a half-written pair is noticed."""
    digest = hashlib.sha256()
    for piece in _safetensors(vectors):
        digest.update(piece)
    about = content_hashes(dataset) | {"sha256": digest.hexdigest(), "fingerprint": fingerprint}
    write_atomically(path, _safetensors(vectors))
    write_atomically(path.with_suffix(".json"), (json.dumps(about, indent=1, sort_keys=True) + "\n").encode())


def _safetensors(vectors: np.ndarray) -> Iterator[bytes]:
    """What `safetensors.numpy.save` gives for them, in pieces, since they may be more than memory holds."""
    about = {"dtype": "F16", "shape": list(vectors.shape), "data_offsets": [0, 2 * vectors.size]}
    header = json.dumps({"vectors": about}, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)
    yield len(header).to_bytes(8, "little") + header
    for start in range(0, len(vectors), 4096):
        yield vectors[start : start + 4096].astype("<f2").tobytes()


def load_vectors(path: Path, dataset, *, read_pictures: bool = True) -> np.ndarray:
    """Read (n_items + 1, dim) float32 vectors, row 0 zeros.

    Without `read_pictures`, pictures are compared by name and size alone: for the page, which has to start at once.
    Raises `MolarError` if absent, damaged, or encoded from other texts or pictures than the dataset holds now."""
    from safetensors.numpy import load

    if not Path(path).exists():
        raise MolarError(f"There are no item vectors at {path}: run `python -m molar encode` for this dataset first.")
    about, data = _about(path), Path(path).read_bytes()
    if hashlib.sha256(data).hexdigest() != about.get("sha256"):
        raise MolarError(f"{path} is not the file that {Path(path).with_suffix('.json').name} describes: {AGAIN}.")
    now = content_hashes(dataset, read_pictures=read_pictures)
    if about.get("texts") != now["texts"]:
        other = "another catalogue or other texts"
        raise MolarError(f"{path} was encoded from {other} than {dataset.root} holds: {AGAIN}.")
    if any(about.get(name) != now[name] for name in now):
        raise MolarError(f"{path} was encoded from other pictures than {dataset.root} holds: {AGAIN}.")
    return load(data)["vectors"].astype(np.float32)


def vectors_fingerprint(path: Path) -> dict:
    """What the vectors at `path` were encoded with: backbone, precision, prompt, adapter and library versions."""
    return _about(path).get("fingerprint", {})


def _about(path: Path) -> dict:
    """The JSON beside the vectors at `path`."""
    beside = Path(path).with_suffix(".json")
    try:
        return dict(json.loads(beside.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise MolarError(f"{beside}, which tells what {path} was encoded from, cannot be read: {AGAIN}.") from error
