"""The comparison with other libraries: who is counted for what, without the libraries themselves."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from bench import id_peers
from bench.peers.exchange import Histories, Settings, read_exchange, write_exchange
from bench.peers.report import ratios, seconds_to, speed_ratios, time_row, written
from bench.peers.worker import Clock, validation_ndcg
from molar.core.errors import MolarError
from molar.evaluation.metrics import ndcg
from molar.evaluation.ranking import evaluate_ranks
from molar.models.baselines import Popularity

HISTORIES = Histories(np.array([1, 2, 3, 4, 5, 4, 3, 2, 1, 5, 2], np.int32), np.array([0, 5, 11]), n_items=5)


class Library:
    """Stands for a library: three steps of 10 targets a second each, a second of validation after the second step."""

    leaves_out_seen = False

    def __init__(self, clock_time: list[float]):
        self.time = clock_time

    def train(self, clock: Clock) -> None:
        self.time[0] += 7  # preparation
        clock.begin()
        for step in range(3):
            self.time[0] += 1
            at = self.time[0]
            self.time[0] += step == 1
            clock.step(10, at=at)

    def scores(self):
        self.time[0] += 5
        yield np.array([0, 1]), np.tile(np.array([0, 1, 2, 3, 4, 5], np.float32), (2, 1))

    def evaluate(self) -> float:
        self.time[0] += 2
        return 0.25


def told(commands: list[str]) -> list[dict]:
    """What a clock over `Library` answers to these commands."""
    now, answers, listed = [0.0], [], iter(commands)
    Clock(Library(now), HISTORIES, listen=lambda: next(listed), say=answers.append, now=lambda: now[0]).run()
    return answers


def test_a_round_trip_keeps_histories_and_settings(tmp_path):
    write_exchange(tmp_path, HISTORIES, Settings(dim=32, dropout=0.1))
    histories, settings = read_exchange(tmp_path)
    assert settings == Settings(dim=32, dropout=0.1)
    assert histories.n_items == 5
    assert [histories.whole(user).tolist() for user in range(2)] == [[1, 2, 3, 4, 5], [4, 3, 2, 1, 5, 2]]


def test_peers_learn_from_training_prefixes_alone():
    users, items, places = HISTORIES.train_table()
    assert users.tolist() == [0, 0, 0, 1, 1, 1, 1]
    assert items.tolist() == [1, 2, 3, 4, 3, 2, 1]
    assert places.tolist() == [0, 1, 2, 0, 1, 2, 3]
    assert HISTORIES.targets().tolist() == [4, 5]


def test_peers_see_the_split_of_the_project(tiny):
    users = tiny.split.evaluation_users("validation")
    histories = Histories(tiny.dataset.sequence, tiny.dataset.offsets, tiny.dataset.n_items)
    for user in users:
        assert histories.train(user).tolist() == tiny.split.history_for(user, "validation").tolist()
        assert histories.targets()[user] == tiny.split.target(user, "validation")


def test_short_histories_are_refused(tiny):
    with pytest.raises(MolarError, match="history of 2 items"):
        id_peers.histories_of(tiny.split)


def test_neither_preparation_nor_validation_counts_as_training():
    prepared, whole, peak = told(["train 100", "stop"])
    assert prepared == {"preparation_seconds": 7.0}
    assert whole == {"targets": 30, "seconds": 3.0, "finished": True}
    assert peak["peak_mb"] > 10


def test_a_window_ends_with_the_step_that_fills_it_and_the_next_begins_afresh():
    windows = [answer for answer in told(["train 1.5", "validate", "train 1", "stop"]) if "targets" in answer]
    assert windows == [
        {"targets": 20, "seconds": 2.0, "finished": False},
        {"targets": 10, "seconds": 1.0, "finished": False},
    ]


def test_evaluation_is_timed_without_the_check_of_its_number():
    timed = next(answer for answer in told(["train 1", "evaluate", "stop"]) if "checked" in answer)
    assert timed["seconds"] == 2.0
    assert timed["ndcg@10"] == 0.25
    # Item 5 scores best and nothing is left out: target 4 has rank 2, target 5 rank 1.
    assert timed["checked"] == pytest.approx((1 / np.log2(3) + 1) / 2, abs=1e-6)


def test_validation_is_that_of_the_project(tiny):
    """Popularity, through the peers' way and through evaluate_ranks."""
    dataset, users = tiny.dataset, tiny.split.evaluation_users("validation")
    kept = [dataset.history(user) for user in users]
    histories = Histories(np.concatenate(kept), np.cumsum([0, *map(len, kept)]), dataset.n_items)
    scorer = Popularity(tiny.split)

    def scores():
        yield np.arange(len(users)), scorer.scores([tiny.split.history_for(user, "validation") for user in users])

    expected = ndcg(evaluate_ranks(scorer, tiny.split, "validation"), 10).mean()
    assert validation_ndcg(SimpleNamespace(scores=scores), histories) == pytest.approx(expected)


def test_a_user_without_scores_is_an_error():
    def scores():
        yield np.array([0]), np.ones((1, 6), np.float32)

    with pytest.raises(ValueError, match="one row of numbers"):
        validation_ndcg(SimpleNamespace(scores=scores), HISTORIES)


@pytest.mark.parametrize("target, seconds", [(0.1, 10), (0.11, 20), (0.2, 30), (0.3, None)])
def test_the_time_to_a_target_is_that_of_the_first_look_that_saw_it(target, seconds):
    assert seconds_to([(10, 0.1), (20, 0.15), (30, 0.2), (40, 0.12)], target) == seconds


def test_a_target_that_was_not_reached_is_not_made_up():
    row = time_row([(60, 0.1), (120, 0.14), (180, 0.12)], 0.15)
    assert row["minutes_to_target"] is None
    assert row["verdict"] == "not reached after 3.0 min, best seen 0.1400"


def seen(ours: tuple, peer: tuple | None) -> dict:
    names = {"ours": ours} | ({"recbole": peer} if peer else {})
    return {name: {"targets": targets, "seconds": seconds} for name, (targets, seconds) in names.items()}


def test_ratios_of_speed_compare_windows_of_one_round():
    rounds = [seen((1, 1), (1, 1)), seen((1000, 10), (50, 10)), seen((500, 10), (20, 8)), seen((9, 1), None)]
    assert speed_ratios(rounds, "recbole") == [20, 20]  # the first round warms up; the machine was slower in the third


def test_a_peer_that_never_arrives_gives_a_lower_bound():
    curves = {"ours": [(60, 0.16)], "recbole": [(180, 0.05), (360, 0.08)]}
    row = ratios(curves, [seen((100, 1), (10, 1))], {"ours": [1, 1], "recbole": [4, 2]}, 0.15)["recbole"]
    assert (row["minutes_to_target"], row["peer_reached_target"]) == (6.0, False)
    assert row["evaluation"] == 3.0
    assert row["reached"] == {"targets_per_second": False, "minutes_to_target": True, "evaluation": True}


def test_without_our_own_arrival_there_is_no_ratio_of_times():
    curves = {"ours": [(60, 0.1)], "recbole": [(60, 0.2)]}
    row = ratios(curves, [seen((100, 1), (10, 1))], {"ours": [1], "recbole": [1]}, 0.15)["recbole"]
    assert row["minutes_to_target"] is None and not row["reached"]["minutes_to_target"]


class Runner:
    """A runner that needs so many windows of 10 s to reach the target."""

    def __init__(self, name: str, windows: int):
        self.name, self.windows, self.seconds, self.finished, self.curve = name, windows, 0.0, False, []

    def train(self, window: float) -> dict:
        self.seconds += window
        self.curve.append((self.seconds, 0.2 if len(self.curve) + 1 >= self.windows else 0.1))
        return {}


def test_the_race_ends_for_each_with_the_target_or_the_cap():
    ours, quick, slow = Runner("ours", 2), Runner("rectools", 3), Runner("recbole", 99)
    rounds = id_peers.race([ours, quick, slow], target=0.15, cap=6, window=10)
    assert (ours.seconds, quick.seconds, slow.seconds) == (20, 30, 120)
    assert len(rounds) == 12 and set(rounds[-1]) == {"load", "recbole"}


def test_the_file_is_json_with_a_line_a_round():
    found = {"target": 0.15, "rounds": [{"load": 1.0}, {"load": 2.0}]}
    text = written(found)
    assert json.loads(text) == found
    assert '\n  {"load": 2.0}\n' in text


def test_a_missing_environment_says_how_to_build_it(monkeypatch, tmp_path):
    monkeypatch.setattr(id_peers, "ROOT", tmp_path)
    with pytest.raises(MolarError, match=r"environments.sh"):
        id_peers.python_of("recbole")
