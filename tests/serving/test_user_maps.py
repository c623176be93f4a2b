import numpy as np
import pandas as pd
import pytest

from molar.core.errors import MolarError
from molar.evaluation.alignment_metrics import mutual_neighbours, unit_rows
from molar.serving import user_maps as maps


def spaces(n=40, dim=6):
    rng = np.random.default_rng(0)
    clusters = rng.normal(size=(4, dim)) * 4
    ids = clusters[np.arange(n) % 4] + rng.normal(size=(n, dim))
    return {"before": unit_rows(rng.normal(size=(n, dim))), "after": unit_rows(ids + 0.1), "id": unit_rows(ids)}


@pytest.fixture(scope="module")
def drawn():
    return spaces(), maps.lay_out(spaces(), seed=1)


@pytest.mark.slow
def test_maps_are_centred_on_one_scale(drawn):
    _, layouts = drawn
    assert list(layouts) == ["before", "after", "id"]
    for points in layouts.values():
        assert points.shape == (40, 2)
        np.testing.assert_allclose(points.mean(axis=0), 0, atol=1e-6)
    assert max(np.linalg.norm(points, axis=1).max() for points in layouts.values()) == pytest.approx(1)


@pytest.mark.slow
def test_the_same_seed_draws_the_same_maps(drawn):
    again = maps.lay_out(spaces(), seed=1)
    for view, points in drawn[1].items():
        np.testing.assert_array_equal(points, again[view])


@pytest.mark.slow
def test_quality_tells_a_true_map_from_a_shuffled_one(drawn):
    original, layouts = drawn
    true = maps.quality(original, layouts)
    mixed = np.random.default_rng(2).permutation(40)
    shuffled = maps.quality(original, {view: points[mixed] for view, points in layouts.items()})
    for measure in ("trustworthiness", "continuity"):
        assert true["id"][measure] > 0.8 > shuffled["id"][measure]
    assert true["after"]["neighbour_overlap@10"] > 0.6 > true["before"]["neighbour_overlap@10"]
    assert true["after"]["paired_cosine"] > 0.9 > 0.3 > abs(true["before"]["paired_cosine"])
    assert "paired_cosine" not in true["id"]


def test_held_out_users_come_first(tiny):
    everyone = maps.sample_users(tiny.split, 100)
    held = tiny.split.held_out[everyone]
    assert sorted(everyone) == sorted(tiny.split.evaluation_users("test"))
    assert held.tolist() == sorted(held, reverse=True)
    assert maps.sample_users(tiny.split, 5).tolist() == everyone[:5].tolist()


def test_the_table_joins_what_the_simulator_knows(tiny_folder):
    from molar.data.dataset import load_dataset
    from molar.data.splits import leave_one_out

    (tiny_folder / "truth").mkdir()
    (tiny_folder / "truth" / "shoppers.csv").write_text("user_id,room\nu03,kitchen\nu04,study\n")
    dataset = load_dataset(tiny_folder)
    users = np.arange(2, 17)
    original = spaces(15)
    layouts = {view: np.full((15, 2), 0.5) for view in original}
    table = maps.maps_table(dataset, leave_one_out(dataset), users, original, layouts).set_index("user_id")
    assert table.loc["u04", "room"] == "study" and pd.isna(table.loc["u05", "room"])
    assert table.loc["u03", "history"] == len(dataset.history(2)) - 1
    overlap = mutual_neighbours(original["after"], original["id"])
    assert table.loc["u03", "overlap_after_id"] == overlap[0]


def test_too_few_users_for_a_map(tiny_folder, tmp_path):
    with pytest.raises(MolarError, match="needs 30 users"):
        maps.draw_maps(tiny_folder, tmp_path)
    assert not list(tmp_path.glob("maps*"))
