"""The pages and their numbers are those of results/*.json, each of one known run."""

import json
import re
import shutil
from pathlib import Path

import pytest

from molar.core.errors import MolarError
from molar.reporting.documents import encoder_section, findings_section, pages, readme_section
from scripts import write_results
from scripts.write_results import RESULTS, main, write_pages


@pytest.mark.parametrize(
    "page, section",
    [("README.md", readme_section), ("docs/encoder.md", encoder_section), ("docs/findings.md", findings_section)],
)
def test_a_page_shows_what_was_measured(page, section):
    assert section(RESULTS) in Path(page).read_text(encoding="utf-8")


def test_the_pages_that_are_written_whole_show_what_was_measured():
    stored = [Path("docs/results.md"), *Path("docs/results").iterdir()]
    assert {str(one.relative_to("docs")): one.read_text(encoding="utf-8") for one in stored} == pages(RESULTS)


def test_every_link_leads_somewhere():

    made = pages(RESULTS)
    for page, text in made.items():
        for link in re.findall(r"\]\(([^)#]+)", text):
            assert (Path("docs") / page).parent.joinpath(link).exists(), f"{page}: {link}"


@pytest.fixture
def folder(tmp_path):
    """A copy of results/ that the test may change."""
    return Path(shutil.copytree("results", tmp_path / "results"))


@pytest.mark.parametrize(
    "name, section",
    [
        *((name, readme_section) for name in ("demo.json", "ml1m.json")),
        *(
            (name, encoder_section)
            for name in ("encoders.json", "fidelity-nano.json", "fidelity-parts.json", "encoder-probe.json")
        ),
    ],
)
def test_a_missing_file_is_named(folder, name, section):
    (folder / name).unlink()
    with pytest.raises(MolarError, match=f"no results in .*{name}"):
        section(folder)


def test_a_second_dataset_in_a_file_is_refused(folder):
    rows = json.loads((folder / "demo.json").read_text())["rows"]
    other = [row | {"dataset": "Other"} for row in rows if row["model"] == "molar"]
    (folder / "demo.json").write_text(json.dumps({"rows": rows + other}))
    with pytest.raises(MolarError, match="holds rows of Other, Print shop"):
        readme_section(folder)


def test_results_without_test_rows_are_refused(folder):
    rows = json.loads((folder / "demo.json").read_text())["rows"]
    kept = [row for row in rows if row["split"] == "test" and row["model"] not in ("popularity", "molar")]
    (folder / "demo.json").write_text(json.dumps({"rows": kept}))
    with pytest.raises(MolarError, match="Print shop hold no test rows of popularity, molar"):
        readme_section(folder)


def test_pages_of_results_that_are_gone_are_removed(tmp_path, monkeypatch):
    monkeypatch.setattr(write_results, "DOCS", tmp_path)
    monkeypatch.setattr(write_results, "WHOLE", tmp_path / "results")
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "gone.md").write_text("old")
    write_pages({"results/new.md": "new", "results.md": "all"})
    assert {one.name for one in tmp_path.rglob("*.md")} == {"new.md", "results.md"}


def test_an_error_is_a_sentence_and_an_exit_code(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["write_results"])
    monkeypatch.setattr(write_results, "RESULTS", tmp_path)
    assert main() == 2
    assert capsys.readouterr().err.startswith("error: There are no results in")
