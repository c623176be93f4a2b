"""CONTRIBUTING.md is short, its tour has all rooms in their order, and what it names is there."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
TOUR = re.findall(r"^\| `([\w/]+)` \| .+ \| (.+) \|$", PAGE, re.M)


def test_it_is_read_in_one_sitting():
    assert len(PAGE.splitlines()) <= 150


def test_the_tour_is_the_order_of_the_layers():
    layers = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["molar"]["layers"]["molar"]
    rooms = [room for room in layers if (ROOT / "molar" / room.replace(".", "/")).is_dir()]
    assert [room.replace("/", ".") for room, _ in TOUR] == rooms


def test_reading_begins_at_files_that_are_there():
    assert [
        f"{room}/{name}"
        for room, names in TOUR
        for name in re.findall(r"`(.+?)`", names)
        if not (ROOT / "molar" / room / name).is_file()
    ] == []


def test_the_files_and_targets_it_names_are_there():
    paths = re.findall(r"`((?:molar|app|tests|scripts|bench)/[\w/.]+)`", PAGE)
    assert len(paths) > 10
    assert [path for path in paths if "NAME" not in path and not (ROOT / path).exists()] == []
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    named = set(re.findall(r"(?:^|`)make (?:\w+=\S+ )*([a-z]+)", PAGE, re.M))
    assert {"check", "test", "lock"} <= named <= targets
