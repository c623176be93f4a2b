"""The stylesheets: those of all tabs here, and how a tab reads its own."""

from pathlib import Path


def stylesheets(folder: Path, *names: str) -> str:
    """The text of the stylesheets in a folder, one after the other."""
    return "\n".join((folder / name).read_text(encoding="utf-8") for name in names)


SHARED = stylesheets(Path(__file__).parent, "style.css", "items.css")
