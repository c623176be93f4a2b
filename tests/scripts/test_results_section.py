"""The numbers in the README are those of results/*.json, each of one known run."""

import json
import shutil
from pathlib import Path

import pytest

from molar.core.errors import MolarError
from scripts.write_results import encoder_section, findings_section, results_section


def test_the_readme_shows_what_was_measured():
    assert results_section() in Path("README.md").read_text(encoding="utf-8")


def test_the_encoder_page_shows_what_was_measured():
    assert encoder_section() in Path("docs/encoder.md").read_text(encoding="utf-8")


def test_the_findings_page_shows_what_was_measured():
    assert findings_section() in Path("docs/findings.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["encoders.json", "fidelity-nano.json", "fidelity-parts.json"])
def test_a_missing_file_of_the_encoder_page_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(MolarError, match=f"no results in .*{name}"):
        encoder_section(folder)


@pytest.fixture
def folder(tmp_path):
    """A copy of results/ that the test may change."""
    return Path(shutil.copytree("results", tmp_path / "results"))


@pytest.mark.parametrize("name", ["demo.json", "ml1m-600.json", "encoder-probe.json"])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(MolarError, match=f"no results in .*{name}"):
        results_section(folder)


@pytest.mark.parametrize(
    "change, message",
    [({"seed": 7}, "holds molar with the seeds .0, 7."), ({"dataset": "Other"}, "holds rows of Other, Print shop")],
)
def test_a_second_run_in_a_file_is_refused(folder, change, message):
    rows = json.loads((folder / "demo.json").read_text())["rows"]
    other = [row | change for row in rows if row["model"] == "molar"]
    (folder / "demo.json").write_text(json.dumps({"rows": rows + other}))
    with pytest.raises(MolarError, match=message):
        results_section(folder)


def test_results_without_test_rows_are_refused(folder):
    rows = json.loads((folder / "demo.json").read_text())["rows"]
    (folder / "demo.json").write_text(json.dumps({"rows": [row for row in rows if row["split"] == "validation"]}))
    with pytest.raises(MolarError, match="Print shop hold no test rows of popularity, sasrec, molar"):
        results_section(folder)
