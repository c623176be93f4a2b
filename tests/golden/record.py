"""Write what the demo, its page and results/ say now: python -m tests.golden.record

Only after a change that is meant to change them, and with a look at what it changes in the three files.
"""

import json
from pathlib import Path

from . import demo, page, project, results
from .compare import written

HERE = Path(__file__).parent


def read(name: str) -> dict:
    """A record, as it was written: "demo", "page" or "results"."""
    return json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))


def write(name: str, record: dict, depth: int) -> None:
    """With a line for each entry of the outer `depth` levels."""
    (HERE / f"{name}.json").write_text(written(record, depth) + "\n", encoding="utf-8")


def main() -> None:
    with project.one_thread():
        record()


def record() -> None:
    shop = project.open_demo()
    write("demo", {name: demo.plain(section(shop)) for name, section in demo.SECTIONS.items()}, 3)
    write("results", {name: results.file_record(path) for name, path in results.files().items()}, 1)
    with page.served(shop) as address:
        write("page", page.record(address, shop), 2)


if __name__ == "__main__":
    main()
