"""The numbers of results/*.json are those that were recorded, and the commands that made them can still be given."""

import json

import pytest

from . import project, results
from .commands import commands, problem
from .record import read

RECORDED = read("results")
OF_ROWS = [name for name, record in RECORDED.items() if "rows" in record]


def test_these_files_and_no_others():
    assert set(results.files()) == set(RECORDED)


@pytest.mark.parametrize("name", RECORDED)
def test_the_numbers_of_a_file_are_those_recorded(name):
    """From the raw JSON, so that no reader can put in what a file does not hold."""
    assert results.file_record(project.RESULTS / name) == RECORDED[name]


@pytest.mark.parametrize("name", OF_ROWS)
def test_the_projects_reader_gives_the_same_rows(name):
    assert results.rows_record(project.read_results(project.RESULTS / name)) == RECORDED[name]


def explicit(row: dict) -> dict:
    """A row of the shape with a string, in the shape with fields of their own."""
    kept = {field: value for field, value in row.items() if field != "variant"}
    variant = row["variant"]
    if variant.startswith("minus probe "):
        return kept | {"kind": "difference", "other": "", "ablation": variant.removeprefix("minus probe ")}
    if variant.startswith("minus "):
        return kept | {"kind": "difference", "other": variant.removeprefix("minus "), "ablation": ""}
    if variant.startswith("probe "):
        return kept | {"kind": "ablation", "ablation": variant.removeprefix("probe ")}
    if variant.startswith("against "):
        return kept | {"kind": "alignment", "other": variant.removeprefix("against ")}
    return kept | {"kind": "own", "variant": variant}


@pytest.mark.parametrize(
    "name", ["ml1m-id.json", "ml1m.json", "demo-dial-50.json", "encoders.json", "ablations-alignment.json"]
)
def test_both_shapes_of_a_row_are_the_same_row(name):
    rows = json.loads((project.RESULTS / name).read_text(encoding="utf-8"))["rows"]
    explicit_rows = [explicit(row) if "kind" not in row else row for row in rows]
    assert results.rows_record(explicit_rows) == RECORDED[name]


COMMANDS = commands()


def test_there_are_commands():
    assert len(COMMANDS) > 100 and {"molar", "scripts"} <= {command.split()[2].split(".")[0] for command in COMMANDS}


def test_every_command_can_be_given_today(monkeypatch):
    found = {f"{command} ({file})": problem(command, monkeypatch) for command, file in COMMANDS.items()}
    assert {command: why for command, why in found.items() if why} == {}


@pytest.mark.parametrize(
    "command, why",
    [
        ("python -m molar evaluate assets/demo", "molar refuses these arguments"),
        ("python -m scripts.cold_offsets --no-such-option", "scripts.cold_offsets refuses these arguments"),
        ("python -m scripts.nowhere x", "there is no module scripts.nowhere"),
        ("python -m nowhere.at_all", "there is no module nowhere.at_all"),
        ("scripts/nowhere.sh --data x", "there is no scripts/nowhere.sh"),
        ("scripts/reproduce_ml1m.sh --data x", ""),
    ],
)
def test_a_command_that_cannot_be_given_is_told(monkeypatch, command, why):
    assert problem(command, monkeypatch) == why
