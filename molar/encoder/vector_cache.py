"""Encode once: vectors on disk under the hash of everything they depend on.

One folder for all that counts of a fingerprint, one safetensors shard for one finished batch. A shard appears under its name
only when it is whole, so a killed process loses the batch in flight and nothing else, and two processes can share a
cache: at worst both write the same shard. In memory are the keys and one shard, however large the catalogue is.
"""

import hashlib
import json
import os
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import numpy as np

from molar.core.hashing import content_key
from molar.core.io import RESUMABLE_HINT, write_atomically
from molar.encoder.fingerprint import decisive

LEFT_BEHIND = 24 * 3600  # seconds after which a half-written file is that of a process that was killed


class VectorCache:
    """A dictionary on disk, from content key to one float16 array of a fixed shape.

    Opening it reads which keys each shard holds; the arrays are read, and their checksum compared, when they are asked for.

    Args:
        folder: of all caches of this kind; the cache's own folder in it is made when the first batch is stored.
        fingerprint: what the arrays depend on besides the item, written beside them as `fingerprint.json`. Which keys of it
            count, `molar.encoder.fingerprint` says.
    """

    def __init__(self, folder: Path, fingerprint: dict):
        self.folder = Path(folder) / _name(fingerprint)
        self.fingerprint = fingerprint
        _take_over(self.folder)
        self.damaged: list[str] = []  # shards that were cut short or do not match their checksum, with what is wrong
        self._where: dict[str, tuple[Path, int]] = {}
        self._open: tuple[Path, np.ndarray] | None = None
        for path in sorted(self.folder.glob("*.safetensors")):
            self._where |= {key: (path, row) for row, key in enumerate(self._sound(path, _keys) or [])}
        for path in self.folder.glob(".partial-*"):
            with suppress(FileNotFoundError):  # its process was alive after all, or another one clears up
                if time.time() - path.stat().st_mtime > LEFT_BEHIND:
                    path.unlink()

    def __len__(self) -> int:
        return len(self._where)

    def find(self, keys: Iterable[str]) -> dict[str, np.ndarray]:
        """The arrays of those keys that are stored and sound, float16. A shard that is not sound is forgotten."""
        found = {}
        for key in keys:
            path, row = self._where.get(key, (None, 0))
            if path is None:
                continue
            if self._open is None or self._open[0] != path:
                arrays = self._sound(path, read_shard)
                self._open = None if arrays is None else (path, arrays)
            if self._open is not None:
                found[key] = self._open[1][row].copy()  # a view would keep the whole shard in memory
        return found

    def put(self, keys: list[str], arrays: np.ndarray) -> dict[str, np.ndarray]:
        """Store one batch, (len(keys), …), atomically; returns what `find` will. Raises `MolarError` when the disk is full
        or not writable."""
        from safetensors.numpy import save

        arrays = np.ascontiguousarray(arrays, dtype=np.float16)
        checksum = hashlib.sha256(arrays.tobytes()).hexdigest()
        data = save({"arrays": arrays}, metadata={"keys": json.dumps(keys), "sha256": checksum})
        path = self.folder / f"{content_key(*keys)}.safetensors"
        if not (about := self.folder / "fingerprint.json").exists():
            write_atomically(about, json.dumps(self.fingerprint, indent=1).encode(), hint=RESUMABLE_HINT)
        write_atomically(path, data, hint=RESUMABLE_HINT)
        self._where |= {key: (path, row) for row, key in enumerate(keys)}
        return dict(zip(keys, arrays))

    def _sound(self, path: Path, read):
        """`read(path)`; None when the shard is damaged or another process has removed it, and is forgotten.

        A damaged shard is removed, unless another process has written it again in the meantime: then that one is read.
        """
        from safetensors import SafetensorError

        while (before := _identity(path)) is not None:
            try:
                return read(path)
            except FileNotFoundError:
                break
            except (SafetensorError, ValueError, KeyError, TypeError, OSError) as error:
                if _identity(path) == before:
                    self.damaged.append(f"{path}: {error}")
                    path.unlink(missing_ok=True)
                    break
        self._where = {key: where for key, where in self._where.items() if where[0] != path}
        return None


def _name(fingerprint: dict) -> str:
    return content_key(json.dumps(decisive(fingerprint), sort_keys=True))[:16]


def _take_over(folder: Path) -> None:
    """Where `folder` is not there yet, rename to it the fullest one that an earlier release filled with the same arrays;
    there, the names of folders depended on library versions, too."""
    if folder.exists():
        return
    same = []
    for told in folder.parent.glob("*/fingerprint.json"):
        with suppress(OSError, ValueError, TypeError, AttributeError):  # not ours, or not whole
            if _name(json.loads(told.read_text(encoding="utf-8"))) == folder.name:
                same.append(told.parent)
    if same:
        with suppress(OSError):  # another process was first, or the cache may only be read
            os.replace(max(same, key=lambda own: len(list(own.iterdir()))), folder)


def _identity(path: Path) -> tuple[int, int] | None:
    """What differs between a file and one that has taken its place; None where there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns


def _keys(path: Path) -> list[str]:
    """The keys of a shard; its arrays are not read, but safetensors notices when the file was cut short."""
    from safetensors import safe_open

    with safe_open(path, framework="numpy") as shard:
        return json.loads(shard.metadata()["keys"])


def read_shard(path: Path) -> np.ndarray:
    """A shard's arrays. Raises ValueError when the bytes are not those that were written."""
    from safetensors import safe_open

    with safe_open(path, framework="numpy") as shard:
        arrays, about = shard.get_tensor("arrays"), shard.metadata()
    if hashlib.sha256(arrays.tobytes()).hexdigest() != about["sha256"]:
        raise ValueError("its checksum is wrong")
    return arrays
