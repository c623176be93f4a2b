"""The numbers in the README are those of results/*.json."""

from pathlib import Path

from scripts.write_results import results_section


def test_the_readme_shows_what_was_measured():
    assert results_section() in Path("README.md").read_text(encoding="utf-8")
