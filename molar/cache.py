"""Encode once: vectors on disk under the hash of everything they depend on.

One folder for one encoder fingerprint, one safetensors shard for one finished batch. A shard appears under its name
only when it is whole, so a killed process loses the batch in flight and nothing else, and two processes can share a
cache: at worst both write the same shard.
"""

import hashlib
import json
import os
import tempfile
from pathlib import Path

import numpy as np

from molar.errors import MolarError

FULL = (
    "free some space or set MOLAR_HOME to another disk; what was encoded before is kept, and the same command resumes"
)

def content_key(*parts: bytes | str) -> str:
    """32 hex digits over the parts; each part is length-prefixed, so that no two lists of parts collide."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "little") + data)
    return digest.hexdigest()[:32]


class VectorCache:
    """A dictionary on disk, from content key to one float16 array of a fixed shape.

    Args:
        folder: `<cache>/<fingerprint>`; created when the first batch is stored.
        fingerprint: what the arrays depend on besides the item, written beside them as `fingerprint.json`.
    """

    def __init__(self, folder: Path, fingerprint: dict):
        self.folder = Path(folder) / content_key(json.dumps(fingerprint, sort_keys=True))[:16]
        self.fingerprint = fingerprint
        self.damaged: list[str] = []  # shards that did not match their checksum; their items are encoded again
        self._where: dict[str, tuple[Path, int]] = {}
        self._open: tuple[Path, np.ndarray] | None = None
        for path in sorted(self.folder.glob("*.safetensors")):
            self._register(path)

    def __contains__(self, key: str) -> bool:
        return key in self._where

    def __len__(self) -> int:
        return len(self._where)

    def get(self, key: str) -> np.ndarray:
        """The array stored for `key`, float16. Raises KeyError."""
        path, row = self._where[key]
        if self._open is None or self._open[0] != path:
            self._open = (path, _read(path)[0])
        return self._open[1][row]

    def put(self, keys: list[str], arrays: np.ndarray) -> None:
        """Store one batch, (len(keys), …), atomically. Raises `MolarError` when the disk is full or not writable."""
        from safetensors.numpy import save

        arrays = np.ascontiguousarray(arrays, dtype=np.float16)
        checksum = hashlib.sha256(arrays.tobytes()).hexdigest()
        data = save({"arrays": arrays}, metadata={"keys": json.dumps(keys), "sha256": checksum})
        path = self.folder / f"{content_key(*keys)}.safetensors"
        write_atomically(self.folder / "fingerprint.json", json.dumps(self.fingerprint, indent=1).encode(), hint=FULL)
        write_atomically(path, data, hint=FULL)
        self._where.update({key: (path, row) for row, key in enumerate(keys)})

    def _register(self, path: Path) -> None:
        from safetensors import SafetensorError

        try:
            arrays, keys = _read(path)
        except (SafetensorError, ValueError, KeyError, TypeError) as error:  # damaged: its items are encoded again
            self.damaged.append(f"{path.name}: {error}")
            path.unlink(missing_ok=True)
            return
        self._where.update({key: (path, row) for row, key in enumerate(keys)})


def _read(path: Path) -> tuple[np.ndarray, list[str]]:
    """A shard's arrays and keys. Raises ValueError when the bytes are not those that were written."""
    from safetensors import safe_open

    with safe_open(path, framework="numpy") as shard:
        arrays, about = shard.get_tensor("arrays"), shard.metadata()
    if hashlib.sha256(arrays.tobytes()).hexdigest() != about["sha256"]:
        raise ValueError("its checksum is wrong")
    return arrays, json.loads(about["keys"])


def write_atomically(path: Path, data: bytes, *, hint: str = "free some space or name another folder") -> None:
    """Write `data` so that `path` either keeps its old content or holds all of the new one, also after a power cut.

    Makes the folder if need be. Raises `MolarError` when the disk is full or not writable; nothing half-written stays.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".partial-", delete=False) as file:
            try:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
                os.chmod(file.name, 0o644)
                os.replace(file.name, path)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
    except OSError as error:
        raise MolarError(f"{path} could not be written ({error.strerror or error}): {hint}.") from error
