"""`available_from` of items.csv: from when an item can be had, in the unit of `timestamp`."""

import csv
import json

import numpy as np
import pytest

from molar.data.availability import ALWAYS, not_yet_available
from molar.data.dataset import load_dataset
from molar.data.item_text import item_texts
from molar.data.problems import ERROR, WARNING, describe
from molar.data.splits import leave_one_out
from molar.data.subsets import make_subset
from molar.data.text_columns import encoded_columns
from molar.data.validation import inspect

OPENING, DAY = 1_700_000_000, 86_400  # of the tiny world: every history begins then, and goes on day by day


@pytest.fixture
def told(tiny_folder):
    """Give the tiny folder the column, item id → cell; other cells are empty."""

    def write(cells):
        path = tiny_folder / "items.csv"
        with path.open(newline="", encoding="utf-8") as file:
            header, *rows = csv.reader(file)
        with path.open("w", newline="", encoding="utf-8") as file:
            rows = [[*row, cells.get(row[0], "")] for row in rows]
            csv.writer(file).writerows([[*header, "available_from"], *rows])
        return tiny_folder

    return write


def problems_of(folder, severity):
    return [p for p in inspect(folder, "interactions.csv").problems if p.severity == severity and p.column != "image"]


def test_what_is_not_told_is_always_available(told):
    found = load_dataset(told({"i01": str(OPENING - 5), "i30": f" {OPENING} "})).available_from
    assert found.dtype == np.int64 and len(found) == 31
    assert [found[1], found[30]] == [OPENING - 5, OPENING]
    assert set(found[[0, *range(2, 30)]].tolist()) == {ALWAYS} and np.iinfo(np.int64).min == ALWAYS


def test_without_the_column_nothing_is_told(tiny):
    assert tiny.dataset.available_from is None and tiny.split.available_from is None


def test_times_that_no_float_holds_are_exact(told, tiny_folder):
    path = tiny_folder / "interactions.csv"
    header, *rows = path.read_text().split()
    path.write_text("\n".join([header, *(f"{row}000000000" for row in rows)]))  # nanoseconds
    late = 1_700_000_000_000_000_001
    assert load_dataset(told({"i03": str(late)})).available_from[3] == late


def test_a_cell_that_is_no_time_is_an_error_at_its_place(told):
    folder = told({"i03": "2024-01-01", "i05": "1.5"})
    assert [(p.place, p.what) for p in problems_of(folder, ERROR)] == [
        ("items.csv, row 4, column available_from", '"2024-01-01" is not a whole number'),
        ("items.csv, row 6, column available_from", '"1.5" is not a whole number'),
    ]


def test_purchases_before_the_item_was_available_are_one_warning_with_a_count(told):
    folder = told({"i01": str(OPENING * 1000), "i02": str(OPENING * 1000)})  # milliseconds by mistake
    dataset = load_dataset(folder)
    count = int(np.isin(dataset.sequence, [1, 2]).sum())
    found = problems_of(folder, WARNING)
    assert len(found) == count > 1 and {(p.file, p.column) for p in found} == {("interactions.csv", "timestamp")}
    (line,) = [one for one in describe(found).splitlines() if "bought before" in one]
    assert "are both times in one unit?" in line and f"({count} rows: " in line


def test_a_purchase_at_that_very_time_is_in_order(told, tiny):
    first = [int(tiny.dataset.history(u)[0]) for u in range(tiny.dataset.n_users)]
    assert problems_of(told({f"i{number:02d}": str(OPENING) for number in first}), WARNING) == []


def test_without_timestamps_the_column_is_ignored_in_a_sentence(told):
    folder = told({"i01": "5", "i02": "6"})
    (folder / "interactions.csv").write_text("user_id,item_id,order\na,i01,1\na,i02,2\na,i03,3\n")
    (warning,) = problems_of(folder, WARNING)
    assert warning.place == "items.csv, row 1, column available_from" and "ignored" in warning.what
    assert load_dataset(folder).available_from is None


def test_it_never_enters_the_prompt(told, tiny):
    folder = told({f"i{number:02d}": "soon" for number in range(1, 31)})  # an attribute of words would be encoded
    columns, _ = encoded_columns(inspect(folder, None).items)
    assert columns == tiny.dataset.encoded_columns
    (folder / "dataset.json").write_text(json.dumps({"encoded_columns": ["title", "available_from"]}))
    assert '"available_from" never enters a prompt' in [p.what for p in problems_of(folder, ERROR)]


def test_texts_stay_and_the_hash_changes(told, tiny):
    dataset = load_dataset(told({"i01": "5"}))
    assert item_texts(dataset) == item_texts(tiny.dataset)
    assert dataset.data_hash != tiny.dataset.data_hash


def test_the_hash_of_data_without_it_is_what_it_was(tiny):
    assert tiny.dataset.data_hash == "b2883fab7bc1c237"


@pytest.mark.parametrize("subset, from_end", [("validation", 2), ("test", 1)])
def test_the_time_of_a_target_is_that_of_its_purchase(tiny, subset, from_end):
    users = tiny.split.evaluation_users(subset)
    times = tiny.split.times_of(users, subset)
    lengths = np.diff(tiny.dataset.offsets)[users]
    assert times.dtype == np.int64 and times.tolist() == (OPENING + DAY * (lengths - from_end)).tolist()


def test_without_timestamps_targets_have_no_times(tiny_folder):
    (tiny_folder / "interactions.csv").write_text("user_id,item_id,order\na,i01,1\na,i02,2\na,i03,3\n")
    split = leave_one_out(load_dataset(tiny_folder))
    assert split.times_of(split.evaluation_users("test"), "test") is None


def test_a_subset_keeps_it(told, tmp_path):
    source = load_dataset(told({"i04": str(OPENING)}))
    subset = load_dataset(make_subset(source.root, tmp_path / "out", users=20, films=30))
    assert subset.available_from.tolist() == source.available_from.tolist()


def test_pairs_of_a_time_and_an_item_that_cannot_be_had_then():
    available_from = np.array([ALWAYS, 10, ALWAYS, 20, 30])
    places, numbers = not_yet_available(available_from, np.array([10, 5, 25, 40]))
    assert list(zip(places.tolist(), numbers.tolist())) == [(0, 3), (0, 4), (1, 1), (1, 3), (1, 4), (2, 4)]
    assert [len(one) for one in not_yet_available(available_from, np.empty(0, np.int64))] == [0, 0]
