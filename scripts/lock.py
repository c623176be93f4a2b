"""Write requirements.lock and requirements-dev.lock from the versions installed in this environment.

    python scripts/lock.py

Only what the two .txt files ask for, and what that in turn needs, is written: an environment may hold more.
"""

from importlib import metadata
from pathlib import Path

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent

# Needed on other interpreters and systems than the one that locks, so not to be found installed here.
ELSEWHERE = ['audioop-lts==0.2.2; python_version >= "3.13"', 'colorama==0.4.6; sys_platform == "win32"']


def listed(path: Path) -> list[Requirement]:
    """The requirements named in a .txt file."""
    lines = (line.split("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [Requirement(line) for line in lines if line]


def closure(requirements: list[Requirement]) -> dict[str, str]:
    """Name -> version of all that is needed here by `requirements`, local version labels (`+cpu`) dropped."""
    pins, waiting = {}, list(requirements)
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        if name in pins:
            continue
        pins[name] = metadata.version(name).split("+")[0]
        for line in metadata.requires(name) or []:
            need = Requirement(line)
            if need.marker is None or any(
                need.marker.evaluate(default_environment() | {"extra": extra}) for extra in wanted.extras | {""}
            ):
                waiting.append(need)
    return pins


def write(path: Path, pins: dict[str, str], extra: list[str]) -> None:
    """Write the pins, sorted, one to a line."""
    lines = sorted([f"{name}=={version}" for name, version in pins.items()] + extra)
    path.write_text("\n".join(["# Written by scripts/lock.py; do not edit.", *lines]) + "\n", encoding="utf-8")
    print(f"{path.name}: {len(lines)} packages")


def main() -> None:
    runtime = closure(listed(ROOT / "requirements.txt"))
    tests = closure(listed(ROOT / "requirements-dev.txt"))
    write(ROOT / "requirements.lock", runtime, ELSEWHERE)
    write(ROOT / "requirements-dev.lock", {name: pin for name, pin in tests.items() if name not in runtime}, [])


if __name__ == "__main__":
    main()
