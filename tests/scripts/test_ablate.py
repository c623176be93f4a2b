"""The ablation runner: a plan of single factors, a log that grows, and nothing done twice."""

import json
from collections import Counter

import pytest

from molar.cli.main import main as cli
from molar.core.errors import MolarError
from molar.encoder.vectors import save_vectors
from molar.experiments.results import read_entries
from molar.training.settings import content_settings
from scripts import ablate as script
from scripts.ablate import Runner, ablate, listing, main
from scripts.ablation_plan import PLAN, chosen

SMALL = ("dim=8", "heads=1", "max_length=5")


@pytest.fixture
def runner(tiny, tiny_vectors, tmp_path, monkeypatch):
    """Over the tiny world: the default's vectors, one ID model, and trainings in this process; `runner.done` counts them."""
    save_vectors(tmp_path / "vectors" / "vectors.safetensors", tiny_vectors, tiny.dataset, {})
    sizes = [part for setting in SMALL for part in ("--set", setting)]
    assert (
        cli(["train-id", str(tiny.dataset.root), "--checkpoint", str(tmp_path / "ids"), "--epochs", "1", *sizes]) == 0
    )
    done = Counter()

    def train(arguments, log, threads):
        done[arguments[arguments.index("--name") + 1]] += 1
        if cli(list(arguments)):
            raise MolarError("it failed")

    monkeypatch.setattr(script, "train", train)
    made = Runner(
        tiny.dataset.root,
        tmp_path / "towers",
        tmp_path / "vectors",
        tmp_path / "ids",
        tmp_path / "log.json",
        0,
        1,
        SMALL,
    )
    object.__setattr__(made, "done", done)
    return made


def test_the_plan_changes_one_thing_at_a_time():
    assert len({trial.label for trial in PLAN}) == len(PLAN)
    default = next(trial for trial in PLAN if trial.label == "molar")
    assert (default.settings, default.vectors, default.id_model) == ((), "vectors", "sasrec")
    for trial in PLAN:
        if trial.table == "alignment":
            own = [setting for setting in trial.settings if setting != "align=none"]
            assert len(own) + (trial.vectors != "vectors") + (trial.id_model != "sasrec") == 1, trial.label


def test_the_search_names_all_that_it_varies_and_changes_it_from_the_start():
    trials = {trial.label: trial.settings for trial in PLAN if trial.table == "settings"}
    start = trials.pop("settings-start")
    named = {setting.partition("=")[0] for setting in start}
    assert content_settings(16, start) == content_settings(16, ["align=none"])  # the start is the defaults
    for label, settings in trials.items():
        changed = settings[len(start) :]
        assert settings[: len(start)] == start and changed and not set(changed) & set(start), label
        assert {setting.partition("=")[0] for setting in changed} <= named, label


def test_trials_are_logged_as_they_end_and_not_trained_again(runner):
    said = []
    plan = chosen("default,tau-0.05")
    log = ablate(runner, plan, say=said.append)
    assert [entry["label"] for entry in log] == ["content", "molar", "tau-0.05"]
    assert log == read_entries(runner.out, "trials") == json.loads(runner.out.read_text())["trials"]
    assert {"validation_ndcg@10", "command", "weights_sha256", "data_hash", "seed"} <= set(log[0])
    assert log[2]["settings"][-1] == "tau=0.05" and "--set tau=0.05" in log[2]["command"]
    assert said[-1].startswith("3 of 3: ") and "left" in said[-1]
    ablate(runner, plan)
    assert set(runner.done.values()) == {1}


def test_what_is_not_there_is_waited_for_and_told(runner):
    said = []
    assert ablate(runner, chosen("hllm,to-fpmc"), say=said.append) == []
    assert "hllm waits for " in said[1] and "vectors-no-picture.safetensors" in said[1]
    assert said[0].startswith("to-fpmc waits for ") and not runner.done


def test_the_listing_tells_what_each_trial_is(runner):
    ablate(runner, chosen("content"), say=lambda _: None)
    lines = listing(runner, chosen("default,hllm")).splitlines()
    assert [line.split()[0] for line in lines[::2]] == ["content", "molar", "hllm"]
    assert " finished" in lines[0] and " ready" in lines[2] and " waits for " in lines[4]
    assert "python -m molar train-content" in lines[1] and "--set align=none" in lines[1]


def test_a_failure_stops_no_other_and_is_told(runner):
    said = []
    object.__setattr__(runner, "settings", (*SMALL, "tau=0"))
    with pytest.raises(MolarError, match="molar failed; the same command tries again"):
        ablate(runner, chosen("default,tau-0.05"), say=said.append)
    assert [entry["label"] for entry in read_entries(runner.out, "trials")] == ["tau-0.05"]


@pytest.mark.parametrize(
    "only, labels", [("alpha-1", {"alpha-1"}), ("tau", {"tau-0.05", "tau-0.2"}), ("default", {"content", "molar"})]
)
def test_a_part_is_chosen_by_label_or_factor(only, labels):
    assert {trial.label for trial in chosen(only)} == labels


def test_an_unknown_part_is_refused(monkeypatch, capsys):
    arguments = "ablate D --work w --vectors v --id-models i --out o.json --only colour --list"
    monkeypatch.setattr("sys.argv", arguments.split())
    assert main() == 2
    assert "--only knows no colour" in capsys.readouterr().err


def test_a_training_that_fails_says_where_to_look(tmp_path):
    with pytest.raises(MolarError, match=r"ended with 2: .*invalid choice"):
        script.train(["no-such-verb"], tmp_path / "logs" / "one.log", 1)
