"""The search for the ID models' settings: every model alike, nothing repeated, the best by validation."""

import pytest
from tiny_world import write_tiny_folder

from molar.core.errors import MolarError
from molar.experiments.results import read_entries
from scripts import search_id


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(search_id, "EPOCHS", 1)
    monkeypatch.setattr(search_id, "START", {"dim": 8, "batch_size": 8})
    monkeypatch.setattr(search_id, "FIXED", {"max_length": 6})
    monkeypatch.setattr(search_id, "SPACE", {model: {"dim": (8, 16)} for model in search_id.SPACE})


def test_every_model_starts_alike_and_draws_by_number():
    starts = [search_id.draw(model, 0) for model in search_id.SPACE]
    assert all(start == starts[0] for start in starts)
    drawn = [search_id.draw("sasrec", trial) for trial in (1, 1, 2, 3)]
    assert drawn[0] == drawn[1] and drawn[1:] != drawn[:3]


def test_a_search_goes_on_where_it_stopped(small, tmp_path, monkeypatch):
    data, out, work = write_tiny_folder(tmp_path / "data"), tmp_path / "log.json", tmp_path / "work"
    search_id.search(data, out, work, ["fpmc"], 1, "one")
    assert [entry["trial"] for entry in read_entries(out, "trials")] == [0]
    fitted = []
    from molar.training import run

    monkeypatch.setattr(run, "fit", lambda *given, fit=run.fit, **named: fitted.append(1) or fit(*given, **named))
    log = search_id.search(data, out, work, ["sasrec", "fpmc"], 2, "two")
    assert [(entry["model"], entry["trial"]) for entry in log] == [
        ("fpmc", 0),
        ("fpmc", 1),
        ("sasrec", 0),
        ("sasrec", 1),
    ]
    assert len(fitted) == 3 and log == read_entries(out, "trials")


def test_the_best_trial_is_validations():
    log = [
        {"model": "sasrec", "trial": trial, "validation_ndcg@10": value} for trial, value in enumerate((0.1, 0.3, 0.2))
    ]
    assert search_id.best(log, "sasrec")["trial"] == 1
    with pytest.raises(MolarError, match="no trial of fpmc"):
        search_id.best(log, "fpmc")
