"""What the README promises exists: commands, verbs, files, pins."""

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement

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


def test_the_tree_names_files_that_exist():
    tree = README.split("## What is where")[1].split("```")[1]
    folder, missing = ROOT, []
    for line in tree.strip().splitlines():
        name = line.split()[0]
        if not line.startswith(" "):
            folder = ROOT / name if name.endswith("/") else ROOT
        path = folder if name.endswith("/") else folder / name
        if not path.exists():
            missing.append(name)
    assert missing == []


def test_the_demo_has_a_model_card_that_names_all_its_parts():
    folder = ROOT / "checkpoints" / "demo"
    card = (folder / "README.md").read_text(encoding="utf-8")
    parts = [f"`{path.name}{'/' if path.is_dir() else ''}`" for path in folder.iterdir() if path.name != "README.md"]
    assert [part for part in parts if part not in card] == []
    assert re.findall(r"^## (.+)$", card, re.M) == ["What this is", "Data", "Training", "Numbers", "Limits", "Licence"]


@pytest.mark.parametrize("page", ["checkpoints/README.md", "checkpoints/demo/README.md"])
def test_the_cards_links_lead_somewhere(page):
    links = re.findall(r"\]\(([^)#]+)", (ROOT / page).read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not (ROOT / page).parent.joinpath(link).exists()] == []


def test_the_tree_names_every_module():
    tree = README.split("## What is where")[1].split("```")[1]
    modules = [path.stem for folder in ("app", "molar") for path in (ROOT / folder).glob("*.py")]
    unnamed = [module for module in modules if not module.startswith("__") and module not in tree]
    # Common ground, named by what they hold rather than listed: errors, progress.
    assert set(unnamed) <= {"errors", "progress"}


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
