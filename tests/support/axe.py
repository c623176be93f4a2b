"""Runs axe-core, the accessibility checker, on an open page. It is fetched by npm into a cache, never kept in the project."""

import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

VERSION = "4.10.3"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "molar-tests"
RUN = """async () => (await axe.run(document, { resultTypes: ['violations'] })).violations
    .filter((one) => ['serious', 'critical'].includes(one.impact))
    .map((one) => one.id + ': ' + one.nodes.slice(0, 4).map((node) => node.target.join(' ')).join(' | '))"""


def axe_script() -> str:
    """The source of axe-core; skips the test where npm cannot get it."""
    script = CACHE / f"axe-{VERSION}.min.js"
    if not script.is_file():
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip("axe-core is fetched by npm, which is not here")
        CACHE.mkdir(parents=True, exist_ok=True)
        asked = subprocess.run([npm, "pack", f"axe-core@{VERSION}"], cwd=CACHE, capture_output=True, timeout=120)
        archive = CACHE / f"axe-core-{VERSION}.tgz"
        if asked.returncode or not archive.is_file():
            pytest.skip("npm could not fetch axe-core")
        with tarfile.open(archive) as packed:
            script.write_bytes(packed.extractfile("package/axe.min.js").read())
        archive.unlink()
    return script.read_text(encoding="utf-8")


def serious_problems(page) -> list[str]:
    """What axe calls serious or critical: rule and places."""
    page.evaluate(axe_script())
    return page.evaluate(RUN)
