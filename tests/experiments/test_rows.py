"""Rows of a results file from ranks, and how they are merged into a file."""

import json

import numpy as np
import pytest

from molar.core.errors import MolarError
from molar.evaluation import metrics
from molar.evaluation.significance import interval, resampled_means
from molar.experiments.results import DIFFERENCE, FIELDS, NORMALISED_NDCG, OWN, read_rows, write_rows
from molar.experiments.rows import OFFSET, Run, Source, among_cold_rows, rows_for

METADATA = {"dataset": "shop", "data_hash": "aa", "split": "test", "command": "evaluate"}


def some_rows(**metadata):
    rng = np.random.default_rng(0)
    ranks = {name: rng.integers(1, 40, 300) for name in ("molar", "content", "sasrec", "oracle-attainable")}
    masks = {"all": np.ones(300, bool), "cold": np.arange(300) < 40, "none": np.zeros(300, bool)}
    runs = [Run(name, of_model, Source(seed=1, weights_sha256="w")) for name, of_model in ranks.items()]
    return ranks, rows_for(runs, masks, METADATA | metadata)


def find(rows, model, slice="all", **told):
    asked = {"model": model, "slice": slice, "kind": OWN} | told
    (row,) = [row for row in rows if asked.items() <= row.items()]
    return row


def test_rows_have_the_one_shape():
    ranks, rows = some_rows()
    assert {row["slice"] for row in rows} == {"all", "cold"}  # a slice without users has no row
    for row in rows:
        assert tuple(row) == FIELDS
        assert set(row["ci"]) == set(row["metrics"]) - {"p_value", "p_holm"}
    row = find(rows, "content", "cold")
    assert row["n"] == 40 and row["seed"] == 1
    assert row["metrics"]["ndcg@10"] == pytest.approx(metrics.ndcg(ranks["content"][:40], 10).mean(), abs=1e-6)


def test_differences_are_paired():
    ranks, rows = some_rows()
    row = find(rows, "molar", kind=DIFFERENCE, other="content")
    change = metrics.ndcg(ranks["molar"], 10) - metrics.ndcg(ranks["content"], 10)
    assert row["metrics"]["ndcg@10"] == pytest.approx(change.mean(), abs=1e-6)
    low, high = row["ci"]["ndcg@10"]
    half = 1.96 * change.std() / np.sqrt(300)
    assert (low, high) == pytest.approx((change.mean() - half, change.mean() + half), abs=0.2 * half)


def test_ndcg_is_told_as_a_share_of_what_is_attainable():
    ranks, rows = some_rows()
    expected = metrics.ndcg(ranks["molar"], 10).mean() / metrics.ndcg(ranks["oracle-attainable"], 10).mean()
    row = find(rows, "molar")
    assert row["metrics"][NORMALISED_NDCG] == pytest.approx(expected, abs=1e-6)
    assert row["ci"][NORMALISED_NDCG][0] < expected < row["ci"][NORMALISED_NDCG][1]
    assert find(rows, "oracle-attainable")["ci"][NORMALISED_NDCG] == [1, 1]


def test_the_offset_of_new_items_stands_in_the_rows_that_it_moved():
    runs = [Run("content", np.arange(1, 9), offset=0.75), Run("sasrec", np.arange(1, 9))]
    masks = {name: np.ones(8, bool) for name in ("all", "warm", "cold", "held-out")}
    rows = rows_for(runs, masks, METADATA, ())
    told = {(row["model"], row["slice"]): row["metrics"].get(OFFSET) for row in rows}
    assert {slice_: told["content", slice_] for slice_ in masks} == dict.fromkeys(masks, 0.75) | {"held-out": None}
    assert not any(value for (model, _), value in told.items() if model == "sasrec")
    assert all(OFFSET not in row["ci"] for row in rows)


def test_among_cold_items_only_those_are_compared_who_rank_any():
    cold = np.arange(8) < 3
    among = np.where(cold, [1, 2, 4, 0, 0, 0, 0, 0], 0)
    runs = [
        Run(name, np.full(8, 30), among_cold=among + extra * cold) for name, extra in (("molar", 0), ("content", 1))
    ]
    rows = among_cold_rows([*runs, Run("sasrec", np.full(8, 2))], cold, METADATA)
    assert {row["slice"] for row in rows} == {"among cold"} and {row["n"] for row in rows} == {3}
    assert {row["model"] for row in rows if row["kind"] == OWN} == {"molar", "content"}
    (difference,) = [row for row in rows if row["kind"] == DIFFERENCE]
    expected = metrics.ndcg(np.array([1, 2, 4]), 10).mean()
    assert find(rows, "molar", "among cold")["metrics"]["ndcg@10"] == pytest.approx(expected, abs=1e-6)
    assert (difference["model"], difference["other"]) == ("molar", "content")
    assert among_cold_rows([Run("sasrec", np.full(8, 2))], cold, METADATA) == []


def test_bootstrap_is_seeded_and_covers_the_mean():
    values = np.random.default_rng(1).normal(2.0, 1.0, (400, 1))
    means = resampled_means(values)
    assert np.array_equal(means, resampled_means(values))
    assert means.std() == pytest.approx(values.std() / 20, rel=0.15)
    low, high = interval(means[:, 0])
    assert low < values.mean() < high


def test_writing_merges_by_key(tmp_path):
    path = tmp_path / "results" / "demo.json"
    _, rows = some_rows()
    write_rows(path, rows)
    write_rows(path, [find(rows, "molar") | {"n": 7}, find(rows, "molar") | {"seed": 2}])
    merged = json.loads(path.read_text())["rows"]
    assert len(merged) == len(rows) + 1
    same = [row for row in merged if (row["model"], row["slice"], row["kind"]) == ("molar", "all", OWN)]
    assert [(row["seed"], row["n"]) for row in same] == [(1, 7), (2, 300)]
    assert list(path.parent.iterdir()) == [path]


def test_rows_of_data_that_is_gone_are_dropped(tmp_path):
    path = tmp_path / "demo.json"
    write_rows(path, some_rows()[1])
    write_rows(path, some_rows(dataset="other")[1][:1])
    write_rows(path, some_rows(data_hash="bb")[1][:1])
    assert {(row["dataset"], row["data_hash"]) for row in read_rows(path)} == {("shop", "bb"), ("other", "aa")}


@pytest.mark.parametrize("text", ["", "[]", '{"rows": [{"model": "molar"}]}', '{"rows": 3}'])
def test_another_file_is_not_overwritten(tmp_path, text):
    path = tmp_path / "notes.json"
    path.write_text(text)
    with pytest.raises(MolarError, match=r"notes.json"):
        write_rows(path, some_rows()[1])
    assert path.read_text() == text
