"""Files and folders: written whole or not at all, checked before long work, and where Molar keeps its own."""

import json
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from molar.core.errors import MolarError

# What to do where vectors do not fit on the disk, the one home of the sentence.
RESUMABLE_HINT = (
    "free some space or set MOLAR_HOME to another disk; what was encoded before is kept, and the same command resumes"
)


def write_atomically(
    path: Path, data: bytes | Iterable[bytes], *, hint: str = "free some space or name another folder"
) -> None:
    """Write `data` so that `path` either keeps its old content or holds all of the new one, also after a power cut.

    `data` may come in pieces. Makes the folder if need be. Raises `MolarError` when the disk is full or not writable;
    nothing half-written stays.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".partial-", delete=False) as file:
            try:
                file.writelines([data] if isinstance(data, bytes) else data)
                file.flush()
                os.fsync(file.fileno())
                os.chmod(file.name, 0o644)
                os.replace(file.name, path)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
    except OSError as error:
        raise MolarError(f"{path} could not be written ({error.strerror or error}): {hint}.") from error


def write_json(path: Path, content: dict, *, one_per_line: str = "") -> None:
    """Write JSON atomically; the list named `one_per_line` gets a line for each entry: diffs stay readable."""
    if one_per_line:
        lines = ",\n".join(
            json.dumps(entry, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
            for entry in content[one_per_line]
        )
        text = f'{{"{one_per_line}": [\n{lines}\n]}}\n'
    else:
        text = json.dumps(content, indent=1, allow_nan=False, ensure_ascii=False) + "\n"
    write_atomically(path, text.encode())


def disk_array(folder: Path, shape: tuple[int, ...]) -> np.memmap:
    """Zeros (float16) in a nameless file in `folder` instead of in memory: gone with the process, and moved out of memory
    whenever the system wants it. Raises `MolarError` when the disk has no room for it."""
    chunk, size = bytes(1 << 20), 2 * int(np.prod(shape))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            for start in range(0, size, len(chunk)):  # written now: a disk that is full later would kill the process
                file.write(chunk[: size - start])
            file.flush()
            return np.memmap(file, np.float16, "r+", shape=shape)
    except OSError as error:
        reason = error.strerror or error
        raise MolarError(
            f"{folder} has no room for {size / 1e6:,.1f} MB of vectors ({reason}): {RESUMABLE_HINT}."
        ) from error


def require_writable(folder: Path) -> None:
    """Raise `MolarError` now, rather than at the end of long work, if nothing can be written in `folder`. Makes it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise MolarError(
            f"Nothing can be written in {folder} ({error.strerror or error}): name another folder."
        ) from error


def molar_home() -> Path:
    """The folder of downloaded parts and cached vectors: `$MOLAR_HOME`, else `~/.cache/molar`."""
    return Path(os.environ.get("MOLAR_HOME") or Path.home() / ".cache" / "molar")


def cache_folder() -> Path:
    """Where encoded vectors and picture features are kept between runs: `cache` in `molar_home()`."""

    return molar_home() / "cache"
