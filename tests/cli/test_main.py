"""The command line as a whole: help, names, exit codes, the command that results are stored with."""

import importlib
import re
import subprocess
import sys
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path
from unittest.mock import create_autospec

import pytest

from molar.cli.main import build_parser, main
from molar.core.errors import Cancelled

ROOT = Path(__file__).parents[2]
VERBS = (
    "check",
    "fetch-backbone",
    "finetune-encoder",
    "encode",
    "quantisation-report",
    "train-id",
    "choose-content",
    "train",
    "train-content",
    "evaluate",
    "evaluate-id",
    "evaluate-content",
    "draw-maps",
    "recommend",
)
BESIDES = ("subset", "search", "similar", "baseline-vectors")


@pytest.mark.parametrize("verb", VERBS + BESIDES)
def test_every_verb_explains_itself(verb, capsys):
    with pytest.raises(SystemExit) as stop:
        main([verb, "--help"])
    assert stop.value.code == 0
    assert f"python -m molar {verb}" in capsys.readouterr().out


def test_these_are_all_verbs():
    help_text = build_parser().format_help()
    assert set(re.findall(r"^    ([a-z-]+)", help_text, re.M)) == {*VERBS, *BESIDES}
    assert "In order:  " + " → ".join(VERBS) in help_text.replace("→\n          ", "→")
    assert f"Besides:   {', '.join(BESIDES)}\n" in help_text


@pytest.mark.parametrize(
    "older, newer",
    [
        ("tune-encoder --out O", "finetune-encoder --out O"),
        ("fidelity D --checkpoint C --out O", "quantisation-report D --checkpoint C --out O"),
        ("encode D --checkpoint C --probe no-text", "encode D --checkpoint C --ablation no-text"),
        (
            "evaluate-content D F --id-model I --vectors V --out O --probes molar --which validation",
            "evaluate-content D F --id-model I --vectors V --out O --ablations molar --subset validation",
        ),
        ("subset D O --users 3 --films 4", "subset D O --users 3 --items 4"),
        ("encode D --checkpoint C --no-gate", "encode D --checkpoint C --no-feature-concatenation"),
    ],
)
def test_older_names_mean_the_same(older, newer):
    assert build_parser().parse_args(older.split()) == build_parser().parse_args(newer.split())


@pytest.mark.parametrize(
    "arguments, expected",
    [
        (["encode", "nowhere", "--checkpoint", "x"], "there is no such dataset folder"),
        (["train-id", "nowhere", "--checkpoint", "x"], "there is no such dataset folder"),
        (["recommend", "nowhere", "--checkpoint", "x", "--history", "a"], "The checkpoint x has no"),
    ],
)
def test_errors_are_one_message_and_exit_2(arguments, expected, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("error: ") and expected in told.err


@pytest.mark.parametrize("stop", [KeyboardInterrupt, Cancelled])
def test_a_stopped_command_says_how_to_go_on(stop, tiny_folder, monkeypatch, capsys):
    def stopped(*_, **__):
        raise stop

    monkeypatch.setattr("molar.data.dataset.open_dataset", stopped)
    assert main(["check", str(tiny_folder)]) == 130
    assert "stopped; the same command resumes" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments, function, expected",
    [
        ("fetch-backbone", "molar.backbones.hub.fetch_backbone", {}),
        ("encode D --checkpoint C --no-gate", "molar.encoder.encode.encode_items", {"gate": False, "precision": "nf4"}),
        (
            "tune-encoder --pairs a:b --out O",
            "molar.finetune.finetune.finetune_encoder",
            {"pairs": "a:b", "asked": set()},
        ),
        ("draw-maps D --checkpoint C --users 50", "molar.serving.user_maps.draw_maps", {"users": 50, "seed": 0}),
    ],
)
def test_slow_verbs_call_their_function_as_it_wants_to_be_called(arguments, function, expected, monkeypatch, capsys):
    module, name = function.rsplit(".", 1)
    stand_in = create_autospec(getattr(importlib.import_module(module), name), return_value="written here")
    monkeypatch.setattr(function, stand_in)
    assert main(arguments.split()) == 0
    assert expected.items() <= stand_in.call_args.kwargs.items()
    assert capsys.readouterr().out == "written here\n"


@pytest.mark.parametrize("module", ["molar subset", "molar.subset"])
def test_a_subset_can_be_asked_for_by_its_older_module_too(module):
    asked = [sys.executable, "-m", *module.split(), "nowhere", "out", "--users", "1"]
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (2, "error: name either --users and --items, or --cold-items\n")


def test_an_installed_package_has_the_same_command():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert EntryPoint("molar", project["scripts"]["molar"], "console_scripts").load() is main
