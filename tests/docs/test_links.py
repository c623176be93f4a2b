"""Links between the pages, to files and to headings, lead somewhere; so do the paths that comments and pages name."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMED = re.compile(
    r"(?<![\w/.-])((?:molar|app|scripts|bench|tests|docs|assets)/[\w/.-]*\w\.(?:py|js|css|html|md|sh|webp))\b"
)
INVENTED = re.compile(r"NAME|nowhere")  # stands for what a reader will call it, or for what a test wants to be absent


def tracked(*patterns: str) -> list[str]:
    """The files of the project that match, as paths from its root."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns]
    found = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [path for path in found if (ROOT / path).is_file()]


def anchors(text: str) -> set[str]:
    """What the headings of a page are called in links."""
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in re.findall(r"^#+ (.+)$", text, re.M)}


def broken(page: Path) -> list[str]:
    """The relative links of a page that lead to no file, or to a heading that is not there."""
    text, wrong = page.read_text(encoding="utf-8"), []
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        there = page.parent / path if path else page
        if not there.exists() or (anchor and anchor not in anchors(there.read_text(encoding="utf-8"))):
            wrong.append(link)
    return wrong


@pytest.mark.parametrize("page", tracked("*.md"))
def test_its_links_lead_somewhere(page):
    assert broken(ROOT / page) == []


def test_a_link_that_leads_nowhere_is_found(tmp_path):
    (tmp_path / "other.md").write_text("# One & two\n", encoding="utf-8")
    page = tmp_path / "page.md"
    good = "[a](other.md) [b](other.md#one--two) [c](#here) [d](https://example.org/x.md)"
    page.write_text(f"## Here\n{good} [e](gone.md) [f](other.md#three) [g](#there)\n", encoding="utf-8")
    assert broken(page) == ["gone.md", "other.md#three", "#there"]


def test_paths_that_are_named_are_there():
    sources = tracked("*.py", "*.js", "*.css", "*.html", "*.sh", "*.md", "*.toml", "Makefile")
    wrong = [
        f"{source}: {path}"
        for source in sources
        if source != "tests/docs/test_layers.py"  # it builds a small house of its own
        for path in NAMED.findall((ROOT / source).read_text(encoding="utf-8"))
        if not (ROOT / path).exists() and not INVENTED.search(path)
    ]
    assert wrong == []
