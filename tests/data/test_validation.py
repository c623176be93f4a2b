"""Every mistake in a dataset folder is told with its file, row (as a spreadsheet counts) and column."""

import csv
import json

import pytest
from PIL import Image

from molar.data.problems import ERROR, WARNING, describe
from molar.data.validation import inspect


def edit(path, change):
    """Rewrite a csv: `change` gets the rows (rows[6] is spreadsheet row 7), edits them or gives others back."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    changed = change(rows)
    rows = changed if isinstance(changed, list) else rows
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)


def set_cell(path, row, column, value):
    edit(path, lambda rows: rows[row - 1].__setitem__(rows[0].index(column), value))


def problems_of(folder, interactions="interactions.csv"):
    return inspect(folder, interactions).problems


def errors(folder, **options):
    return [problem for problem in problems_of(folder, **options) if problem.severity == ERROR]


def test_a_sound_folder_has_only_the_missing_picture(tiny_folder):
    (problem,) = problems_of(tiny_folder)
    assert (problem.severity, problem.row, problem.column) == (WARNING, 31, "image")


@pytest.mark.parametrize(
    "file, row, column, value, expected",
    [
        ("items.csv", 4, "item_id", "i01", 'item "i01" is already in row 2'),
        ("items.csv", 4, "item_id", " ", "this cell is empty"),
        ("items.csv", 5, "title", "", "this cell is empty"),
        ("items.csv", 5, "title", "  ", "this cell is empty"),
        ("items.csv", 6, "image", "none.png", 'there is no picture "none.png" in images/'),
        ("items.csv", 6, "image", "../items.csv", '"../items.csv" leads out of the folder images/'),
        ("items.csv", 6, "image", "/etc/hostname", '"/etc/hostname" leads out of the folder images/'),
        ("items.csv", 6, "image", "..\\x.png", '"..\\x.png" is no plain file name'),
        ("interactions.csv", 7, "item_id", "i99", 'item "i99" is not in items.csv'),
        ("interactions.csv", 7, "user_id", "", "this cell is empty"),
        ("interactions.csv", 7, "timestamp", "soon", '"soon" is not a whole number'),
        ("interactions.csv", 7, "timestamp", "", '"" is not a whole number'),
        ("interactions.csv", 7, "timestamp", "1.5", '"1.5" is not a whole number'),
        ("interactions.csv", 7, "timestamp", "inf", '"inf" is not a whole number'),
        ("interactions.csv", 7, "timestamp", "99999999999999999999", '"99999999999999999999" is not a whole number'),
    ],
)
def test_a_wrong_cell_is_told_with_its_place(tiny_folder, file, row, column, value, expected):
    set_cell(tiny_folder / file, row, column, value)
    found = [problem for problem in errors(tiny_folder) if problem.row == row and problem.column == column]
    assert [problem.what for problem in found] == [expected]
    assert found[0].file == file


def test_all_problems_are_told_together(tiny_folder):
    set_cell(tiny_folder / "items.csv", 3, "title", "")
    set_cell(tiny_folder / "items.csv", 4, "image", "none.png")
    set_cell(tiny_folder / "interactions.csv", 9, "item_id", "i99")
    assert {(p.file, p.row) for p in errors(tiny_folder)} == {
        ("items.csv", 3),
        ("items.csv", 4),
        ("interactions.csv", 9),
    }


@pytest.mark.parametrize(
    "file, column, expected",
    [
        ("items.csv", "item_id", "items.csv, row 1, column item_id"),
        ("items.csv", "title", "items.csv, row 1, column title"),
        ("interactions.csv", "user_id", "interactions.csv, row 1, column user_id"),
        ("interactions.csv", "item_id", "interactions.csv, row 1, column item_id"),
        ("interactions.csv", "timestamp", "interactions.csv, row 1, column timestamp or order"),
    ],
)
def test_missing_column(tiny_folder, file, column, expected):
    set_cell(tiny_folder / file, 1, column, "something")
    assert expected in [p.place for p in errors(tiny_folder) if p.what == "this column is missing"]


@pytest.mark.parametrize("file", ["items.csv", "interactions.csv"])
def test_missing_and_empty_files(tiny_folder, file):
    (tiny_folder / file).write_text("")
    assert ("the file is empty", file) in [(p.what, p.file) for p in errors(tiny_folder)]
    (tiny_folder / file).unlink()
    assert ("this file is missing", file) in [(p.what, p.file) for p in errors(tiny_folder)]


def test_table_without_rows(tiny_folder):
    edit(tiny_folder / "interactions.csv", lambda rows: rows[:1])
    assert "the table has a header and no rows" in [p.what for p in errors(tiny_folder)]


def test_missing_folder(tmp_path):
    assert "there is no such dataset folder" in describe(problems_of(tmp_path / "nowhere"))


def test_wrong_byte_is_told_with_row_and_column(tiny_folder):
    path = tiny_folder / "items.csv"
    path.write_bytes(path.read_bytes().replace(b"Whale 6", b"Wh\xe4le 6"))
    (problem,) = errors(tiny_folder)
    assert (problem.row, problem.column) == (7, "title")
    assert "byte 0xe4 is not UTF-8" in problem.what


def test_messages_about_wrong_bytes_can_be_printed(tiny_folder):
    for name, old, new in (("items.csv", b"artist", b"k\xfcnstler"), ("interactions.csv", b"i05", b"i\xe4")):
        path = tiny_folder / name
        path.write_bytes(path.read_bytes().replace(old, new))
    text = describe(problems_of(tiny_folder))
    assert "byte 0xfc" in text and "byte 0xe4" in text
    text.encode("utf-8")


def test_utf16_is_named(tiny_folder):
    path = tiny_folder / "items.csv"
    path.write_bytes(path.read_text().encode("utf-16"))
    assert any("UTF-16" in p.what for p in errors(tiny_folder))


def test_byte_order_mark_is_no_part_of_the_first_column(tiny_folder):
    path = tiny_folder / "items.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert errors(tiny_folder) == []


def test_row_numbers_survive_quoted_line_breaks_and_empty_rows(tiny_folder):
    set_cell(tiny_folder / "items.csv", 2, "description", "one\ntwo\r\nthree")
    edit(tiny_folder / "items.csv", lambda rows: [*rows[:3], [], *rows[3:]])
    set_cell(tiny_folder / "items.csv", 7, "title", "")
    assert [(p.row, p.column) for p in errors(tiny_folder)] == [(7, "title")]


def test_ragged_rows(tiny_folder):
    edit(tiny_folder / "interactions.csv", lambda rows: rows[4].append("more"))
    edit(tiny_folder / "interactions.csv", lambda rows: rows[6].pop())
    assert [(p.row, p.what) for p in errors(tiny_folder) if "cells" in p.what] == [
        (5, "4 cells where the header has 3"),
        (7, "2 cells where the header has 3"),
    ]


def test_quotation_mark_that_is_never_closed(tiny_folder):
    path = tiny_folder / "items.csv"
    path.write_text(path.read_text().replace("Whale 6", '"Whale 6'))
    (problem,) = [p for p in errors(tiny_folder) if p.file == "items.csv"]
    assert problem.row == 7
    assert "quotation mark" in problem.what


def test_semicolons_are_recognised(tiny_folder):
    path = tiny_folder / "interactions.csv"
    path.write_text(path.read_text().replace(",", ";"))
    assert any("separated by semicolons" in p.what for p in errors(tiny_folder))


def test_two_columns_of_one_name(tiny_folder):
    set_cell(tiny_folder / "items.csv", 1, "artist", "title")
    assert ("title", "two columns have this name") in [(p.column, p.what) for p in errors(tiny_folder)]


def test_picture_that_is_no_picture(tiny_folder):
    (tiny_folder / "images" / "i05.png").write_text("<html>")
    (problem,) = errors(tiny_folder)
    assert problem.row == 6
    assert "cannot be read" in problem.what


def test_picture_that_is_cut_off(tiny_folder):
    path = tiny_folder / "images" / "i05.jpg"
    Image.effect_noise((64, 64), 90).save(path)
    path.write_bytes(path.read_bytes()[:-400])
    set_cell(tiny_folder / "items.csv", 6, "image", "i05.jpg")
    assert "cannot be read" in errors(tiny_folder)[0].what


@pytest.mark.parametrize("name, mode", [("i05.jpg", "RGB"), ("i05.jpg", "L"), ("i05.webp", "RGB"), ("i05.gif", "P")])
def test_pictures_of_any_kind_are_readable(tiny_folder, name, mode):
    Image.new(mode, (3, 3)).save(tiny_folder / "images" / name)
    set_cell(tiny_folder / "items.csv", 6, "image", name)
    assert errors(tiny_folder) == []


def test_picture_that_is_a_link_out_of_the_folder(tiny_folder, tmp_path):
    Image.new("RGB", (8, 8)).save(tmp_path / "private.png")
    (tiny_folder / "images" / "i05.png").unlink()
    (tiny_folder / "images" / "i05.png").symlink_to(tmp_path / "private.png")
    assert "leads out of the folder" in errors(tiny_folder)[0].what


def test_picture_folder_that_is_a_link(tiny_folder, tmp_path):
    (tiny_folder / "images").rename(tmp_path / "elsewhere")
    (tiny_folder / "images").symlink_to(tmp_path / "elsewhere")
    assert [p.file for p in errors(tiny_folder)] == ["images"]


def test_same_user_and_item_twice(tiny_folder):
    edit(tiny_folder / "interactions.csv", lambda rows: rows.append([rows[1][0], rows[1][1], "1800000000"]))
    (problem,) = errors(tiny_folder)
    assert 'user "u01" has item' in problem.what and "twice" in problem.what


def test_times_out_of_order_are_a_warning(tiny_folder):
    edit(tiny_folder / "interactions.csv", lambda rows: rows.insert(1, rows.pop(2)))
    problems = [p for p in problems_of(tiny_folder) if p.column == "timestamp"]
    assert [(p.severity, p.row) for p in problems] == [(WARNING, 3)]


def test_one_position_twice_is_an_error(tiny_folder):
    set_cell(tiny_folder / "interactions.csv", 1, "timestamp", "order")
    set_cell(tiny_folder / "interactions.csv", 4, "order", "1700000000")
    found = errors(tiny_folder)
    assert [(p.row, p.column) for p in found] == [(4, "order")]
    assert "already in row 2" in found[0].what


def test_order_and_timestamp_must_agree(tiny_folder):
    def add_order(rows):
        return [[*row, "order" if at == 0 else at] for at, row in enumerate(rows)]

    edit(tiny_folder / "interactions.csv", add_order)
    assert errors(tiny_folder) == []
    set_cell(tiny_folder / "interactions.csv", 3, "timestamp", "1600000000")
    assert [(p.row, p.column) for p in errors(tiny_folder)] == [(3, "timestamp")]


@pytest.mark.parametrize("rating, wrong", [("4.5", 0), ("", 0), ("good", 1)])
def test_ratings_are_numbers_or_empty(tiny_folder, rating, wrong):
    edit(
        tiny_folder / "interactions.csv",
        lambda rows: [[*row, rating if at else "rating"] for at, row in enumerate(rows[:5])],
    )
    assert len(errors(tiny_folder)) == 4 * wrong


@pytest.mark.parametrize(
    "settings, expected",
    [
        ("{", "not readable JSON"),
        ("[]", "a JSON object is needed"),
        ({"nam": "x"}, "unknown key"),
        ({"name": 3}, "a text is needed"),
        ({"encoded_columns": "title"}, "a list of column names is needed"),
        ({"encoded_columns": ["title", "colour"]}, '"colour" is not a column of items.csv'),
        ({"encoded_columns": ["title", "item_id"]}, '"item_id" never enters a prompt'),
        ({"encoded_columns": ["title", "image"]}, '"image" never enters a prompt'),
        ({"encoded_columns": ["title", "title"]}, "a column is named twice"),
    ],
)
def test_dataset_json_is_checked(tiny_folder, settings, expected):
    text = settings if isinstance(settings, str) else json.dumps(settings)
    (tiny_folder / "dataset.json").write_text(text)
    assert [p.file for p in errors(tiny_folder) if expected in p.what] == ["dataset.json"]


def test_first_twenty_errors_and_a_count(tiny_folder):
    edit(
        tiny_folder / "items.csv",
        lambda rows: [[*row[:1], "" if at else "title", *row[2:]] for at, row in enumerate(rows)],
    )
    text = describe(problems_of(tiny_folder))
    assert text.count("error: items.csv, row") == 20
    assert "… and 10 more errors" in text


def test_warnings_of_one_kind_share_a_line(tiny_folder):
    edit(tiny_folder / "items.csv", lambda rows: [[*row[:5], "" if at else "image"] for at, row in enumerate(rows)])
    (line,) = describe(problems_of(tiny_folder)).splitlines()
    assert "(30 rows: 2, 3, 4, 5, 6, …)" in line


def test_catalogue_without_histories(tiny_folder):
    (tiny_folder / "interactions.csv").unlink()
    assert inspect(tiny_folder, None).errors == []
