"""Texts that try to break out of a page, and a dataset all of whose texts do."""

import csv
import html
import json
from html.parser import HTMLParser
from pathlib import Path

from tiny_world import write_csv, write_tiny_folder

HOSTILE = "<img src=x onerror=alert(1)> {{title}} ${1+1} &amp; Whale 1"
MARK = "mark-"  # in each text of the dataset, so that a test sees that it has come to the page


def hostile(name: str) -> str:
    """A text that is no HTML only if `<`, `&` and both quotes are escaped."""
    return f"""{MARK}{name}'"><script>alert("{name}")</script><img src=x onerror='a()'>&amp;{{{{ 7*7 }}}}"""


def write_hostile_folder(folder: Path) -> Path:
    """The tiny world with hostile titles, column names, values, user ids, name and note, and what is true of its users."""
    write_tiny_folder(folder)
    with (folder / "items.csv").open(newline="", encoding="utf-8") as file:
        head, *items = csv.reader(file)
    head = [hostile("column") if name == "price" else "artist" if name == "artist" else name for name in head]
    for item in items:
        item[1], item[2], item[3] = (
            hostile(f"title {item[0]}"),
            hostile("text"),
            hostile(f"artist {int(item[0][1:]) % 3}"),
        )
        item[4] = hostile(f"value {int(item[0][1:]) % 2}")
    write_csv(folder / "items.csv", [head, *items])
    with (folder / "interactions.csv").open(newline="", encoding="utf-8") as file:
        head, *choices = csv.reader(file)
    users = list(dict.fromkeys(row[0] for row in choices))
    write_csv(folder / "interactions.csv", [head, *([hostile(row[0]), *row[1:]] for row in choices)])
    true = [[hostile(user), hostile(f"room {place % 4}")] for place, user in enumerate(users)]
    (folder / "truth").mkdir()
    write_csv(folder / "truth" / "shoppers.csv", [["user_id", hostile("truth")], *true])
    about = {"name": hostile("name"), "note": hostile("note")}
    (folder / "dataset.json").write_text(json.dumps(about), encoding="utf-8")
    return folder


class Read(HTMLParser):
    """The tags of some HTML, and all its texts: what stands between tags and in attributes."""

    def __init__(self, text: str):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.texts = set(), [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.attributes += attributes
        self.texts += [value for _, value in attributes if value]

    def handle_data(self, text):
        self.texts.append(text)


def broken_out(text: str) -> list[str]:
    """What of the hostile texts has become HTML; [] where all of them are text."""
    read = Read(text)
    wrong = [f"<{tag}>" for tag in read.tags if tag == "script"]
    wrong += [
        f"{name}={value}" for name, value in read.attributes if name.startswith("on") or (name, value) == ("src", "x")
    ]
    wrong += [f"escaped twice: {one}" for one in read.texts if MARK in one and html.escape("<script>") in one]
    return wrong


def marks(text: str) -> set[str]:
    """The names of the hostile texts that are on a page as they are."""
    return {
        part.split("'")[0]
        for one in Read(text).texts
        for part in one.split(MARK)[1:]
        if f'<script>alert("{part.split(chr(39))[0]}")</script>' in part
    }
