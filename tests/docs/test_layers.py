"""Imports run downwards only, in the order that pyproject.toml writes down: [tool.molar.layers]."""

import ast
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest
from import_graph import Import, circles, imports, modules, named

ROOT = Path(__file__).parents[2]
LAYERS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["molar"]["layers"]
MOST = 14  # modules in one package

# A layer is one room, or several that stand side by side and do not import each other.
Layers = list[str | list[str]]


def heights(layers: Layers) -> dict[str, int]:
    """Room → how high it stands."""
    rooms = ([layer] if isinstance(layer, str) else layer for layer in layers)
    return {room: height for height, layer in enumerate(rooms) for room in layer}


def room_of(module: str, layers: Layers) -> str | None:
    """The room of a module: the longest listed name that it lies under. "" is the front door; None is no room."""
    inside = module.partition(".")[2]
    if inside in ("", "__main__"):
        return ""
    parts = inside.split(".")
    names = [".".join(parts[:count]) for count in range(len(parts), 0, -1)]
    return next((name for name in names if name in heights(layers)), None)


def upward(found: list[Import], layers: Layers) -> list[str]:
    """Each import that does not run downwards, with its place. The front door stands above all rooms."""
    high = heights(layers)
    wrong = []
    for edge in found:
        above, below = room_of(edge.importer, layers), room_of(edge.imported, layers)
        if above == below or above == "":
            continue
        if below == "" or high.get(above or "", -1) <= high.get(below or "", len(high)):
            wrong.append(f"{edge.place}: {edge.importer} imports {edge.imported}")
    return wrong


def homeless(root: Path, package: str, layers: Layers) -> list[str]:
    """Modules that lie in no listed room; packages that only hold rooms need none."""
    return [
        module
        for module, path in modules(root, package).items()
        if room_of(module, layers) is None and path.name != "__init__.py"
    ]


@cache
def real_imports(package: str) -> list[Import]:
    return imports(ROOT, package)


@pytest.mark.parametrize("package", LAYERS)
def test_imports_run_downwards(package):
    wrong = upward(real_imports(package), LAYERS[package])
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("package", LAYERS)
def test_no_modules_import_each_other_in_a_circle(package):
    assert circles(real_imports(package)) == []


@pytest.mark.parametrize("package", LAYERS)
def test_every_module_has_a_room_and_every_room_is_there(package):
    assert homeless(ROOT, package, LAYERS[package]) == []
    assert set(heights(LAYERS[package])) <= {name.partition(".")[2] for name in modules(ROOT, package)}


@pytest.mark.parametrize(
    "package, closed", [("molar", "app gradio scripts bench tests"), ("app", "scripts bench tests")]
)
def test_what_is_shipped_imports_nothing_from_above(package, closed):
    found = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in modules(ROOT, package).values()
        for line, name in named(path)
        if name.split(".")[0] in closed.split()
    ]
    assert found == []


def packages(name: str) -> list[Path]:
    """The folders of a package and of all packages in it."""
    return sorted({path.parent for path in modules(ROOT, name).values()})


@pytest.mark.parametrize("folder", [*packages("molar"), *packages("app")], ids=lambda path: str(path.relative_to(ROOT)))
def test_a_package_is_small_and_says_what_may_enter_it(folder):
    assert len([path for path in folder.glob("*.py") if path.name != "__init__.py"]) <= MOST
    about = ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8"))) or ""
    assert len(re.findall(r"[.?!](?=\s|$)", about)) >= 2, "one sentence on what it is for, one on what may enter it"


FAKE = {
    "house/__init__.py": "def __getattr__(name):\n    from house.attic import boxes\n",
    "house/__main__.py": "import house.attic.boxes\n",
    "house/cellar/__init__.py": "",
    "house/cellar/wine.py": "",
    "house/attic/__init__.py": "",
    "house/attic/boxes.py": "from house.cellar import wine\n",
    "house/left.py": "",
    "house/right.py": "",
}
FAKE_LAYERS: Layers = ["cellar", ["left", "right"], "attic"]


def build(root: Path, **changed: str) -> list[Import]:
    """The imports of the small house, some of its files written anew."""
    for name, code in {
        **FAKE,
        **{f"house/{name.replace('__', '/')}.py": code for name, code in changed.items()},
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(code, encoding="utf-8")
    return imports(root, "house")


def test_a_sound_house_passes(tmp_path):
    edges = build(tmp_path, left="from .cellar.wine import bottle")
    assert ("house/left.py:1", "house.left", "house.cellar.wine") in edges
    assert upward(edges, FAKE_LAYERS) == [] == circles(edges) == homeless(tmp_path, "house", FAKE_LAYERS)


@pytest.mark.parametrize(
    "code",
    [
        "from house.attic import boxes",
        "import house.attic.boxes as b",
        "from ..attic.boxes import open",
        "from house.attic import *",
        "import house",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING: from house import attic",
        "def f():\n  from house.attic import boxes",
        "from importlib import import_module\nimport_module('house.attic.boxes')",
    ],
)
def test_an_upward_import_is_found_and_told_with_its_line(tmp_path, code):
    (told,) = upward(build(tmp_path, cellar__wine="\n\n" + code), FAKE_LAYERS)
    line = 2 + len(code.splitlines())
    assert told.startswith(f"house/cellar/wine.py:{line}: house.cellar.wine imports house")


def test_rooms_side_by_side_do_not_import_each_other(tmp_path):
    assert upward(build(tmp_path, left="from house import right"), FAKE_LAYERS) == [
        "house/left.py:1: house.left imports house.right"
    ]


def test_a_circle_inside_a_room_is_found(tmp_path):
    edges = build(
        tmp_path, attic__a="from . import b", attic__b="from house.attic import c", attic__c="from .a import x"
    )
    assert upward(edges, FAKE_LAYERS) == []
    assert circles(edges) == [["house.attic.a", "house.attic.b", "house.attic.c"]]


def test_a_module_without_a_room_is_found(tmp_path):
    build(tmp_path, shed="")
    assert homeless(tmp_path, "house", FAKE_LAYERS) == ["house.shed"]
