import json

import numpy as np
import pytest

from molar.core.errors import MolarError
from molar.data.oracles import read_oracles
from molar.data.segments import slices
from molar.evaluation import metrics
from molar.evaluation.ranking import ModelScorer, evaluate_ranks, rank_targets
from molar.experiments.results import (
    DIFFERENCE,
    FIELDS,
    OWN,
    SHARE,
    Run,
    Source,
    interval,
    read_rows,
    resampled_means,
    rows_for,
    write_rows,
)
from molar.models.baselines import Random


class Fixed:
    """Scores every history by a function of (histories, columns)."""

    name = "fixed"

    def __init__(self, split, function):
        self.columns, self.function = split.dataset.n_items + 1, function

    def scores(self, histories, users=None):
        return self.function(histories, self.columns)


def constant(value):
    return lambda histories, columns: np.full((len(histories), columns), value, np.float32)


def by_hand(scores, history, target):
    """The rank by sorting: numbers before NaN and -inf, the target after whatever it ties with."""
    value = np.nan_to_num(scores.astype(float), nan=-np.inf, posinf=np.inf, neginf=-np.inf)
    candidates = [i for i in range(1, len(scores)) if i == target or i not in set(history)]
    order = sorted(candidates, key=lambda i: (-value[i], i == target))
    return order.index(target) + 1


def test_ranks_equal_sorting_by_hand():
    rng = np.random.default_rng(0)
    scores = rng.integers(0, 5, (200, 13)).astype(np.float32)  # many ties
    scores[rng.random(scores.shape) < 0.2] = np.nan
    scores[rng.random(scores.shape) < 0.2] = -np.inf
    histories = [rng.choice(np.arange(1, 13), size=rng.integers(1, 6), replace=False) for _ in range(200)]
    targets = rng.integers(1, 13, 200)
    expected = [by_hand(*case) for case in zip(scores, histories, targets, strict=True)]
    assert rank_targets(scores, histories, targets).tolist() == expected


@pytest.mark.parametrize("value", [0.0, 1.0, np.nan, -np.inf, np.inf])
def test_scores_without_an_opinion_come_last(tiny, value):
    split = tiny.split
    users = split.evaluation_users("test")
    ranks = evaluate_ranks(Fixed(split, constant(value)), split, "test")
    seen = [len(set(split.history_for(user, "test")) - {split.target(user, "test")}) for user in users]
    assert ranks.tolist() == [split.dataset.n_items - n for n in seen]
    assert metrics.ndcg(ranks, 10).mean() <= metrics.ndcg(evaluate_ranks(Random(split), split, "test"), 10).mean()


def test_seen_items_and_padding_do_not_rank(tiny):
    def seen_first(histories, columns):
        scores = np.zeros((len(histories), columns), np.float32)
        scores[:, 0] = 9
        for row, history in enumerate(histories):
            scores[row, history] = 5
            scores[row, targets[row]] = 1
        return scores

    split = tiny.split
    targets = [split.target(user, "test") for user in split.evaluation_users("test")]
    assert evaluate_ranks(Fixed(split, seen_first), split, "test").tolist() == [1] * len(targets)


def test_validation_item_is_history_at_test(tiny):
    asked = {}
    split = tiny.split
    users = split.evaluation_users("test")
    for subset in ("validation", "test"):

        def listen(histories, columns, subset=subset):
            asked[subset] = histories
            return np.zeros((len(histories), columns), np.float32)

        evaluate_ranks(Fixed(split, listen), split, subset)
    for user, before, after in zip(users, asked["validation"], asked["test"], strict=True):
        assert after.tolist() == [*before, split.target(user, "validation")]


def test_blocks_do_not_change_ranks(tiny, monkeypatch):
    scorer = Random(tiny.split, seed=3)
    whole = evaluate_ranks(scorer, tiny.split, "test")
    monkeypatch.setattr("molar.evaluation.ranking.BLOCK_SCORES", 100)
    assert evaluate_ranks(scorer, tiny.split, "test").tolist() == whole.tolist()


def test_a_scorer_of_another_catalogue_is_refused(tiny):
    smaller = Fixed(tiny.split, lambda histories, columns: np.zeros((len(histories), columns - 1)))
    with pytest.raises(MolarError, match="trained on this dataset"):
        evaluate_ranks(smaller, tiny.split, "test")


def test_an_id_tower_ranks_what_it_cannot_know_last(tiny):
    import torch

    from molar.models.sasrec import SASRec, SASRecConfig

    torch.manual_seed(0)
    split = tiny.split
    scorer = ModelScorer("sasrec", SASRec(SASRecConfig(split.dataset.n_items, dim=8)), split)
    users = split.evaluation_users("test")
    cold = users[slices(split, "test", users)["cold"]]
    ranks = evaluate_ranks(scorer, split, "test", cold)
    candidates = [split.dataset.n_items - len(set(split.history_for(user, "test"))) for user in cold]
    assert len(cold) and ranks.tolist() == candidates


def test_slices_follow_the_target(tiny):
    split = tiny.split
    users = split.evaluation_users("test")
    masks = slices(split, "test", users)
    assert masks["all"].all() and (masks["warm"] ^ masks["cold"]).all()
    assert {split.target(user, "test") for user in users[masks["cold"]]} <= set(np.flatnonzero(split.cold))


# Rows of a results file

FACTS = {"dataset": "shop", "data_hash": "aa", "split": "test", "command": "evaluate"}


def some_rows(**facts):
    rng = np.random.default_rng(0)
    ranks = {name: rng.integers(1, 40, 300) for name in ("molar", "content", "sasrec", "oracle-reading")}
    masks = {"all": np.ones(300, bool), "cold": np.arange(300) < 40, "none": np.zeros(300, bool)}
    runs = [Run(name, of_model, Source(seed=1, weights_sha256="w")) for name, of_model in ranks.items()]
    return ranks, rows_for(runs, masks, FACTS | facts)


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


def test_share_of_the_reading_oracle():
    ranks, rows = some_rows()
    expected = metrics.ndcg(ranks["molar"], 10).mean() / metrics.ndcg(ranks["oracle-reading"], 10).mean()
    row = find(rows, "molar")
    assert row["metrics"][SHARE] == pytest.approx(expected, abs=1e-6)
    assert row["ci"][SHARE][0] < expected < row["ci"][SHARE][1]
    assert find(rows, "oracle-reading")["ci"][SHARE] == [1, 1]


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


# Oracles


def write_oracle(dataset, split, wrong=False):
    lines = ["user_id,split,item_id,knowing_rank,reading_rank"]
    for subset in ("validation", "test"):
        for user in split.evaluation_users(subset):
            target = 1 if wrong else split.target(user, subset)
            lines.append(f"{dataset.user_ids[user]},{subset},{dataset.item_ids[target]},{user + 1},{user + 2}")
    (dataset.root / "truth").mkdir(exist_ok=True)
    (dataset.root / "truth" / "oracle.csv").write_text("\n".join(lines))


@pytest.fixture
def own_world(tiny_folder):
    from molar.data.dataset import load_dataset
    from molar.data.splits import leave_one_out

    dataset = load_dataset(tiny_folder)
    return dataset, leave_one_out(dataset)


def oracles(dataset, split, interactions="interactions.csv"):
    users = split.evaluation_users("test")
    return users, read_oracles(dataset, interactions, "test", users, [split.target(user, "test") for user in users])


def test_oracle_ranks_come_by_user(own_world):
    write_oracle(*own_world)
    users, found = oracles(*own_world)
    assert found["oracle-knowing"].tolist() == (users + 1).tolist()
    assert found["oracle-reading"].tolist() == (users + 2).tolist()


def test_an_oracle_of_other_targets_is_refused(own_world):
    write_oracle(*own_world, wrong=True)
    with pytest.raises(MolarError, match="does not tell the test item"):
        oracles(*own_world)


def test_other_histories_have_an_oracle_of_their_own(own_world):
    write_oracle(*own_world)
    assert oracles(*own_world, interactions="interactions-0.csv")[1] == {}


def test_the_half_life_is_chosen_on_validation(tiny, tiny_vectors, monkeypatch):
    import molar.experiments.evaluate as evaluate
    from molar.models.baselines import ContentKNN

    def ranks(scorer, split, subset):
        assert subset == "validation"
        return np.array([1 if scorer.half_life == 3.0 else 9])

    monkeypatch.setattr(evaluate, "evaluate_ranks", ranks)
    scorer = ContentKNN(tiny.split, tiny_vectors)
    assert evaluate.choose_half_life(scorer, tiny.split) == scorer.half_life == 3.0
