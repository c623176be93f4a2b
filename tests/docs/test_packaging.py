"""What is installed: the wheel's content, and that everything imported is asked for."""

import re
import shutil
import subprocess
import sys
import zipfile
from email import message_from_string
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from import_graph import modules, named
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from molar.core.version import __version__

ROOT = Path(__file__).parents[2]
# Asked for without being imported by name: transformers loads them for layers in few bits and for GGUF files.
BY_TRANSFORMERS = {"bitsandbytes", "gguf"}
# Photographs that ship with it.
FOR_ITS_FILES = {"scikit-image"}


def asked(name: str) -> dict[str, Requirement]:
    """Distribution → what a list of requirements asks of it."""
    lines = [line.split("#")[0].strip() for line in (ROOT / name).read_text(encoding="utf-8").splitlines()]
    wanted = [Requirement(line) for line in lines if line]
    return {canonicalize_name(one.name): one for one in wanted}


def third_party(*packages: str) -> set[str]:
    """The distributions whose modules these packages import, inside functions too."""
    tops = {
        name.split(".")[0]
        for package in packages
        for module, path in modules(ROOT, package).items()
        if not module.startswith("bench.peers.")  # each of them runs in an environment of its own
        for _, name in named(path, module)
    }
    ours = {path.stem for path in [*ROOT.iterdir(), *(ROOT / "tests" / "support").iterdir()]}
    installed = packages_distributions()
    names = {installed.get(top, [top])[0] for top in tops - ours - set(sys.stdlib_module_names)}
    return {canonicalize_name(name) for name in names}


def test_what_the_product_imports_is_what_it_asks_for():
    assert third_party("molar", "app") == set(asked("requirements.txt")) - BY_TRANSFORMERS


def test_what_tests_and_scripts_import_is_asked_for():
    product, more = set(asked("requirements.txt")), set(asked("requirements-dev.txt"))
    tools = {"pytest-xdist", "ruff", "mypy"}
    assert third_party("molar", "app", "scripts", "bench", "tests") - product == more - tools - FOR_ITS_FILES
    assert not product & more


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> zipfile.ZipFile:
    """Built in a copy, so that nothing of an earlier build comes along and nothing is left here."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for package in ("molar", "app", "scripts"):
        shutil.copytree(ROOT / package, source / package, ignore=shutil.ignore_patterns("__pycache__"))
    for path in [ROOT / "pyproject.toml", ROOT / "LICENSE", *ROOT.glob("*.txt"), *ROOT.glob("*.py")]:
        shutil.copy(path, source)
    build = f"from setuptools.build_meta import build_wheel; build_wheel({str(out)!r})"
    subprocess.run([sys.executable, "-c", build], cwd=source, check=True, capture_output=True)
    return zipfile.ZipFile(next(out.glob("*.whl")))


def test_the_wheel_holds_molar_and_all_of_it(wheel):
    held = {name for name in wheel.namelist() if ".dist-info/" not in name}
    ours = {path for path in (ROOT / "molar").rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    assert held == {str(path.relative_to(ROOT)) for path in ours}
    assert "molar/py.typed" in held


def test_the_wheel_says_what_it_needs_and_brings_the_command(wheel):
    about = {Path(name).name: wheel.read(name).decode() for name in wheel.namelist() if ".dist-info/" in name}
    meta = message_from_string(about["METADATA"])
    assert (meta["Name"], meta["Version"], meta["License-Expression"]) == (
        "molar-recommender",
        __version__,
        "Apache-2.0",
    )
    assert {str(Requirement(line)) for line in meta.get_all("Requires-Dist")} == {
        str(one) for one in asked("requirements.txt").values()
    }
    assert re.search(r"^molar = molar\.cli\.main:\w+$", about["entry_points.txt"], re.M)
