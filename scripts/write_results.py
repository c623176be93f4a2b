"""Write what README.md, docs/encoder.md, docs/findings.md, docs/results.md and docs/results/ tell of results/*.json.

    python -m scripts.write_results

Every number in them comes from here, so that none can outlive the run that made it; a test compares the two.
"""

import argparse
from pathlib import Path

from molar.reporting.documents import END, START, encoder_section, findings_section, pages, readme_section
from scripts import entry

RESULTS, DOCS = Path("results"), Path("docs")
WHOLE = DOCS / "results"  # a folder that holds nothing else


def write_section(page: Path, section: str) -> None:
    """Put a section between its markers in a page."""
    text = page.read_text(encoding="utf-8")
    before, after = text[: text.index(START)], text[text.index(END) + len(END) + 1 :]
    page.write_text(before + section + after, encoding="utf-8")


def write_pages(made: dict[str, str]) -> None:
    """Write the pages that are written whole; what else lies in their folder is of results that are gone."""
    WHOLE.mkdir(exist_ok=True)
    for old in WHOLE.iterdir():
        if f"{WHOLE.name}/{old.name}" not in made:
            old.unlink()
    for name, text in made.items():
        (DOCS / name).write_text(text, encoding="utf-8")


def write_all(options: argparse.Namespace) -> None:
    """All sections and pages."""
    write_section(Path("README.md"), readme_section(RESULTS))
    write_section(DOCS / "encoder.md", encoder_section(RESULTS))
    write_section(DOCS / "findings.md", findings_section(RESULTS))
    write_pages(pages(RESULTS))


def main() -> int:
    """Returns the exit code."""
    return entry.run(entry.parser("scripts.write_results", __doc__), write_all)


if __name__ == "__main__":
    raise SystemExit(main())
