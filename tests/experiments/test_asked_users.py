"""An evaluation of a list of users, and of the slices that groups of items give."""

import json

import numpy as np
import pytest

from molar.cli.main import main
from molar.data.lists import read_user_list
from molar.data.segments import NO_VARIANT, VARIANT
from molar.data.splits import of_asked_users
from molar.evaluation.half_life import choose_half_life
from molar.evaluation.metrics import ndcg
from molar.evaluation.ranking import ModelScorer, evaluate_ranks
from molar.experiments.results import DIFFERENCE, OWN, read_rows, row, run_metadata, write_rows
from molar.models.baselines import ItemKNN
from molar.storage.trained import load_id_model
from molar.training.epochs import validation_ndcg

SOME = ("u02", "u03", "u05", "u11", "u20")  # u02 has no target
LABEL = "tiny (5 users of some)"


@pytest.fixture(scope="module")
def world(tiny, tmp_path_factory):
    """(folder with some.txt, groups.csv and a trained ID model, the rows of its evaluation with both, what was told)."""
    folder = tmp_path_factory.mktemp("asked")
    (folder / "some.txt").write_text("\n".join(SOME))
    (folder / "groups.csv").write_text("item_id,group\n" + "\n".join(f"i{n:02d},{n % 15}" for n in range(1, 31)))
    small = [part for setting in ("dim=8", "heads=1", "blocks=1", "max_length=5") for part in ("--set", setting)]
    train = ["train-id", str(tiny.dataset.root), "--checkpoint", str(folder), "--epochs", "2", *small]
    assert main(train) == 0
    return folder


@pytest.fixture(scope="module")
def rows(world, tiny):
    out, lists = world / "out.json", ["--users", str(world / "some.txt"), "--groups", str(world / "groups.csv")]
    assert main(["evaluate-id", str(tiny.dataset.root), str(world), "--out", str(out), *lists]) == 0
    return read_rows(out)


def test_rows_speak_of_these_users_and_hold_the_lists_hash(rows, world, tiny):
    asked = read_user_list(world / "some.txt", tiny.dataset)
    assert {one["dataset"] for one in rows} == {LABEL} and {one["users"] for one in rows} == {asked.sha}
    assert {one["n"] for one in rows if one["slice"] == "all"} == {4}
    users = np.setdiff1d(asked.users, [1])
    ranks = evaluate_ranks(
        ModelScorer("x", load_id_model(world / "sasrec", tiny.split), tiny.split), tiny.split, "test", users
    )
    (own,) = [
        one for one in rows if (one["model"], one["split"], one["slice"], one["kind"]) == ("sasrec", "test", "all", OWN)
    ]
    assert own["metrics"]["ndcg@10"] == pytest.approx(ndcg(ranks, 10).mean(), abs=1e-6)


def test_groups_give_two_slices_with_differences(rows):
    parts = {name: [one for one in rows if one["slice"] == name] for name in (VARIANT, NO_VARIANT)}
    assert {one["split"] for part in parts.values() for one in part} == {"test"}
    assert sum(part[0]["n"] for part in parts.values()) == 4
    assert all(any(one["kind"] == DIFFERENCE for one in part) for part in parts.values())


def test_what_is_told_before_the_first_model(world, tiny, capsys):
    lists = ["--users", str(world / "some.txt"), "--subset", "validation"]
    assert main(["evaluate-id", str(tiny.dataset.root), str(world), "--out", str(world / "told.json"), *lists]) == 0
    told = capsys.readouterr().err.splitlines()
    assert told[0] == "evaluating: 5 users of some: 4 with a validation target are asked, 1 without are not"


@pytest.mark.parametrize("flag, told", [("--users", "names 1 user"), ("--groups", "names 1 item")])
def test_an_unknown_id_ends_in_a_sentence(world, tiny, capsys, flag, told):
    (world / "wrong.txt").write_text("nobody" if flag == "--users" else "item_id,group\nnothing,1\n")
    command = ["evaluate-id", str(tiny.dataset.root), str(world), "--out", str(world / "no.json")]
    assert main([*command, flag, str(world / "wrong.txt")]) == 2
    assert told in capsys.readouterr().err and not (world / "no.json").exists()


def test_half_lives_and_epochs_are_chosen_on_the_list(world, tiny, monkeypatch):
    split, seen = of_asked_users(tiny.split, read_user_list(world / "some.txt", tiny.dataset)), []
    original = ItemKNN.scores
    monkeypatch.setattr(
        ItemKNN, "scores", lambda self, histories, users: seen.append(users) or original(self, histories, users)
    )
    choose_half_life(ItemKNN(split), split)
    assert {tuple(users) for users in seen} == {(2, 4, 10, 19)}
    model = load_id_model(world / "sasrec", split)
    assert validation_ndcg(model, split) == pytest.approx(
        ndcg(
            evaluate_ranks(ModelScorer("x", model, split), tiny.split, "validation", np.array([2, 4, 10, 19])), 10
        ).mean()
    )


@pytest.mark.parametrize("more", [[], ["--train-users", "0.5"]])
def test_a_training_may_choose_its_epoch_by_a_list(world, tiny, capsys, more):
    lists = ["--validation-users", str(world / "some.txt"), "--name", f"chosen-{len(more)}", "--set", "dim=8", *more]
    train = ["train-id", str(tiny.dataset.root), "--checkpoint", str(world / "chosen"), "--epochs", "1", *lists]
    assert main(train) == 0
    assert "4 with a validation target are asked, 1 without are not" in capsys.readouterr().err
    asked = read_user_list(world / "some.txt", tiny.dataset)
    meta = json.loads((world / "chosen" / f"chosen-{len(more)}" / "config.json").read_text())["meta"]
    assert meta["validation_users"] == asked.sha and meta["split_hash"] == tiny.split.split_hash
    other = of_asked_users(tiny.split, asked)
    model = load_id_model(world / "chosen" / f"chosen-{len(more)}", other)
    assert meta["validation"]["ndcg@10"] == pytest.approx(validation_ndcg(model, other), abs=1e-6)


def test_another_list_of_the_same_name_replaces_the_rows(tiny, tmp_path):
    def stored(model, sha):
        metadata = run_metadata(tiny.dataset, "test", "x", label=LABEL, users=sha)
        write_rows(tmp_path / "out.json", [row(metadata, slice="all", model=model, n=4, values={}, ci={})])
        return [(one["model"], one["users"]) for one in read_rows(tmp_path / "out.json")]

    assert stored("a", "1") == [("a", "1")]
    assert stored("b", "1") == [("a", "1"), ("b", "1")]
    assert stored("c", "2") == [("c", "2")]
