import csv
import gzip
import io
import json

import numpy as np
import pandas as pd
import pytest

from molar.core.errors import MolarError
from molar.data import csv_reader as tables
from molar.data.dataset import load_dataset
from molar.data.text_columns import encoded_columns, holds_words
from molar.data.validation import DatasetError


def rewrite(folder, rows, header="user_id,item_id,timestamp"):
    (folder / "interactions.csv").write_text("\n".join([header, *rows]) + "\n")


def test_items_are_numbered_from_one_in_file_order(tiny):
    assert tiny.dataset.item_ids[0] == ""
    assert tiny.dataset.item_ids[7] == tiny.dataset.items.at[6, "item_id"] == "i07"
    assert tiny.dataset.item_number("i07") == 7


def test_cells_are_text(tiny):
    assert tiny.dataset.items.at[0, "price"] == "11"
    assert all(isinstance(cell, str) for cell in tiny.dataset.items.to_numpy().ravel())


@pytest.mark.parametrize("item_id", ["i99", ""])
def test_unknown_item_is_a_user_error(tiny, item_id):
    with pytest.raises(MolarError, match=f'no item "{item_id}"'):
        tiny.dataset.item_number(item_id)


def test_picture_path(tiny):
    assert tiny.dataset.image_path(1).name == "i01.png"
    assert tiny.dataset.image_path(30) is None


def test_histories_are_in_time_order_whatever_the_file(tiny_folder):
    rewrite(tiny_folder, ["b,i03,30", "a,i01,9", "b,i01,10", "a,i02,8", "b,i02,20"])
    dataset = load_dataset(tiny_folder)
    assert list(dataset.user_ids) == ["b", "a"]
    assert [dataset.history(u).tolist() for u in (0, 1)] == [[1, 2, 3], [2, 1]]
    assert dataset.times.tolist() == [10, 20, 30, 8, 9]
    assert (dataset.sequence.dtype, dataset.offsets.dtype) == (np.int32, np.int64)


def test_ties_in_time_keep_the_order_of_the_file(tiny_folder):
    rewrite(tiny_folder, ["a,i05,1", "a,i02,1", "a,i09,1", "a,i01,0"])
    assert load_dataset(tiny_folder).history(0).tolist() == [1, 5, 2, 9]


def test_order_alone_gives_no_times(tiny_folder):
    rewrite(tiny_folder, ["a,i05,2", "a,i02,10", "a,i09,1"], "user_id,item_id,order")
    dataset = load_dataset(tiny_folder)
    assert dataset.history(0).tolist() == [9, 5, 2]
    assert dataset.times is None


def test_order_breaks_ties_of_timestamp(tiny_folder):
    rewrite(tiny_folder, ["a,i05,1,2", "a,i02,1,1", "a,i09,2,3"], "user_id,item_id,timestamp,order")
    assert load_dataset(tiny_folder).history(0).tolist() == [2, 5, 9]


def test_errors_are_raised_together(tiny_folder):
    rewrite(tiny_folder, ["a,i99,1", "a,i98,x"])
    with pytest.raises(DatasetError) as error:
        load_dataset(tiny_folder)
    assert len(error.value.problems) == 4  # with the warning of the item without a picture
    assert "interactions.csv, row 3, column timestamp" in str(error.value)


def test_absent_interactions_only_when_asked_for(tiny_folder):
    (tiny_folder / "interactions.csv").unlink()
    with pytest.raises(DatasetError, match=r"interactions.csv: this file is missing"):
        load_dataset(tiny_folder)
    catalogue = load_dataset(tiny_folder, interactions=None)
    assert (catalogue.n_items, catalogue.n_users, len(catalogue.sequence)) == (30, 0, 0)


def test_another_file_of_histories(tiny_folder):
    (tiny_folder / "interactions.csv").rename(tiny_folder / "interactions-0.csv")
    assert load_dataset(tiny_folder, interactions="interactions-0.csv").n_users == 20


def test_settings(tiny_folder):
    settings = {"name": "Print shop", "note": "Simulated.", "encoded_columns": ["title", "artist"]}
    (tiny_folder / "dataset.json").write_text(json.dumps(settings))
    dataset = load_dataset(tiny_folder)
    assert (dataset.name, dataset.note, dataset.encoded_columns) == ("Print shop", "Simulated.", ("title", "artist"))


def test_settings_are_optional(tiny):
    assert (tiny.dataset.name, tiny.dataset.note) == ("tiny", "")
    assert tiny.dataset.encoded_columns == ("title", "description", "artist")


def test_hash_ignores_quoting_and_line_ends(tiny_folder):
    before = load_dataset(tiny_folder).data_hash
    path = tiny_folder / "interactions.csv"
    path.write_bytes(path.read_bytes().replace(b"\r\n", b"\n").replace(b"i01", b'"i01"'))
    assert load_dataset(tiny_folder).data_hash == before


@pytest.mark.parametrize("file, old, new", [("items.csv", "Whale 6", "Whale 7"), ("interactions.csv", "u01", "u91")])
def test_hash_changes_with_a_title_and_with_a_user(tiny_folder, file, old, new):
    before = load_dataset(tiny_folder).data_hash
    path = tiny_folder / file
    path.write_text(path.read_text().replace(old, new))
    assert load_dataset(tiny_folder).data_hash != before


@pytest.mark.parametrize(
    "name, cells, words",
    [
        ("genres", ["Comedy|Drama", "War"], True),
        ("artist", ["Ada Birk", ""], True),
        ("place", ["Paris 1900", "Route 66"], True),
        ("year", ["1995", "2001"], False),
        ("runtime", ["81 min", "104 min"], False),
        ("price", ["€ 12.50", "-3"], False),
        ("size", ["30 × 40 cm", "50 × 70 cm"], False),
        ("date", ["2024-01-31", "2023-05-01"], False),
        ("code", ["B00X4WHP5E", "B07ABC123"], False),
        ("link", ["https://a.example/x", "http://b.example"], False),
        ("page", ["www.a.example", "www.b.example"], False),
        ("back", ["fox.JPG", "whale.webp"], False),
        ("artist_id", ["Ada", "Bo"], False),
        ("empty", ["", " "], False),
    ],
)
def test_only_words_enter_the_prompt_by_default(name, cells, words):
    assert holds_words(name, pd.Series(cells, dtype=object)) is words


def test_links_cannot_be_chosen():
    items = pd.DataFrame({"title": ["Fox"], "link": ["https://a.example"], "year": ["1990"]}, dtype=object)
    assert encoded_columns(items, ["title", "year"])[1] == []
    assert encoded_columns(items, ["title", "link"])[1] == [
        '"link" holds links or file names, which never enter a prompt'
    ]


def test_pictures_need_not_be_decoded_again_but_must_be_there(tiny_folder):
    picture = tiny_folder / "images" / "i01.png"
    picture.write_bytes(picture.read_bytes()[:40])
    with pytest.raises(DatasetError, match=r"i01.png"):
        load_dataset(tiny_folder)
    assert load_dataset(tiny_folder, decode_pictures=False).n_items == 30
    picture.unlink()
    with pytest.raises(DatasetError, match="no picture"):
        load_dataset(tiny_folder, decode_pictures=False)


def test_a_gzipped_table_is_read_as_it_would_be_unpacked(tiny_folder):
    plain = load_dataset(tiny_folder)
    table = tiny_folder / "interactions.csv"
    (tiny_folder / "interactions.csv.gz").write_bytes(gzip.compress(table.read_bytes()))
    table.unlink()
    assert load_dataset(tiny_folder).data_hash == plain.data_hash


def test_a_damaged_gzipped_table_is_told(tiny_folder):
    table = tiny_folder / "interactions.csv"
    (tiny_folder / "interactions.csv.gz").write_bytes(gzip.compress(table.read_bytes())[:-20])
    table.unlink()
    with pytest.raises(DatasetError, match=r"interactions.csv.gz: the file cannot be unpacked"):
        load_dataset(tiny_folder)


@pytest.mark.parametrize("text", ["", "1,2\n", "1,2", "1,2\n,4\n", " 1 ,2\n3,", "ä,2\n3,\u2028\n"])
def test_a_plain_table_needs_no_parser(text):
    cells, rows = tables.plain_rows("a,b\n" + text, 2)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    assert (cells, rows) == tables.parsed_rows(reader, "t.csv", 2, [])


@pytest.mark.parametrize("text", ['"1",2\n', "1,2\r\n", "1\n", "1,2,3\n", "1,2\n\n3,4\n", ",\n1,2\n", "1,\0\n"])
def test_any_other_table_is_left_to_the_parser(text):
    assert tables.plain_rows("a,b\n" + text, 2) is None
