"""What a visitor may send, and the one sentence for everything else. Limits are made small, attacks stay real."""

import stat
import zipfile

import pytest
from archives import GOOD, SMALL, TABLE, pack, png

from molar.core.errors import MolarError
from molar.data.ingest.archive import receive
from molar.data.ingest.limits import Limits


def mode(kind: int):
    def change(info):
        if info.filename == "images/a.png":
            info.create_system, info.external_attr = 3, (kind | 0o644) << 16

    return change


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


@pytest.mark.parametrize("names", [[], ["a.zip", "b.zip"], ["a.zip", "items.csv"]])
def test_one_zip_or_one_table(names, tmp_path):
    files = [(name, pack(tmp_path / name, GOOD)) for name in names]
    with pytest.raises(MolarError, match="either one zip"):
        receive(files, tmp_path / "out", SMALL)
