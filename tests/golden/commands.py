"""The commands that files of results and checkpoints name: whoever reads a number must be able to make it again."""

import importlib.util
import json
import shlex
from collections.abc import Iterator

from . import project

PLACES = ("results/*.json", "bench/results/*.json", "checkpoints/demo/**/*.json")
RUN = ["python", "-m"]


def commands() -> dict[str, str]:
    """Command → the first file that names it."""
    found: dict[str, str] = {}
    for pattern in PLACES:
        for path in sorted(project.ROOT.glob(pattern)):
            for command in _named(json.loads(path.read_text(encoding="utf-8"))):
                found.setdefault(command, str(path.relative_to(project.ROOT)))
    return found


def _named(value) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("command"), str) and value["command"]:
            yield value["command"]
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _named(one)


def problem(command: str, monkeypatch) -> str:
    """Why a command cannot be run today; "" when it can. Nothing is run but the reading of its arguments."""
    words = shlex.split(command)
    if words[0].endswith(".sh"):
        return "" if (project.ROOT / words[0]).is_file() else f"there is no {words[0]}"
    if words[:2] != RUN or len(words) < 3:
        return "neither a module nor a shell script"
    module, arguments = words[2], words[3:]
    if not _is_there(module):
        return f"there is no module {module}"
    try:
        if module == "molar":
            project.parse_molar(arguments)
        else:
            with monkeypatch.context() as patch:
                project.parse_program(module, arguments, patch)
    except SystemExit:
        return f"{module} refuses these arguments"
    return ""


def _is_there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # its package is not there
        return False
