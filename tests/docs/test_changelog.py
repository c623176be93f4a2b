"""CHANGELOG.md names this version first, and whoever follows its tables finds what they name."""

import re
from pathlib import Path

import pytest
from import_graph import modules

from molar.core.version import __version__

ROOT = Path(__file__).parents[2]
CHANGES = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (.*`.*) \| (.*`.*) \|$", CHANGES, re.M)
MOVED = [(old.strip("`"), new.strip("`")) for old, new in ROWS if old.startswith("`molar.")]


def test_this_version_comes_first():
    assert re.findall(r"^## \[(.+?)\]", CHANGES, re.M)[0] == __version__


def test_every_module_that_moved_is_there_and_no_longer_where_it_was():
    there = modules(ROOT, "molar")
    assert len(MOVED) > 60
    assert [new for _, new in MOVED if new not in there] == []
    stayed = [old for old, _ in MOVED if old in there and there[old].name != "__init__.py"]
    assert stayed == ["molar.subset"], "which is also a command that results name"


@pytest.mark.parametrize("new", [new for old, new in ROWS if (old.strip("`"), new.strip("`")) not in MOVED])
def test_every_new_name_is_defined(new):
    code = "\n".join(path.read_text(encoding="utf-8") for path in modules(ROOT, "molar").values())
    for name in re.findall(r"`(\w+)=?`", new):
        assert re.search(rf"\b(def|class) {name}\b|\b{name}\b: |\b{name}=", code), name
