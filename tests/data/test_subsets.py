import dataclasses
import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from molar.core.errors import MolarError
from molar.data.dataset import load_dataset
from molar.data.splits import leave_one_out
from molar.data.subsets import choose_users, make_cold_variant, make_subset, with_cold_items
from molar.encoder.vectors import load_vectors, save_vectors


@pytest.fixture
def subset(tiny, tmp_path):
    return load_dataset(make_subset(tiny.dataset.root, tmp_path / "small", users=10, films=20))


def test_subset_is_a_sound_dataset_with_its_pictures(subset):
    assert subset.n_items == 20
    assert 0 < subset.n_users <= 10
    assert all(subset.image_path(n).is_file() for n in range(1, 21) if subset.image_path(n))


def test_histories_keep_their_order_and_lose_other_items(tiny, subset):
    kept = set(subset.item_ids[1:])
    for u, user_id in enumerate(subset.user_ids):
        whole = tiny.dataset.history(list(tiny.dataset.user_ids).index(user_id))
        expected = [tiny.dataset.item_ids[n] for n in whole if tiny.dataset.item_ids[n] in kept]
        assert [subset.item_ids[n] for n in subset.history(u)] == expected
        assert len(expected) >= 5


def test_the_most_popular_items_of_these_users_are_kept(tiny, subset):
    bought = [tiny.dataset.item_ids[n] for u in choose_users(tiny.dataset, 10) for n in tiny.dataset.history(u)]
    left_out = set(tiny.dataset.item_ids[1:]) - set(subset.item_ids[1:])
    assert max(bought.count(item) for item in left_out) <= min(bought.count(item) for item in subset.item_ids[1:])


def test_the_prompt_keeps_its_columns(tiny, subset):
    assert subset.encoded_columns == tiny.dataset.encoded_columns


def test_the_same_subset_again_is_left_as_it_is(tiny, tmp_path):
    out = make_subset(tiny.dataset.root, tmp_path / "small", users=10, films=20)
    (out / "dataset.json").write_text(json.dumps({"name": "mine"}))
    make_subset(tiny.dataset.root, out, users=10, films=20)
    assert load_dataset(out).name == "mine"


def test_a_stopped_copy_is_begun_anew(tiny, tmp_path):
    (tmp_path / "small.part" / "images").mkdir(parents=True)
    (tmp_path / "small.part" / "items.csv").write_text("half")
    assert load_dataset(make_subset(tiny.dataset.root, tmp_path / "small", users=10, films=20)).n_items == 20


@pytest.mark.parametrize("users, films", [(21, 20), (10, 31), (0, 20)])
def test_more_than_there_is_cannot_be_taken(tiny, tmp_path, users, films):
    with pytest.raises(MolarError, match="cannot be taken"):
        make_subset(tiny.dataset.root, tmp_path / "small", users=users, films=films)


@pytest.mark.parametrize(
    "arguments, expected",
    [
        ([], "name the dataset folder with --data DIR or MOLAR_DATA"),
        (["--data", "nowhere"], "there is no folder nowhere"),
        (["--users"], "--users needs a value"),
        (["--colour", "3"], "unknown option --colour"),
    ],
)
@pytest.mark.parametrize("name", ["reproduce_ml1m.sh", "reproduce_fashion.sh", "ablate_ml1m.sh", "ablate_stage1.sh"])
def test_the_scripts_say_what_they_need(name, arguments, expected, tmp_path):
    script = Path(__file__).parents[2] / "scripts" / name
    environment = {name: value for name, value in os.environ.items() if name != "MOLAR_DATA"}
    done = subprocess.run(["bash", script, *arguments], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ") and expected in done.stderr


def make_cold(tiny, tmp_path):
    return leave_one_out(load_dataset(make_cold_variant(tiny.dataset.root, tmp_path / "cold", share=0.3)))


def test_items_made_cold_are_in_no_training_prefix_but_stay_targets(tiny, tmp_path):
    split = make_cold(tiny, tmp_path)
    made = split.dataset
    assert split.cold.sum() >= round(0.3 * made.n_items)
    asked = [
        split.cold[split.targets_of(split.evaluation_users(subset), subset)].sum() for subset in ("validation", "test")
    ]
    before = [
        tiny.split.cold[tiny.split.targets_of(tiny.split.evaluation_users(subset), subset)].sum()
        for subset in ("validation", "test")
    ]
    assert sum(asked) > sum(before)
    for user, user_id in enumerate(made.user_ids):
        whole = tiny.dataset.history(list(tiny.dataset.user_ids).index(user_id))
        assert np.array_equal(made.history(user)[-2:], whole[-2:])
        assert np.array_equal(split.train_history(user), [item for item in whole[:-2] if not split.cold[item]])


def test_the_cold_variant_keeps_the_catalogue_and_its_vectors(tiny, tiny_vectors, tmp_path):
    save_vectors(tmp_path / "vectors.safetensors", tiny_vectors, tiny.dataset, {})
    made = make_cold(tiny, tmp_path).dataset
    assert load_vectors(tmp_path / "vectors.safetensors", made).shape == tiny_vectors.shape
    assert made.data_hash != tiny.dataset.data_hash and "30% of the items made cold" in made.name


def test_who_has_too_few_purchases_left_trains_on_no_cold_item(tiny):
    made = with_cold_items(tiny.dataset, 0.9)
    split = leave_one_out(made)
    hashed = with_cold_items(dataclasses.replace(tiny.dataset), 0.9)
    assert np.array_equal(hashed.sequence, made.sequence)  # the same items every time
    assert split.cold.sum() >= round(0.9 * made.n_items)
