"""An uploaded catalogue from the zip to the dataset without its bad row: picture openings, table parses, processor time.

    python -m bench.upload_checks [--items 50] [--rounds 5]

Beside it the floor: the archive unpacked, each picture decoded once at an eighth, the table parsed once, no limits, no
checks. Goals: one opening a picture, one parse, at most twice the floor's time.
"""

import argparse
import json
import shutil
import tempfile
import time
import zipfile
from collections import Counter
from pathlib import Path
from unittest.mock import patch

from PIL import Image

from bench.upload import write_catalogue
from molar.data import csv_reader
from molar.data.images import decoding_error
from molar.data.ingest.archive import receive
from molar.data.ingest.upload import check_upload, without_bad_rows


def take_in(archive: Path, folder: Path) -> None:
    """What the page does with an upload before it encodes."""
    received = receive([(archive.name, archive)], folder)
    checked = check_upload(received)
    assert len(checked.dropped) == 1, checked.problems
    assert without_bad_rows(received, checked).dataset is not None


def floor(archive: Path, folder: Path) -> None:
    """The same bytes read once, without a limit and without a check."""
    with zipfile.ZipFile(archive) as source:
        source.extractall(folder)
    csv_reader.read_table(folder / "items.csv")
    assert not any(decoding_error(path) for path in (folder / "images").iterdir())


def count(archive: Path, folder: Path) -> dict[str, int]:
    """How often pictures are opened and tables parsed on the way."""
    seen: Counter[str] = Counter()

    def counting(name: str, function):
        def counted(*given, **named):
            seen[name] += 1
            return function(*given, **named)

        return counted

    with (
        patch("PIL.Image.open", counting("openings", Image.open)),
        patch("molar.data.validation.read_table", counting("parses", csv_reader.read_table)),
    ):
        take_in(archive, folder)
    return dict(seen)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=5)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as root:
        archive, folder = write_catalogue(Path(root) / "shop.zip", wanted.items, untitled=1), Path(root) / "catalogue"
        found = {"items": wanted.items} | count(archive, folder)
        for name, work in (("ms", take_in), ("floor_ms", floor)):
            times = []
            for _ in range(wanted.rounds):
                shutil.rmtree(folder, ignore_errors=True)
                start = time.process_time()
                work(archive, folder)
                times.append(1000 * (time.process_time() - start))
            found[name] = round(min(times), 1)
    print(json.dumps(found | {"ratio_to_floor": round(found["ms"] / found["floor_ms"], 2)}, indent=1))


if __name__ == "__main__":
    main()
