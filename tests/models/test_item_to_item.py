"""SLIST and EASE: their formulas by brute force, what they may read, what is kept on disk, and how the CLI chooses."""

import dataclasses
import json

import numpy as np
import pytest
import torch
from tiny_world import COLD, N_ITEMS

from molar.cli.main import main
from molar.core.errors import Cancelled, MolarError
from molar.evaluation.metrics import ndcg
from molar.evaluation.ranking import ItemIndex, ModelScorer, evaluate_ranks
from molar.models.item_to_item import AHEAD, EASE, MOST_ITEMS, SLIST, EASEConfig, SLISTConfig, log_scores
from molar.models.zoo import ITEM_TO_ITEM, required
from molar.storage.checkpoint import load_model, load_trained, read_meta, save_model
from molar.storage.trained import load_alignment_target
from molar.training.closed_form.item_to_item import CHOICE, fit_item_to_item
from molar.training.train import data_sizes, train_id_model

every = pytest.mark.parametrize("name", ITEM_TO_ITEM)


def fit(tiny, name, split=None, **options):
    return fit_item_to_item(split or tiny.split, name, choose=(), **options)


def weights(model) -> np.ndarray:
    """(n_items + 1, n_items + 1): from an item of the history to the item that is scored."""
    return model.item_matrix().numpy().T


def next_items(histories, n, config) -> np.ndarray:
    """The ridge of SLIST with both of its matrices made row by row, in double precision."""
    decay = 0.5 ** (1 / config.half_life) if config.half_life else 1.0
    rows, targets = [], []
    for history in histories:
        for end in range(1, len(history)):
            row, target = np.zeros(n), np.zeros(n)
            for age, item in enumerate(history[:end][::-1][: config.max_length]):
                row[item] += decay**age
            following = history[end:][:AHEAD] if config.ahead else history[end : end + 1]
            for distance, item in enumerate(following):
                target[item] += 0.5 ** (distance / config.ahead) if config.ahead else 1.0
            rows.append(row)
            targets.append(target)
    s, t = np.array(rows), np.array(targets)
    return np.linalg.solve(s.T @ s + config.ridge * np.eye(n), s.T @ t)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"half_life": 0.0},
        {"half_life": 1.0, "ahead": 0.0},
        {"max_length": 1},
        {"half_life": 2.0, "max_length": 4, "ahead": 3.0, "ridge": 5.0},
    ],
)
def test_slist_is_the_ridge_of_what_follows(options):
    """Counted lag by lag, with repeats inside of a history and prefixes longer than what is read."""
    rng = np.random.default_rng(0)
    histories = [rng.integers(0, 7, length) for length in (1, 2, 3, 9, 30, 0, 5)]
    config = SLISTConfig(7, 7, **({"ridge": 0.5} | options))
    np.testing.assert_allclose(SLIST(config).solve(histories), next_items(histories, 7, config), atol=1e-5)


def test_ease_is_steck_s_formula():
    rng = np.random.default_rng(0)
    histories = [rng.integers(0, 7, length) for length in (1, 2, 3, 9, 30, 5)]
    x = np.array([np.bincount(history, minlength=7) > 0 for history in histories], float)
    inverse = np.linalg.inv(x.T @ x + 0.5 * np.eye(7))
    expected = -inverse / np.diag(inverse)
    np.fill_diagonal(expected, 0)
    for block in (512, 3):
        np.testing.assert_allclose(EASE(EASEConfig(7, 7, ridge=0.5)).solve(histories, block), expected, atol=1e-5)


def test_ease_says_nothing_of_an_item_from_itself(tiny):
    assert not np.diag(weights(fit(tiny, "ease"))).any() and weights(fit(tiny, "ease")).any()
    assert np.diag(weights(fit(tiny, "slist"))).any()


@every
def test_weights_are_rounded_finely_and_those_of_untrained_items_are_zero(tiny, name):
    model = fit(tiny, name)
    trained = np.flatnonzero(~tiny.split.cold)[1:]
    places = np.zeros(N_ITEMS + 1, int)
    places[trained] = np.arange(len(trained))
    exact = model.solve([places[tiny.split.train_history(user)] for user in range(20)])
    kept = weights(model)[np.ix_(trained, trained)]
    steps = np.abs(exact).max(1, keepdims=True) / 127
    assert (np.abs(kept - exact) <= 0.56 * steps).all(), "half a step, and what half precision takes from the scale"
    assert not weights(model)[[0, *COLD]].any() and not weights(model)[:, [0, *COLD]].any()
    assert model.weights.dtype == torch.int8


@every
def test_what_is_held_out_changes_no_weight(tiny, name):
    """Every item after the training prefixes is exchanged for the same one."""
    sequence = tiny.dataset.sequence.copy()
    sequence[~tiny.split.train_mask()] = 5
    dataset = dataclasses.replace(tiny.dataset, sequence=sequence)
    assert not np.array_equal(sequence, tiny.dataset.sequence)
    other = fit(tiny, name, dataclasses.replace(tiny.split, dataset=dataset))
    np.testing.assert_array_equal(weights(other), weights(fit(tiny, name)))


def test_a_history_weighs_its_last_item_most(tiny):
    slist = SLIST(SLISTConfig(N_ITEMS, 28, half_life=1.0, max_length=3))
    row = slist.user_vectors([np.array([9, 4, 7, 4])])[0]
    assert np.flatnonzero(row).tolist() == [4, 7] and (row[4], row[7]) == (1.25, 0.5)
    ease = EASE(EASEConfig(N_ITEMS, 28, half_life=0.0))
    assert ease.user_vectors([np.array([9, 4, 7, 4])])[0][[4, 7, 9]].tolist() == [2, 1, 1]
    with pytest.raises(MolarError, match="at least one item"):
        slist.user_vectors([np.array([], int)])


@every
def test_it_ranks_what_the_training_users_bought(tiny, name):
    model = fit(tiny, name)
    assert model.requires == required(type(model).__name__) == ()
    scorer = ModelScorer(name, model, tiny.split)
    assert set(np.flatnonzero(~scorer.scorable)) == {0, *np.flatnonzero(tiny.split.cold)} >= set(COLD)
    history = np.array([3, 1, 2])
    scores = scorer.scores([history])
    expected = sum(0.5 ** (age / model.config.half_life) * weights(model)[item] for age, item in enumerate((2, 1, 3)))
    np.testing.assert_allclose(scores[0, scorer.scorable], expected[scorer.scorable], atol=1e-6)
    numbers, _ = ItemIndex(scorer).top(model.user_vectors([history])[0], history, 5)
    assert not set(numbers) & {1, 2, 3} and len(numbers) == 5


def test_a_logarithm_has_a_floor_and_stays_silent_where_the_score_is():
    scores = np.array([[-np.inf, -0.2, 0.0, 0.5]], np.float32)
    np.testing.assert_allclose(
        log_scores(scores, 0.01), [[-np.inf, np.log(0.01), np.log(0.01), np.log(0.5)]], rtol=1e-6
    )


@every
def test_a_saved_model_gives_the_same_scores(tiny, name, tmp_path):
    model = fit(tiny, name)
    save_model(tmp_path, model, {})
    loaded = load_model(tmp_path)
    assert type(loaded) is type(model) and loaded.config == model.config
    np.testing.assert_array_equal(weights(loaded), weights(model))


def test_a_catalogue_that_is_too_large_is_refused_and_told_what_to_take():
    SLISTConfig(MOST_ITEMS, 5)
    with pytest.raises(MolarError, match="20,001 items are more than the 20,000 that it can do: take item-knn"):
        SLISTConfig(MOST_ITEMS + 1, 5)


@pytest.mark.parametrize("options", [{"half_life": -1.0}, {"ridge": 0.0}, {"ahead": -1.0}, {"max_length": 0}])
def test_sizes_that_mean_nothing_are_refused(options):
    with pytest.raises(MolarError, match=f"{next(iter(options))}.* must be|and {next(iter(options))} "):
        SLISTConfig(5, 5, **options)


@every
def test_half_life_and_ridge_are_the_best_on_validation(tiny, name, tmp_path):
    model = fit_item_to_item(tiny.split, name, out=tmp_path)
    meta, grid = read_meta(tmp_path), ITEM_TO_ITEM[name][0].grid
    tried = meta["tried"]
    assert meta["grid"] == {key: list(values) for key, values in grid.items()}
    assert len(tried) == len(grid["half_life"]) + len(grid["ridge"]) - 1, "none is tried twice"
    best = max(tried, key=lambda one: one["ndcg@10"])
    ranks = evaluate_ranks(ModelScorer(name, model, tiny.split), tiny.split, "validation")
    assert ndcg(ranks, 10).mean() == pytest.approx(best["ndcg@10"]) == pytest.approx(meta["validation"]["ndcg@10"])


@every
def test_a_finished_run_is_found_and_other_settings_are_solved_again(tiny, name, tmp_path, monkeypatch):
    fit_item_to_item(tiny.split, name, out=tmp_path)
    calls = []
    build = ITEM_TO_ITEM[name][0]
    monkeypatch.setattr(
        build, "solve", lambda self, histories, solve=build.solve: calls.append(1) or solve(self, histories)
    )
    fit_item_to_item(tiny.split, name, out=tmp_path)
    assert calls == []
    fit_item_to_item(tiny.split, name, out=tmp_path, choose=())
    assert calls == [1]


def test_an_unfinished_choice_goes_on_where_it_stopped(tiny, tmp_path):
    def stop(done, total, note):
        if done == 3:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        fit_item_to_item(tiny.split, out=tmp_path, report=stop)
    kept = json.loads((tmp_path / CHOICE).read_text())["tried"]
    assert len(kept) == 3
    seen = []
    resumed = fit_item_to_item(tiny.split, out=tmp_path, report=lambda done, *_: seen.append(done))
    assert read_meta(tmp_path)["tried"][:3] == kept and max(seen) > 3 and not (tmp_path / CHOICE).exists()
    undisturbed = fit_item_to_item(tiny.split, out=tmp_path / "other")
    assert resumed.config == undisturbed.config


def test_the_command_line_chooses_what_is_not_given(tiny, tmp_path, capsys):
    asked = ["train-id", str(tiny.dataset.root), "--checkpoint", str(tmp_path), "--model", "slist"]
    assert main([*asked, "--set", "half_life=2", "--set", "ridge=7"]) == 0
    told = capsys.readouterr()
    assert told.out.strip() == str(tmp_path / "slist")
    assert "half-life 2, ridge 7: validation NDCG@10 0." in told.err and "MB" in told.err
    model = load_trained(tmp_path / "slist", tiny.split, np.empty((0, 0), np.float32))
    assert (model.config.half_life, model.config.ridge) == (2, 7)
    assert main([*asked, "--set", "ridge=7"]) == 0
    assert "the best of 5 tried" in capsys.readouterr().err
    assert {one["ridge"] for one in read_meta(tmp_path / "slist")["tried"]} == {7.0}
    out = tmp_path / "results.json"
    assert main(["evaluate-id", str(tiny.dataset.root), str(tmp_path), "--out", str(out)]) == 0
    assert {row["model"] for row in json.loads(out.read_text())["rows"]} >= {"slist", "item-knn"}


@pytest.mark.parametrize(
    "given, error",
    [
        (["--epochs", "3"], "has no epochs"),
        (["--set", "dim=8"], "NAME is one of half_life, ridge, ahead, max_length"),
        (["--set", "ridge=0"], "ridge above 0"),
    ],
)
def test_what_it_has_not_is_refused(tiny, tmp_path, capsys, given, error):
    asked = ["train-id", str(tiny.dataset.root), "--checkpoint", str(tmp_path), "--model", "slist"]
    assert main([*asked, *given]) != 0
    assert error in capsys.readouterr().err


def test_it_is_neither_trained_by_gradient_nor_aligned_to(tiny, tmp_path):
    with pytest.raises(MolarError, match="closed_form solves it"):
        train_id_model(tiny.split, "slist")
    with pytest.raises(MolarError, match="no item-to-item model 'sasrec': known are slist, ease"):
        fit_item_to_item(tiny.split, "sasrec")
    fit(tiny, "slist", out=tmp_path)
    with pytest.raises(MolarError, match="to which nothing can be aligned"):
        load_alignment_target(tmp_path, tiny.split)


def test_a_config_takes_its_sizes_from_the_data(tiny):
    assert data_sizes(SLISTConfig, tiny.split) == {"n_items": N_ITEMS, "n_trained": N_ITEMS - tiny.split.cold.sum()}
