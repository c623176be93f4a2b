"""What a visitor may send, and the one sentence for everything else. Limits are made small, attacks stay real."""

import io
import stat
import zipfile

import pytest
from PIL import Image

from molar.core.errors import MolarError
from molar.data.ingest.archive import Limits, receive
from molar.data.ingest.upload import MOST_ITEMS, check_upload, without_bad_rows

TABLE = b"item_id,title,image\na,Mug,a.png\nb,Bowl,b.png\n"
SMALL = Limits(files=8, packed=400_000, unpacked=3_000_000, one_file=2_500_000, pixels=10_000, ratio=20)


def png(width: int = 8, height: int = 8) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(out, "PNG")
    return out.getvalue()


GOOD = {"items.csv": TABLE, "images/a.png": png(), "images/b.png": png()}


def pack(path, files: dict, change=None, method=zipfile.ZIP_DEFLATED):
    """A zip of name -> bytes; `change(info)` alters an entry's head before it is written."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = method
            if change:
                change(info)
            archive.writestr(info, data)
    return path


def mode(kind: int):
    def change(info):
        if info.filename == "images/a.png":
            info.create_system, info.external_attr = 3, (kind | 0o644) << 16

    return change


def sent(tmp_path, files: dict, **options):
    return receive([("shop.zip", pack(tmp_path / "shop.zip", files, **options))], tmp_path / "out", SMALL)


ATTACKS = {
    "path up": ({**GOOD, "../../evil.png": png()}, {}, "leads out of the folder"),
    "path up inside": ({**GOOD, "images/../../evil.png": png()}, {}, "leads out of the folder"),
    "path from the root": ({**GOOD, "/etc/evil.png": png()}, {}, "leads out of the folder"),
    "path of Windows": ({**GOOD, "images\\..\\..\\evil.png": png()}, {}, "leads out of the folder"),
    "drive of Windows": ({**GOOD, "C:/evil.png": png()}, {}, "leads out of the folder"),
    "link": (GOOD, {"change": mode(stat.S_IFLNK)}, "is a link"),
    "device": (GOOD, {"change": mode(stat.S_IFCHR)}, "is no ordinary file"),
    "pipe": (GOOD, {"change": mode(stat.S_IFIFO)}, "is no ordinary file"),
    "control letters": ({**GOOD, "images/\x1b[2J.png": png()}, {}, "is no usable file name"),
    "endless name": ({**GOOD, f"images/{'x' * 300}.png": png()}, {}, "is no usable file name"),
    "ratio": ({**GOOD, "images/c.png": b"\0" * 2_000_000}, {}, "more than 20 times its size"),
    "one large file": ({**GOOD, "images/c.png": b"\0" * 2_600_000}, {"method": zipfile.ZIP_STORED}, "larger than"),
    "many files": ({**GOOD} | {f"images/{n}.png": b"" for n in range(9)}, {}, "more than 8 files"),
    "odd packing": (GOOD, {"method": zipfile.ZIP_LZMA}, "packed in a way"),
    "the same name twice": ({**GOOD, "a.png": png()}, {}, "is there twice"),
    "no table": ({"images/a.png": png()}, {}, "no items.csv"),
    "two tables": ({"x.csv": TABLE, "y.csv": TABLE}, {}, "several CSV files"),
    "a file and a folder of one name": ({**GOOD, "images/a.png/c.png": png()}, {}, "could not be stored"),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_refused_whole_with_one_sentence(name, tmp_path):
    files, options, sentence = ATTACKS[name]
    limits = Limits(**{**SMALL.__dict__, "packed": 10_000_000})
    archive = pack(tmp_path / "shop.zip", files, **options)
    with pytest.raises(MolarError, match=sentence) as refused:
        receive([("shop.zip", archive)], tmp_path / "out", limits)
    assert "\n" not in str(refused.value) and str(refused.value).endswith(".") and len(str(refused.value)) < 220
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "out") == ["shop.zip"]


def locked(data: bytearray) -> bytes:
    """The flag "has a password" set at every entry."""
    for mark, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        place = data.find(mark)
        while place >= 0:
            data[place + at] |= 1
            place = data.find(mark, place + 4)
    return bytes(data)


def endless_contents(data: bytearray) -> bytes:
    """A table of contents that claims gigabytes."""
    data[-10:-6] = (1 << 31).to_bytes(4, "little")
    return bytes(data)


DAMAGES = {
    "cut in the middle": (lambda data: bytes(data[: len(data) // 2]), "its end is cut off"),
    "no zip": (lambda data: b"hello", "no zip"),
    "empty": (lambda data: b"", "no zip"),
    "a byte changed": (lambda data: bytes(data[:60]) + b"\xff\xff\xff" + bytes(data[63:]), "cut off or damaged"),
    "locked": (locked, "locked with a password"),
    "endless contents": (endless_contents, "more than 8 files"),
    "zip64": (lambda data: bytes(data[:-22]) + b"PK\6\7" + b"\0" * 16 + bytes(data[-22:]), "more than 65,535 files"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_zip_is_refused_with_one_sentence(name, tmp_path):
    damage, sentence = DAMAGES[name]
    archive = pack(tmp_path / "shop.zip", GOOD)
    archive.write_bytes(damage(bytearray(archive.read_bytes())))
    with pytest.raises(MolarError, match=sentence) as refused:
        receive([("shop.zip", archive)], tmp_path / "out", SMALL)
    assert "\n" not in str(refused.value)


def test_an_entry_that_lies_about_its_size_does_not_get_past_the_limit(tmp_path):
    archive = pack(tmp_path / "shop.zip", {**GOOD, "images/c.png": b"\0" * 2_000_000})
    data = bytearray(archive.read_bytes())
    at = data.rfind(b"PK\1\2")
    data[at + 24 : at + 28] = (100).to_bytes(4, "little")  # "unpacks to 100 bytes"
    archive.write_bytes(bytes(data))
    with pytest.raises(MolarError, match=r"cut off or damaged|times its size"):
        receive([("shop.zip", archive)], tmp_path / "out", SMALL)


def test_all_bytes_together_are_counted_while_unpacking(tmp_path):
    limits = Limits(unpacked=1000)
    archive = pack(tmp_path / "shop.zip", {**GOOD, "images/c.png": bytes(range(256)) * 4})
    with pytest.raises(MolarError, match="unpack to more than 1,000 bytes"):
        receive([("shop.zip", archive)], tmp_path / "out", limits)


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


@pytest.mark.parametrize("names", [[], ["a.zip", "b.zip"], ["a.zip", "items.csv"]])
def test_one_zip_or_one_table(names, tmp_path):
    files = [(name, pack(tmp_path / name, GOOD)) for name in names]
    with pytest.raises(MolarError, match="either one zip"):
        receive(files, tmp_path / "out", SMALL)


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
    rows = "".join(f"i{n},Item {n}\n" for n in range(MOST_ITEMS + 1))
    with pytest.raises(MolarError, match=f"up to {MOST_ITEMS} rows"):
        check_upload(sent(tmp_path, {"items.csv": f"item_id,title\n{rows}".encode()}))
