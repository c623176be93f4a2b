"""Simulated shoppers: what they may buy, what the hidden-taste ratio does, and that the oracles are exact."""

import gzip
import hashlib
import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tiny_printshop import TINY, tiny_prints

from scripts.printshop.catalogue import CUT, PERIOD, build_catalogue, item_row
from scripts.printshop.oracle import believe, factors_before, limits, mixture, rank
from scripts.printshop.shoppers import HELD_OUT, probabilities, simulate
from scripts.printshop.tastes import ROOMS, Taste, hidden_taste, open_shop
from scripts.printshop.write_shoppers import TASTE_RATIOS, catalogue_hash, write_shoppers

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "assets" / "demo"
DOCUMENTATION = ROOT / "docs" / "print-shop.md"
shipped = pytest.mark.skipif(not (DEMO / "interactions.csv.gz").exists(), reason="the demo dataset is not drawn yet")


@pytest.fixture(scope="module")
def world():
    shop = open_shop(tiny_prints(), TINY)
    return shop, simulate(shop)


def test_a_purchase_is_drawn_from_probabilities(world):
    _, purchases = world
    assert np.allclose(purchases.drawn_from.sum(axis=2), 1)
    assert (purchases.drawn_from >= 0).all()


def test_nobody_buys_a_print_twice(world):
    _, purchases = world
    for person in range(TINY.shoppers):
        items = purchases.items[purchases.history(person)]
        assert len(set(items)) == len(items) >= TINY.least


def test_no_print_is_sold_before_its_launch(world):
    _, purchases = world
    launches = np.array([item.launch for item in tiny_prints()])
    days = (purchases.times - TINY.opening) / 86400
    assert (days >= launches[purchases.items]).all()


def test_only_the_last_two_purchases_fall_after_the_cut(world):
    shop, purchases = world
    days = (purchases.times - TINY.opening) / 86400
    left = np.repeat(purchases.offsets[1:], np.diff(purchases.offsets)) - np.arange(len(days))
    assert np.array_equal(days >= TINY.cut, left <= HELD_OUT)
    assert shop.cold[purchases.items].any() and not shop.cold[purchases.items[left > HELD_OUT]].any()


def test_an_owned_edition_makes_the_next_one_more_likely(world):
    shop, _ = world
    before, after = (probabilities(shop, np.array([5]), np.array([15]), np.array([[owned]]))[0] for owned in (20, 4))
    assert after[5] / after[30] == pytest.approx(np.exp(TINY.sequel) * before[5] / before[30])


def test_the_same_seed_gives_the_same_purchases(world):
    shop, purchases = world
    assert np.array_equal(simulate(shop, batch=7).items, purchases.items)


@pytest.mark.parametrize("hidden", [0.0, 0.5, 1.0])
def test_the_dial_is_the_hidden_share_of_the_variance_of_taste(hidden):
    shop = open_shop(tiny_prints(), replace(TINY, hidden=hidden))
    taste = np.log(shop.weights)
    taste -= taste.mean(axis=0)  # popularity and all else that the types share
    taste -= taste.mean(axis=1, keepdims=True)
    by_room = taste.reshape(-1, len(ROOMS), taste.shape[1]).mean(axis=0)
    assert taste.var() == pytest.approx(TINY.strength**2)
    assert by_room.var() / taste.var() == pytest.approx(hidden, abs=1e-12)


def test_at_dial_zero_the_room_has_no_influence():
    shop = open_shop(tiny_prints(), replace(TINY, hidden=0.0))
    weights = shop.weights.reshape(-1, len(ROOMS), 40)
    assert np.array_equal(weights, np.broadcast_to(weights[:, :1], weights.shape))


def test_two_thirds_of_the_hidden_taste_belong_to_artists_and_series():
    series = np.arange(40) // 4
    rooms = hidden_taste(tiny_prints(), TINY)
    of_series = np.stack([rooms[:, series == number].mean(axis=1) for number in series], axis=1)
    assert of_series.var() / rooms.var() == pytest.approx(2 / 3)


def test_the_dial_changes_neither_shoppers_nor_calendars(world):
    _, purchases = world
    other = simulate(open_shop(tiny_prints(), replace(TINY, hidden=1.0)))
    assert np.array_equal(other.types, purchases.types) and np.array_equal(other.times, purchases.times)
    assert not np.array_equal(other.items, purchases.items)


def enumerated(shop, items, periods):
    """Posterior over types by plain multiplication of the probability of every purchase, written without the package's
    functions."""
    posterior = []
    for weights in shop.weights:
        likelihood = 1.0
        for step, (bought, period) in enumerate(zip(items, periods, strict=True)):
            chances = weights * shop.season[period]
            for earlier in range(step):
                if shop.sequels[items[earlier]] >= 0:
                    fading = TINY.sequel_fade ** (step - earlier - 1)
                    chances[shop.sequels[items[earlier]]] *= np.exp(TINY.sequel * fading)
            chances[items[:step]] = 0
            likelihood *= chances[bought] / chances.sum()
        posterior.append(likelihood)
    return np.array(posterior) / sum(posterior)


@pytest.mark.parametrize("person", [0, 7, 23])
def test_the_posterior_equals_enumeration(world, person):
    shop, purchases = world
    history = purchases.history(person)
    items, periods = purchases.items[history], purchases.periods[history]
    found, _ = believe(shop, purchases, person, shop.totals(), np.ascontiguousarray(shop.weights.T))
    for place in range(HELD_OUT):
        seen = len(items) - HELD_OUT + place
        assert np.allclose(found[place], enumerated(shop, items[:seen], periods[:seen]), rtol=1e-9, atol=1e-12)


def test_the_reading_oracles_mixture_sums_to_one_and_leaves_out_what_is_owned(world):
    shop, purchases = world
    for person in range(10):
        posterior, left = believe(shop, purchases, person, shop.totals(), np.ascontiguousarray(shop.weights.T))
        now = purchases.offsets[person + 1] - 1
        mixed = mixture(shop, posterior[1:], left[1:], factors_before(shop, purchases, person, now)[None])[0]
        assert mixed.sum() == pytest.approx(1)
        assert mixed[purchases.items[purchases.offsets[person] : now]].sum() == 0


def test_nobody_beats_the_knowing_oracle(world):
    """The expected gain of a ranking under the true probabilities: exact, so no luck of the draw is in it."""
    shop, purchases = world

    def gain(scores, truth):
        order = np.argsort(-scores)[:10]
        return (truth[order] / np.log2(np.arange(len(order)) + 2)).sum()

    knowing, reading = [], []
    for person in range(TINY.shoppers):
        posterior, left = believe(shop, purchases, person, shop.totals(), np.ascontiguousarray(shop.weights.T))
        factors = factors_before(shop, purchases, person, purchases.offsets[person + 1] - 1)[None]
        truth = purchases.drawn_from[person, 1]
        knowing.append(gain(truth, truth))
        reading.append(gain(mixture(shop, posterior[1:], left[1:], factors)[0], truth))
    assert (np.array(knowing) >= np.array(reading) - 1e-12).all()
    assert np.mean(knowing) > np.mean(reading)


def test_the_knowing_oracle_ranks_by_what_was_drawn_from(world):
    shop, purchases = world
    found = limits(shop, shop, purchases)
    for person in range(TINY.shoppers):
        chances = purchases.drawn_from[person, 1]
        bought = purchases.items[purchases.offsets[person + 1] - 1]
        assert found.chances["knowing"][person, 1] == chances[bought]
        assert found.ranks["knowing"][person, 1] == (chances >= chances[bought]).sum()


def test_ties_count_against_a_rank():
    assert rank(np.array([[0.2, 0.2, 0.6, 0.2]]), np.array([0])) == [4]


def test_items_csv_tells_from_when_the_simulator_sells_a_print(world):
    shop, _ = world
    opens = np.array([int(item_row(item)["available_from"] or 0) for item in tiny_prints()])
    periods = TINY.opening + 86400 * PERIOD * np.arange(len(shop.season))  # when each begins
    assert ((shop.season > 0) == (periods[:, None] >= opens)).all() and 0 < (opens > 0).sum() < len(opens)


def test_an_unknown_motif_is_named():
    with pytest.raises(ValueError, match="zeppelin"):
        open_shop([replace(tiny_prints()[0], motif="zeppelin")], TINY)


@pytest.mark.parametrize(
    "change, said",
    [
        ({"hidden": 1.5}, "a share of variance"),
        ({"cut": 130}, "whole periods"),
        ({"cut": 101}, "whole periods"),
        ({"least": 2}, "at least 5"),
    ],
)
def test_impossible_parameters_are_refused(change, said):
    with pytest.raises(ValueError, match=said):
        replace(TINY, **change)


def test_the_command_writes_hashed_files_twice_the_same(tmp_path):
    first, second = (write_shoppers(tmp_path / name, tiny_prints(), TINY) for name in "ab")
    assert first == second and len(first["interactions"]) == len(TASTE_RATIOS)
    for name, file in first["interactions"].items():
        content = gzip.decompress((tmp_path / "a" / f"{name}.gz").read_bytes())
        assert hashlib.sha256(content).hexdigest() == file["sha256"]
        assert len(content.splitlines()) == file["purchases"] + 1
    oracle = pd.read_csv(tmp_path / "a" / "truth" / "oracle.csv.gz")
    ranks = oracle[["knowing_rank", "reading_rank", "attainable_rank"]]
    assert len(oracle) == 2 * TINY.shoppers and (ranks >= 1).all(axis=None)


@shipped
def test_the_shipped_shop_was_made_with_the_parameters_and_catalogue_of_this_code():
    about = json.loads((DEMO / "truth" / "taste.json").read_text(encoding="utf-8"))
    parameters = asdict(Taste())
    del parameters["hidden"]
    assert about["parameters"] == parameters
    assert about["catalogue_sha256"] == catalogue_hash(build_catalogue())
    assert len(about["interactions"]) == len(TASTE_RATIOS), (
        "the other ratios' hashes are kept, their files are made on demand"
    )
    for name, file in about["interactions"].items():
        packed = DEMO / f"{name}.gz"
        if name == "interactions.csv" or packed.exists():
            assert hashlib.sha256(gzip.decompress(packed.read_bytes())).hexdigest() == file["sha256"]


@shipped
@pytest.mark.parametrize("ending", TASTE_RATIOS)
def test_the_shipped_shop_keeps_its_promises(ending):
    if ending and not (DEMO / f"interactions{ending}.csv.gz").exists():
        pytest.skip("the other ratios are made on demand: python -m scripts.printshop.write_shoppers assets/demo")
    bought = pd.read_csv(DEMO / f"interactions{ending}.csv.gz")
    left = bought.groupby("user_id").cumcount(ascending=False)
    launches = {item.item_id: item.launch for item in build_catalogue()}
    cold = {item for item, launch in launches.items() if launch > CUT}
    assert bought["user_id"].nunique() >= 8000 and len(bought) >= 160_000
    assert not bought.duplicated(["user_id", "item_id"]).any()
    assert set(launches) - set(bought.loc[left >= HELD_OUT, "item_id"]) == cold
    assert bought.loc[left == 0, "item_id"].isin(cold).sum() >= 800
    assert bought.loc[left == 1, "item_id"].isin(cold).sum() >= 500
    items = pd.read_csv(DEMO / "items.csv", index_col="item_id")
    assert (bought["timestamp"] >= bought["item_id"].map(items["available_from"].fillna(0))).all()
    assert (bought["timestamp"] < Taste().opening + 86400 * Taste().end).all()


def test_the_documentation_names_every_parameter_with_its_value():
    text = DOCUMENTATION.read_text(encoding="utf-8")
    parameters = {name: value for name, value in asdict(Taste()).items() if name != "hidden"}  # hidden is the ratio
    assert [name for name, value in parameters.items() if f"| `{name}` | {value} |" not in text] == []


@shipped
def test_the_documentation_shows_the_limits_as_they_were_measured():
    rows = json.loads((DEMO / "truth" / "limits.json").read_text(encoding="utf-8"))["rows"]
    lines = {}
    for row in rows:
        start = f"| {row['hidden'] * 100:g} | {row['split']} | {row['slice']} | {row['n']:,} |"
        lines[start] = lines.get(start, start) + f" {row['metrics']['ndcg@10']:.3f} |"
    text = DOCUMENTATION.read_text(encoding="utf-8")
    assert [line for line in lines.values() if line not in text] == []
