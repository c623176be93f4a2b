"""Rows of the old shape, in which one text told what kind a row is, are read as rows with fields."""

import json

import pytest

from molar.experiments.results import FIELDS, read_rows, write_rows

FACTS = {"dataset": "shop", "data_hash": "aa", "split": "test", "slice": "all", "model": "molar", "seed": 1, "n": 300}
NUMBERS = {"metrics": {"ndcg@10": 0.125}, "ci": {"ndcg@10": [0.1, 0.15]}, "command": "x", "weights_sha256": "w"}
OLD = {
    "": {"kind": "own"},
    "nf4": {"kind": "own", "setting": "nf4"},
    "catalogue nf4, query int8": {"kind": "own", "setting": "catalogue nf4, query int8"},
    "nano, [Cur_Item] alone": {"kind": "own", "setting": "nano, [Cur_Item] alone"},
    "minus content": {"kind": "difference", "other": "content"},
    "minus content-knn, text": {"kind": "difference", "other": "content-knn, text"},
    "minus probe no-text": {"kind": "difference", "ablation": "no-text"},
    "probe id-blanked": {"kind": "ablation", "ablation": "id-blanked"},
    "against joint, ID tower": {"kind": "alignment", "other": "joint, ID tower"},
}


def old(variant):
    return FACTS | NUMBERS | {"variant": variant}


def write(path, rows):
    path.write_text(json.dumps({"rows": rows}))
    return path


@pytest.mark.parametrize("variant, told", OLD.items())
def test_a_row_of_the_old_shape_is_read_as_one_of_the_new(tmp_path, variant, told):
    (row,) = read_rows(write(tmp_path / "old.json", [old(variant)]))
    assert tuple(row) == FIELDS
    assert row == FACTS | {"other": "", "ablation": "", "setting": ""} | told | NUMBERS


def test_a_file_of_both_shapes_is_read_and_written_in_the_new_one(tmp_path):
    rows = read_rows(write(tmp_path / "old.json", [old(variant) for variant in OLD]))
    both = write(tmp_path / "both.json", [old(""), *rows[1:]])
    assert read_rows(both) == rows
    write_rows(both, rows[:1])  # a new row takes the place of the old one, by the same key
    assert json.loads(both.read_text())["rows"] == rows


def test_a_new_family_replaces_the_differences_of_an_old_file(tmp_path):
    path = write(tmp_path / "old.json", [old(variant) for variant in OLD])
    kept = [row for row in read_rows(path) if row["kind"] != "difference"]
    write_rows(path, kept[:1], whole_families=True)
    assert read_rows(path) == kept
