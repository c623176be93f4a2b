"""Take a visitor's files into a folder of our own: a zip of a dataset folder, or a CSV and its pictures.

Nothing in them is trusted. Only `items.csv`, `dataset.json` and pictures are ever written, under names that are checked
before the first byte is read; every limit is enforced on the bytes that really come out, not on what an archive claims.
"""

import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from io import FileIO
from pathlib import Path, PurePosixPath
from typing import IO

from molar.core.errors import MolarError
from molar.data.images import IMAGES_FOLDER
from molar.data.ingest.limits import Limits
from molar.data.ingest.pictures import SUPPORTED, UNSUPPORTED, check_picture
from molar.data.validation import ITEMS_FILE, SETTINGS_FILE

METADATA = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini")  # what operating systems add to a folder
CHUNK = 1 << 16
ANY_RATIO = 1 << 20  # a file this small may be packed as tightly as it likes: an empty table is no bomb


@dataclass
class Received:
    """What came in: the dataset folder, and what is known of its pictures, each of which has been opened once.

    `refused`: file name under images/ → why it was not kept; `broken`: path → the error that decoding it ended in.
    """

    root: Path
    refused: dict[str, str] = field(default_factory=dict)
    broken: dict[Path, str] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)

    def decoding_error(self, path: Path) -> str:
        """As `molar.data.images.decoding_error`, of a picture that came in, without opening it again."""
        return self.broken.get(path, "")


@dataclass(frozen=True)
class _Entry:
    """One file to read: its path as it is named, and where its bytes are: on disk or in an archive."""

    name: str
    open: Callable[[], IO[bytes]]
    packed: zipfile.ZipInfo | None = None


def receive(files: list[tuple[str, Path]], folder: Path, limits: Limits = Limits()) -> Received:
    """Read one zip, or one CSV with its pictures, into the empty `folder`. `files`: (name as the visitor sees it, path).

    Raises MolarError with one sentence where the whole must be refused; single pictures that cannot be used are noted.
    """
    zips = [path for name, path in files if name.lower().endswith(".zip")]
    if not files or len(zips) > 1 or (zips and len(files) > 1):
        raise MolarError("Give either one zip of a dataset folder, or one CSV together with its pictures.")
    try:
        if sum(path.stat().st_size for _, path in files) > limits.packed:
            raise MolarError(
                f"These files are larger than {_size(limits.packed)} together: send fewer or smaller pictures."
            )
        if not zips:
            return _write_all([_Entry(name, partial(FileIO, path)) for name, path in files], folder, limits)
        _check_directory(zips[0], limits)
        with zipfile.ZipFile(zips[0]) as archive:
            members = [one for one in archive.infolist() if not one.is_dir()]
            return _write_all(
                [_Entry(one.filename, partial(archive.open, one), one) for one in members], folder, limits
            )
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise MolarError(
            f"The zip is cut off or damaged ({_short(error)}): pack it again and send it whole."
        ) from error
    except NotImplementedError as error:
        raise MolarError(
            f"The zip is packed in a way that is not read here ({_short(error)}): pack it as a plain zip."
        ) from error
    except OSError as error:  # two names that cannot stand side by side on a disk, or a disk that is full
        raise MolarError(
            f"The files could not be stored here ({error.strerror}): shorten their names or send fewer."
        ) from error


def _check_directory(path: Path, limits: Limits) -> None:
    """Look at the size of the table of contents before `zipfile` reads it whole into memory."""
    with open(path, "rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - 22 - 65_535))
        tail = file.read()
    at = len(tail) - 22 if tail[-22:-18] == b"PK\5\6" and tail.endswith(b"\0\0") else tail.rfind(b"PK\5\6")
    if at < 0:
        raise MolarError("This is no zip, or its end is cut off: pack it again and send it whole.")
    if tail[max(0, at - 20) : at].startswith(b"PK\6\7"):
        raise MolarError(
            "The zip is of the kind for more than 65,535 files or 4 GiB: pack fewer files, as a plain zip."
        )
    if int.from_bytes(tail[at + 12 : at + 16], "little") > limits.files * 400:
        raise MolarError(f"The zip holds more than {limits.files:,} files: send a smaller catalogue.")


def _write_all(entries: list[_Entry], folder: Path, limits: Limits) -> Received:
    if len(entries) > limits.files:
        raise MolarError(f"There are more than {limits.files:,} files: send a smaller catalogue.")
    for entry in entries:
        _check_name(entry)
    found = Received(folder)
    left = limits.unpacked
    for entry, target in list(_targets(entries, found)):
        path = folder / target
        path.parent.mkdir(parents=True, exist_ok=True)
        left -= _copy(entry, path, limits, left)
        if target.parts[0] == IMAGES_FOLDER:
            refusal, error = check_picture(path, limits)
            if refusal:
                path.unlink()
                found.refused[str(target.relative_to(IMAGES_FOLDER))] = refusal
            elif error:
                found.broken[path.resolve()] = error
    return found


def _check_name(entry: _Entry) -> None:
    """Refuse the whole when a single name tries to leave the folder: who packs that packs other things too."""
    name, parts = entry.name, PurePosixPath(entry.name).parts
    if not parts or name.startswith("/") or ".." in parts or "\\" in name or "\0" in name or ":" in parts[0]:
        raise MolarError(f'"{_shown(name)}" is a path that leads out of the folder: nothing was read.')
    if len(name) > 240 or any(ord(letter) < 32 for letter in name):
        raise MolarError(f'"{_shown(name)}" is no usable file name: rename it; nothing was read.')
    if entry.packed:
        kind = stat.S_IFMT(entry.packed.external_attr >> 16)
        if kind == stat.S_IFLNK:
            raise MolarError(f'"{_shown(name)}" is a link: pack the file itself; nothing was read.')
        if kind not in (0, stat.S_IFREG):
            raise MolarError(f'"{_shown(name)}" is no ordinary file: nothing was read.')
        if entry.packed.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise MolarError(
                f'"{_shown(name)}" is packed in a way that is not read here: pack the folder as a plain zip.'
            )
        if entry.packed.flag_bits & 1:
            raise MolarError(f'"{_shown(name)}" is locked with a password: pack the folder without one.')


def _targets(entries: list[_Entry], found: Received) -> Iterator[tuple[_Entry, PurePosixPath]]:
    """Which entries are read, and where they go. Pictures beside the table count as if they lay in images/."""
    kept = [entry for entry in entries if not set(PurePosixPath(entry.name).parts) & set(METADATA)]
    tables = [entry for entry in kept if _is_items(entry.name)] or [entry for entry in kept if _is_table(entry.name)]
    tables.sort(key=lambda entry: entry.name.count("/"))
    if not tables:
        raise MolarError(
            "There is no items.csv: give a table of your items, with the columns item_id, title and image."
        )
    if not _is_items(tables[0].name) and len(tables) > 1:
        raise MolarError("There are several CSV files: name the table of your items items.csv.")
    base = PurePosixPath(tables[0].name).parent
    taken: set[PurePosixPath] = set()
    for entry in kept:
        path = PurePosixPath(entry.name)
        target = path.relative_to(base) if path.is_relative_to(base) else None
        if entry is tables[0]:
            target = PurePosixPath(ITEMS_FILE)
        elif target is None or not _wanted(target):
            found.ignored.append(entry.name)
            continue
        elif target.name != SETTINGS_FILE and target.parts[0] != IMAGES_FOLDER:
            target = IMAGES_FOLDER / target
        if target in taken:
            raise MolarError(f'"{_shown(str(target))}" is there twice: rename one of them; nothing was read.')
        taken.add(target)
        yield entry, target


def _is_items(name: str) -> bool:
    return PurePosixPath(name).name == ITEMS_FILE


def _is_table(name: str) -> bool:
    path = PurePosixPath(name)
    return path.suffix.lower() == ".csv" and not path.name.lower().startswith("interactions")


def _wanted(target: PurePosixPath) -> bool:
    """The settings, and what is or claims to be a picture: a refused drawing is reported, not silently missed."""
    return str(target) == SETTINGS_FILE or target.suffix.lower() in SUPPORTED + UNSUPPORTED


def _copy(entry: _Entry, path: Path, limits: Limits, left: int) -> int:
    """Copy piece by piece, and stop at the first byte over a limit. Returns the bytes written."""
    most = max(ANY_RATIO, limits.ratio * entry.packed.compress_size) if entry.packed else None
    written = 0
    with entry.open() as stream, path.open("wb") as target:
        while piece := stream.read(CHUNK):
            written += len(piece)
            if most is not None and written > most:
                raise MolarError(
                    f'"{_shown(entry.name)}" unpacks to more than {limits.ratio} times its size, as a zip bomb does: '
                    "nothing was kept."
                )
            if written > limits.one_file:
                raise MolarError(f'"{_shown(entry.name)}" is larger than {_size(limits.one_file)}: send a smaller one.')
            if written > left:
                raise MolarError(f"The files unpack to more than {_size(limits.unpacked)}: send a smaller catalogue.")
            target.write(piece)
    return written


def _size(count: int) -> str:
    return f"{count >> 20} MB" if count >= 1 << 20 else f"{count:,} bytes"


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:90] or type(error).__name__


def _shown(name: str) -> str:
    """A name fit for a sentence: no control letters, not endless."""
    clean = "".join(letter if letter.isprintable() else "?" for letter in name)
    return clean if len(clean) <= 60 else f"{clean[:28]}…{clean[-28:]}"
