"""Catalogues as a visitor sends them: small zips in memory, sound unless a test changes them."""

import io
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from PIL import Image

from molar.data import csv_reader
from molar.data.ingest.archive import Received, receive
from molar.data.ingest.limits import Limits

TABLE = b"item_id,title,image\na,Mug,a.png\nb,Bowl,b.png\n"
SMALL = Limits(files=8, packed=400_000, unpacked=3_000_000, one_file=2_500_000, pixels=10_000, ratio=20)


def png(width: int = 8, height: int = 8) -> bytes:
    """A picture of one colour."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(out, "PNG")
    return out.getvalue()


GOOD = {"items.csv": TABLE, "images/a.png": png(), "images/b.png": png()}


def pack(
    path: Path,
    files: dict[str, bytes],
    change: Callable[[zipfile.ZipInfo], None] | None = None,
    method: int = zipfile.ZIP_DEFLATED,
) -> Path:
    """A zip of name -> bytes; `change(info)` alters an entry's head before it is written."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = method
            if change:
                change(info)
            archive.writestr(info, data)
    return path


def sent(tmp_path: Path, files: dict[str, bytes], limits: Limits = SMALL, **packing) -> Received:
    """The files as one zip, taken in."""
    return receive([("shop.zip", pack(tmp_path / "shop.zip", files, **packing))], tmp_path / "out", limits)


def ten_pictures_one_without_a_title() -> dict[str, bytes]:
    """Ten pictured items; row 3 has no title."""
    rows = [f"m{number},{'' if number == 2 else f'Mug {number}'},m{number}.png" for number in range(1, 11)]
    table = "\n".join(["item_id,title,image", *rows]).encode()
    return {"items.csv": table} | {f"images/m{number}.png": png(40, 40) for number in range(1, 11)}


@contextmanager
def counted() -> Iterator[Counter[str]]:
    """How often each file is opened as a picture or parsed as a table, by its name, while the block runs."""
    seen: Counter[str] = Counter()
    open_picture, parse = Image.open, csv_reader.read_table

    def opened(source, *given, **named):
        seen[Path(source).name] += 1
        return open_picture(source, *given, **named)

    def parsed(path):
        seen[path.name] += 1
        return parse(path)

    with patch("PIL.Image.open", opened), patch("molar.data.validation.read_table", parsed):
        yield seen
