"""The alignment study: a plan, trainings that are not repeated, and gains that are the differences of what was ranked."""

import itertools
import json

import numpy as np
import pytest

from molar.core.schema import ALIGNED, CONTENT, ID
from molar.encoder.vectors import save_vectors
from molar.evaluation.metrics import ndcg
from molar.evaluation.significance import holm
from molar.experiments.results import DIFFERENCE, OWN, read_rows
from scripts import alignment_plan as plan
from scripts.align_study import Study, main
from scripts.alignment_gains import Ranked, gain_rows, own_rows
from scripts.alignment_plan import HISTORIES, STUDIES, Run, chosen, needed

SMALL = ("dim=8", "heads=1", "max_length=5")
MOLAR = Run(ALIGNED, 0.5, 1.0, ("alpha=0.1",))


def test_what_is_aligned_is_held_against_the_same_users_and_taught_by_whom_it_says():
    assert MOLAR.before == Run(CONTENT, 0.5) and MOLAR.teacher == Run(ID, 1.0)
    assert MOLAR.setting == "users=0.5 ids=1 alpha=0.1" and MOLAR.before.setting == "users=0.5"


def test_every_training_has_a_folder_of_its_own_and_comes_after_what_it_needs():
    runs = needed(STUDIES)
    assert len({run.name for run in runs}) == len(runs)
    for place, run in enumerate(runs):
        if run.ids:
            assert {run.before, run.teacher} <= set(runs[:place])


def test_fewer_users_train_for_more_epochs():
    epochs = [Run(ID, share).epochs(8) for share in plan.SHARES]
    assert epochs[-1] == 8 and all(more > fewer for more, fewer in itertools.pairwise(epochs))


def ranked(seed: int, n: int) -> Ranked:
    rng = np.random.default_rng(seed)
    return Ranked({history: rng.integers(1, 15, n) for history in HISTORIES}, f"{seed:064d}")


@pytest.fixture
def metadata(tiny):
    return {"dataset": "tiny", "data_hash": tiny.dataset.data_hash, "split": "validation", "command": "study"}


def test_a_gain_is_the_mean_difference_over_users_and_seeds(tiny, metadata):
    n = len(tiny.split.evaluation_users("validation"))
    known = {(run, seed): ranked(7 * seed + (run == MOLAR), n) for run in (MOLAR, MOLAR.before) for seed in (0, 1)}
    other = Run(ALIGNED, 0.5, 1.0, ("alpha=0.3",))
    known[other, 1] = ranked(99, n)  # of one seed alone
    runs = [MOLAR, other, Run(ALIGNED, 0.2, 1.0)]
    rows = gain_rows(runs, (0, 1, 2), lambda *key: known.get(key), tiny.split, metadata, claimed=True)
    told = {(row["setting"], row["slice"]): row for row in rows}
    assert {setting for setting, _ in told} == {
        f"{run.setting}{f' history={history}' * bool(history)}" for run in (MOLAR, other) for history in HISTORIES
    }
    assert [setting for setting, slice_ in told if slice_ == "warm"] == [MOLAR.setting, other.setting]
    row = told["users=0.5 ids=1 alpha=0.1 history=2", "all"]
    gains = [
        np.mean(ndcg(known[MOLAR, seed].ranks[2], 10) - ndcg(known[MOLAR.before, seed].ranks[2], 10)) for seed in (0, 1)
    ]
    assert row["metrics"]["ndcg@10"] == pytest.approx(np.mean(gains), abs=1e-6)
    assert (row["metrics"]["least_seed"], row["metrics"]["most_seed"]) == pytest.approx(
        (min(gains), max(gains)), abs=1e-6
    )
    assert row["metrics"]["seeds"] == 2 and told[other.setting, "all"]["metrics"]["seeds"] == 1
    family = [row for row in rows if row["slice"] == "all"]
    corrected = holm(np.array([row["metrics"]["p_value"] for row in family]))
    assert [row["metrics"]["p_holm"] for row in family] == pytest.approx(corrected, abs=1e-5)
    assert all(row["kind"] == DIFFERENCE and (row["model"], row["other"]) == (ALIGNED, CONTENT) for row in rows)


def test_what_was_not_trained_has_no_row(tiny, metadata):
    assert own_rows([MOLAR], (0,), lambda *key: None, tiny.split, metadata) == []
    assert gain_rows([MOLAR], (0,), lambda *key: None, tiny.split, metadata, claimed=False) == []


@pytest.mark.parametrize("only, names", [(None, set(STUDIES)), ("alpha, users", {"alpha", "users"})])
def test_a_part_is_chosen_by_name(only, names):
    assert set(chosen(only)) == names


@pytest.fixture
def arguments(tiny, tiny_vectors, tmp_path, monkeypatch):
    """Of a study of two trainings beside their ID model, over the tiny world."""
    save_vectors(tmp_path / "vectors.safetensors", tiny_vectors, tiny.dataset, {})
    monkeypatch.setitem(STUDIES, "users", [MOLAR])
    sizes = [part for setting in SMALL for flag in ("--set", "--set-id") for part in (flag, setting)]
    places = ["--work", str(tmp_path / "work"), "--vectors", str(tmp_path / "vectors.safetensors")]
    own = ["--only", "users", "--seeds", "0,1", "--epochs", "1", "--id-epochs", "1", *sizes]
    return ["align_study", str(tiny.dataset.root), *places, "--out", str(tmp_path / "study.json"), *own]


def test_the_study_trains_ranks_and_logs_and_does_nothing_twice(arguments, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", [*arguments, "--list"])
    assert main() == 0 and capsys.readouterr().out.count("ready") == 6
    monkeypatch.setattr("sys.argv", arguments)
    assert main() == 0
    rows = read_rows(tmp_path / "study.json")
    own = {(row["model"], row["setting"]) for row in rows if row["kind"] == OWN}
    assert {(ID, "users=1"), (CONTENT, "users=0.5 history=1"), (ALIGNED, "users=0.5 ids=1 alpha=0.1")} <= own
    assert {row["split"] for row in rows} == {"validation"} and {row["seed"] for row in rows} == {0, 1}
    curves = json.loads((tmp_path / "study-curves.json").read_text())["curves"]
    assert len({(curve["model"], curve["seed"]) for curve in curves}) == 6
    capsys.readouterr()
    monkeypatch.setattr("scripts.align_study.evaluate_ranks", None)  # nothing is ranked again
    before = sorted((path, path.stat().st_mtime_ns) for path in (tmp_path / "work").rglob("*.safetensors"))
    assert main() == 0 and read_rows(tmp_path / "study.json") == rows
    assert before == sorted((path, path.stat().st_mtime_ns) for path in (tmp_path / "work").rglob("*.safetensors"))
    monkeypatch.setattr("sys.argv", [*arguments, "--list"])
    assert main() == 0 and capsys.readouterr().out.count("finished") == 6


def test_the_test_split_is_read_when_it_is_asked_for(arguments, tmp_path, monkeypatch):
    monkeypatch.setattr("sys.argv", arguments)
    assert main() == 0
    rows = read_rows(tmp_path / "study.json")
    monkeypatch.setattr("sys.argv", [*arguments, "--test"])
    assert main() == 0
    after = read_rows(tmp_path / "study.json")
    assert after[: len(rows)] == rows and {row["split"] for row in after[len(rows) :]} == {"test"}
    assert len(after) >= 2 * len(rows) - 10


def test_the_epoch_is_chosen_on_a_part_of_the_validation_users_and_everybody_is_ranked(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr("scripts.align_study.EPOCH_USERS", 5)
    study = Study(tiny.dataset.root, "interactions.csv", tmp_path / "v", tmp_path, "study", 1, 1)
    assert 0 < len(study.part(Run(ID, 0.5)).evaluation_users("validation")) <= 5
    assert study.part(Run(ID, 0.5)).train_users == 0.5 and len(study.split.evaluation_users("validation")) == 19


def test_an_unknown_study_is_refused(arguments, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", [*arguments, "--only", "colour"])
    assert main() == 2
    assert "--only knows no colour" in capsys.readouterr().err
