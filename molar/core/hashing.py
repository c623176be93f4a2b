"""The hashes by which contents, files and arrays are known again."""

import hashlib
from pathlib import Path

import numpy as np


def content_key(*parts: bytes | str) -> str:
    """32 hex digits over the parts; each part is length-prefixed, so that no two lists of parts collide."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "little") + data)
    return digest.hexdigest()[:32]


def sha256_of(path: Path) -> str:
    """The sha256 of a file, 64 hex digits; half a second for the 442 MB of `nano`."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha16(arrays: list[np.ndarray]) -> str:
    """16 hex digits over the arrays' bytes."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:16]
