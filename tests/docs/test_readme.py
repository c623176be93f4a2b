"""What the README promises exists: commands, verbs, files, pins."""

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from served import serving

from molar.cli.main import build_parser

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
LOCKS = {name: (ROOT / name).read_text(encoding="utf-8") for name in ("requirements.lock", "requirements-dev.lock")}


def test_every_make_target_it_names_exists():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(
        re.findall(r"\bmake (?:PYTHON=\S+ )?([a-z]+)\b", "\n".join(re.findall(r"```sh.*?```|`[^`\n]+`", README, re.S)))
    )
    assert {"demo", "test"} <= named <= targets


def test_every_verb_it_names_is_understood():
    lines = re.findall(r"^python -m molar (.+?)(?:\s+#.*)?$", README, re.MULTILINE)
    assert len(lines) >= 6
    for line in lines:
        build_parser().parse_args(line.split())


@pytest.mark.slow
def test_its_python_examples_run(monkeypatch):
    """The front door, and the running page asked by a program."""
    monkeypatch.chdir(ROOT)
    front_door, client = re.findall(r"```python\n(.*?)```", README, re.S)
    exec(compile(front_door, "README.md", "exec"), {})
    with serving(ROOT / "assets" / "demo", ROOT / "checkpoints" / "demo") as address:
        there = client.replace("http://127.0.0.1:7860", address)
        assert there != client
        exec(compile(there, "README.md", "exec"), {})


def test_it_is_read_in_a_sitting():
    assert len(README.splitlines()) <= 150


def paths_of(tree: str) -> list[str]:
    """The paths that a drawn tree names: the first word of each line, below the last line that is indented less."""
    above: list[tuple[int, str]] = []
    named = []
    for line in tree.strip("\n").splitlines():
        indent, name = len(line) - len(line.lstrip()), line.split()[0]
        above = [(depth, folder) for depth, folder in above if depth < indent]
        named.append("".join(folder for _, folder in above) + name)
        if name.endswith("/"):
            above.append((indent, name))
    return named


def unlike(tree: str, root: Path) -> list[str]:
    """Where a tree and the disk differ. A folder under which anything is drawn promises all that it holds: its packages
    always, its modules as soon as one is drawn."""
    named = paths_of(tree)
    wrong = [f"{path} is not there" for path in named if (root / path).is_dir() != path.endswith("/")]
    wrong += [f"{path} is not there" for path in named if not (root / path).exists() and not path.endswith("/")]
    for folder in {path.rpartition("/")[0] for path in (name.rstrip("/") for name in named)}:
        inside = [path for path in named if path.rstrip("/").rpartition("/")[0] == folder]
        held = [f"{path.parent.name}/" for path in (root / folder).glob("*/__init__.py")]
        if any(path.endswith(".py") for path in inside):
            held += [path.name for path in (root / folder).glob("*.py") if path.name != "__init__.py"]
        held = [f"{folder}/{name}".lstrip("/") for name in held]
        wrong += [f"{path} is not drawn" for path in held if path not in inside]
    return sorted(wrong)


def test_the_tree_is_the_disk():
    tree = README.split("## What is where")[1].split("```")[1]
    assert len(paths_of(tree)) > 20
    assert unlike(tree, ROOT) == []


@pytest.mark.parametrize(
    "tree, told",
    [
        ("a/  what\n  b/  this\n    c.py\nd.py\n", []),
        ("a/\nd.py", []),
        ("a/\n  b/\n    c.py  and e.py\nd.py", []),
        ("a/\n  b/\n    e.py\nd.py", ["a/b/c.py is not drawn", "a/b/e.py is not there"]),
        ("a/\n  c.py\nd.py", ["a/b/ is not drawn", "a/c.py is not there"]),
        ("d.py", ["a/ is not drawn"]),
        ("a/\nd/", ["d/ is not there"]),
        ("a/\nb/\n", ["b/ is not there"]),
        ("a/\nd.p\n", ["d.p is not there"]),
    ],
)
def test_a_tree_that_is_not_the_disk_is_found(tmp_path, tree, told):
    (tmp_path / "a" / "b").mkdir(parents=True)
    for name in ("a/__init__.py", "a/b/__init__.py", "a/b/c.py", "d.py"):
        (tmp_path / name).touch()
    assert unlike(tree, tmp_path) == told


def test_the_demo_has_a_model_card_that_names_all_its_parts():
    folder = ROOT / "checkpoints" / "demo"
    card = (folder / "README.md").read_text(encoding="utf-8")
    parts = [f"`{path.name}{'/' if path.is_dir() else ''}`" for path in folder.iterdir() if path.name != "README.md"]
    assert [part for part in parts if part not in card] == []
    assert re.findall(r"^## (.+)$", card, re.M) == ["What this is", "Data", "Training", "Numbers", "Limits", "Licence"]


@pytest.mark.parametrize("listed, lock", [("requirements.txt", "requirements.lock"), ("requirements-dev.txt", None)])
def test_the_locks_pin_what_the_lists_ask_for(listed, lock):
    pins = dict(
        re.findall(r"^([a-z0-9._-]+)==([^;\s]+)", LOCKS[lock] if lock else "\n".join(LOCKS.values()), re.MULTILINE)
    )
    for line in (ROOT / listed).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            wanted = Requirement(line)
            name = re.sub(r"[-_.]+", "-", wanted.name).lower()
            assert wanted.specifier.contains(pins[name]), name


def test_torchvision_is_nowhere():
    assert not any("torchvision" in re.sub(r"#.*", "", text) for text in LOCKS.values())
