"""A received catalogue: what is told of its bad rows, and what is left without them."""

import pytest
from archives import GOOD, SMALL, TABLE, counted, png, sent, ten_pictures_one_without_a_title

from molar.core.errors import MolarError
from molar.data.ingest.archive import receive
from molar.data.ingest.limits import MAX_ITEMS, Limits
from molar.data.ingest.upload import check_upload, without_bad_rows
from molar.data.problems import WARNING

NO_PICTURES = {
    "SVG": (
        b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        "SVG drawing",
    ),
    "HTML": (b"<!DOCTYPE html><html><script>alert(1)</script></html>", "is a web page"),
    "script": (b"\n <script>alert(1)</script>", "is a web page"),
    "text": (b"not a picture", "no JPEG, PNG, WebP or GIF"),
    "nothing": (b"", "no JPEG, PNG, WebP or GIF"),
    "cut off": (png(90, 90)[:-30], "cannot be read"),
    "head alone": (png()[:20], "cut off or damaged"),
    "too many pixels": (png(200, 200), "million pixels"),
    "long and thin": (png(4, 81), '"b.png": one side of this picture is more than 20 times the other'),
    "wide and flat": (png(81, 4), '"b.png": one side of this picture is more than 20 times the other'),
}


@pytest.mark.parametrize("name", NO_PICTURES)
def test_a_bad_picture_is_told_at_its_row_and_can_be_left_out(name, tmp_path):
    data, sentence = NO_PICTURES[name]
    received = sent(tmp_path, {**GOOD, "images/b.png": data})
    checked = check_upload(received)
    (error,) = checked.errors
    assert (error.file, error.row, error.column) == ("items.csv", 3, "image") and sentence in error.what
    assert checked.dataset is None and checked.dropped == [(3, "Bowl")] and checked.left == 1
    assert without_bad_rows(received, checked).dataset.n_items == 1


def test_a_picture_may_be_as_long_as_the_limit(tmp_path):
    assert check_upload(sent(tmp_path, {**GOOD, "images/b.png": png(4, 80)})).errors == []


def test_a_drawing_named_svg_is_told_too(tmp_path):
    table = TABLE.replace(b"b.png", b"b.svg")
    checked = check_upload(sent(tmp_path, {"items.csv": table, "images/a.png": png(), "images/b.svg": b"<svg/>"}))
    assert "SVG drawing" in checked.errors[0].what


@pytest.mark.parametrize("prefix", ["", "my shop/", "a/b/"])
def test_a_zip_of_a_folder_is_read_wherever_the_table_lies(prefix, tmp_path):
    files = {prefix + name: data for name, data in GOOD.items()} | {
        "__MACOSX/._items.csv": b"x",
        prefix + "notes.txt": b"x",
    }
    received = sent(tmp_path, files)
    assert check_upload(received).dataset.n_items == 2
    assert received.ignored == [prefix + "notes.txt"]
    assert {path.name for path in received.root.rglob("*.*")} == {"items.csv", "a.png", "b.png"}


def test_a_csv_with_its_pictures_is_a_catalogue(tmp_path):
    named = []
    for name, data in {
        "mugs (new).csv": TABLE.replace(b"a.png", b"a (1).png"),
        "a (1).png": png(),
        "b.png": png(),
    }.items():
        (tmp_path / name).write_bytes(data)
        named.append((name, tmp_path / name))
    dataset = check_upload(receive(named, tmp_path / "out", SMALL)).dataset
    assert dataset.n_items == 2 and dataset.image_path(1).is_file()


def test_a_table_without_its_pictures_is_one_sentence(tmp_path):
    received = sent(tmp_path, {"items.csv": TABLE})
    with pytest.raises(
        MolarError, match=r"names . pictures and none came with it: choose the table and its pictures together"
    ):
        check_upload(received)


def test_mistakes_of_the_whole_table_leave_nothing_to_drop(tmp_path):
    checked = check_upload(sent(tmp_path, {**GOOD, "items.csv": b"item_id,name,image\na,Mug,a.png\n"}))
    assert checked.dataset is None and checked.dropped == [] and checked.errors


def test_rows_are_left_out_until_no_mistake_remains(tmp_path):
    table = b'item_id,title,image\na,Mug,a.png\na,Mug again,a.png\n,Nameless,b.png\nb,"Bowl, wide",b.png\nc,short\n'
    received = sent(tmp_path, {**GOOD, "items.csv": table})
    checked = check_upload(received)
    assert checked.dropped == [(3, "Mug again"), (4, "Nameless"), (6, "short")]
    assert list(without_bad_rows(received, checked).dataset.items["title"]) == ["Mug", "Bowl, wide"]


def test_too_many_items_are_refused(tmp_path):
    rows = "".join(f"i{n},Item {n}\n" for n in range(MAX_ITEMS + 1))
    with pytest.raises(MolarError, match=f"up to {MAX_ITEMS} rows"):
        check_upload(sent(tmp_path, {"items.csv": f"item_id,title\n{rows}".encode()}))


def test_pictures_are_opened_once_and_the_table_is_parsed_once(tmp_path):
    with counted() as seen:
        received = sent(tmp_path, ten_pictures_one_without_a_title(), Limits())
        checked = check_upload(received)
        assert checked.dropped == [(3, "")]
        assert without_bad_rows(received, checked).dataset.n_items == 9
    assert seen == {"items.csv": 1} | {f"m{number}.png": 1 for number in range(1, 11)}


def test_a_remark_names_the_row_of_the_visitors_own_table(tmp_path):
    table = b"item_id,title,image\na,,a.png\nb,Bowl,\nc,Cup,b.png\n"
    received = sent(tmp_path, {**GOOD, "items.csv": table})
    left = without_bad_rows(received, check_upload(received))
    assert [(problem.severity, problem.row) for problem in left.problems] == [(WARNING, 3)]
    assert list(left.dataset.items["title"]) == ["Bowl", "Cup"]


def test_without_its_bad_rows_a_catalogue_is_what_it_would_be_had_it_come_without_them(tmp_path):
    table = b"item_id,title,image\na,Mug,a.png\n,Nameless,a.png\nb,Bowl,b.png\n"
    received = sent(tmp_path, {**GOOD, "items.csv": table})
    left = without_bad_rows(received, check_upload(received)).dataset
    (tmp_path / "other").mkdir()
    whole = check_upload(sent(tmp_path / "other", GOOD)).dataset
    assert left.data_hash == whole.data_hash
    assert [left.image_path(number).name for number in (1, 2)] == ["a.png", "b.png"]


def test_leaving_rows_out_can_bring_another_mistake_to_light(tmp_path):
    """Of the two cells left in the chosen column, both are links."""
    table = b"item_id,title,shown\na,Mug,www.a.example\nb,Bowl,www.b.example\nc,,plain\nd,,words\ne,,here\n"
    received = sent(tmp_path, {"items.csv": table, "dataset.json": b'{"encoded_columns": ["title", "shown"]}'})
    checked = check_upload(received)
    assert checked.dropped == [(4, ""), (5, ""), (6, "")]
    (error,) = without_bad_rows(received, checked).errors
    assert error.file == "dataset.json"
    assert "holds links" in error.what


@pytest.mark.parametrize("name", ["b.png", "./b.png", "more/../b.png"])
def test_a_picture_that_was_cut_off_is_told_whatever_path_names_it(name, tmp_path):
    table = TABLE.replace(b",b.png", f",{name}".encode())
    received = sent(tmp_path, {"items.csv": table, "images/a.png": png(), "images/b.png": png(90, 90)[:-30]})
    (error,) = check_upload(received).errors
    assert error.what == f'the picture "{name}" cannot be read (OSError); save it again as JPEG, PNG or WebP'
