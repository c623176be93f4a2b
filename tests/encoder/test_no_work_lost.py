"""What goes wrong in the middle of encoding costs the item at hand and no other; what is done is not done again."""

import os
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny_backbone import save_tiny_backbone
from tiny_items import TEXTS, StubEncoder, save_pictures

from molar.core.errors import MolarError
from molar.core.hashing import content_key
from molar.core.io import disk_array
from molar.data.images import open_picture
from molar.encoder.encode import encode_catalogue, encode_items
from molar.encoder.item_encoder import EncoderConfig, ItemEncoder
from molar.encoder.vector_cache import LEFT_BEHIND, VectorCache
from molar.encoder.vectors import load_vectors

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def backbone(tmp_path_factory):
    return str(save_tiny_backbone(tmp_path_factory.mktemp("backbone")))


@pytest.fixture(scope="module")
def encoder(backbone):
    return ItemEncoder.load(EncoderConfig(backbone, "float32"))


@pytest.fixture
def paths(tmp_path):
    return save_pictures(tmp_path / "pictures")


@pytest.fixture
def undisturbed(encoder, paths, tmp_path):
    return encode_catalogue(encoder, TEXTS, paths, tmp_path / "undisturbed")


def counting(monkeypatch, encoder) -> list[str]:
    """The texts that the model will be asked for from now on."""
    asked, real = [], encoder.encode
    monkeypatch.setattr(encoder, "encode", lambda texts, *rest: asked.extend(texts) or real(texts, *rest))
    return asked


def test_a_broken_picture_costs_that_picture_alone(encoder, paths, undisturbed, tmp_path):
    whole, notes = paths[21].read_bytes(), []
    paths[21].write_bytes(whole[:200])
    vectors = encode_catalogue(encoder, TEXTS, paths, tmp_path / "c", report=lambda *told: notes.append(told[2]))
    others = [row for row in range(40) if row != 21]
    np.testing.assert_allclose(vectors[others], undisturbed[others], atol=2e-3)
    hidden, image_dim = encoder.hidden, encoder.image_dim
    assert not vectors[21, hidden : hidden + image_dim].any() and vectors[21, hidden + image_dim :].any(), (
        "read by its text alone"
    )
    assert any(
        note.startswith("item 22 is read by its text alone") and "21.png cannot be read" in note for note in notes
    )
    assert "1 read by their text alone, since their pictures cannot be read: 22" in notes[-1]


def test_a_picture_put_right_is_read_and_nothing_else(encoder, paths, tmp_path, monkeypatch):
    whole = paths[21].read_bytes()
    paths[21].write_bytes(b"no picture")
    encode_catalogue(encoder, TEXTS, paths, tmp_path / "c")
    paths[21].write_bytes(whole)
    asked = counting(monkeypatch, encoder)
    vectors = encode_catalogue(encoder, TEXTS, paths, tmp_path / "c")
    assert asked == [TEXTS[21]] and vectors[21, encoder.hidden : encoder.hidden + encoder.image_dim].any()


def test_encode_names_the_item_of_a_broken_picture(backbone, tiny_folder, tmp_path, monkeypatch):
    monkeypatch.setenv("MOLAR_HOME", str(tmp_path / "home"))
    (tiny_folder / "images" / "i07.png").write_bytes(b"no picture")
    notes = []
    out = encode_items(
        tiny_folder,
        tmp_path / "out",
        backbone=backbone,
        precision="float32",
        report=lambda *told: notes.append(told[2]),
    )
    assert out.exists() and any(note.startswith("item i07 is read by its text alone") for note in notes)


def test_a_disk_full_in_the_middle_keeps_what_was_encoded(encoder, paths, undisturbed, tmp_path, monkeypatch):
    real, writes = os.fsync, []

    def full(file):
        writes.append(file)
        if len(writes) > 6:  # in the second batch
            raise OSError(28, "No space left on device")
        real(file)

    monkeypatch.setattr("molar.core.io.os.fsync", full)
    with pytest.raises(
        MolarError, match=r"\w{32}.safetensors could not be written .No space left.*same command resumes"
    ):
        encode_catalogue(encoder, TEXTS, paths, tmp_path / "c")
    monkeypatch.undo()
    asked = counting(monkeypatch, encoder)
    assert (encode_catalogue(encoder, TEXTS, paths, tmp_path / "c") == undisturbed).all()
    assert 0 < len(asked) <= 24


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_picture_of_too_many_pixels_is_not_opened(encoder, paths, tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    notes = []
    encode_catalogue(encoder, TEXTS[:1], paths[:1], tmp_path / "c", report=lambda *told: notes.append(told[2]))
    assert "00.png cannot be read (32 × 32 pixels are too many)" in notes[0]


@pytest.mark.parametrize("kind, again", [("vectors", 16), ("pictures", 0)])
def test_of_a_damaged_shard_alone_the_items_are_encoded_again(
    kind, again, encoder, paths, undisturbed, tmp_path, monkeypatch
):
    cache, notes = tmp_path / "undisturbed", []
    shard = max((cache / kind).glob("*/*.safetensors"), key=lambda path: path.stat().st_size)  # a whole batch
    data = bytearray(shard.read_bytes())
    data[-1] ^= 1
    shard.write_bytes(data)
    asked = counting(monkeypatch, encoder)
    vectors = encode_catalogue(encoder, TEXTS, paths, cache, report=lambda *told: notes.append(told[2]))
    assert len(asked) == again and (vectors == undisturbed).all()
    assert [shard.name in note for note in notes if note] == [True] * (again > 0), (
        "features of known vectors are not asked for"
    )


def test_a_shard_that_another_process_took_away_is_encoded_again(encoder, paths, undisturbed, tmp_path):
    cache = VectorCache(tmp_path / "undisturbed" / "vectors", encoder.fingerprint)
    assert len(cache) == 40
    for path in cache.folder.glob("*.safetensors"):
        path.unlink()
    keys = [content_key(text, encoder.pixels(open_picture(path)).key) for text, path in zip(TEXTS, paths)]
    assert cache.find(keys) == {} and len(cache) == 0


ONE_OF_TWO = """
import sys
sys.path.insert(0, "tests/support")
from pathlib import Path
from molar.encoder.encode import encode_catalogue
from molar.encoder.item_encoder import EncoderConfig, ItemEncoder
from tiny_items import TEXTS
backbone, pictures, cache, out = sys.argv[1:]
encoder = ItemEncoder.load(EncoderConfig(backbone, "float32"))
print("ready", flush=True)
sys.stdin.readline()
notes = []
vectors = encode_catalogue(encoder, TEXTS, sorted(Path(pictures).iterdir()), Path(cache), report=lambda *told: notes.append(told[2]))
assert not any(notes), notes
Path(out).write_bytes(vectors.tobytes())
"""


@pytest.mark.slow
def test_two_processes_on_one_cache_do_not_spoil_each_other(backbone, encoder, paths, tmp_path):
    both = [
        subprocess.Popen(
            [
                sys.executable,
                "-c",
                ONE_OF_TWO,
                backbone,
                str(paths[0].parent),
                str(tmp_path / "shared"),
                str(tmp_path / f"{number}.bin"),
            ],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for number in range(2)
    ]
    for process in both:
        assert process.stdout.readline() == b"ready\n"
    for process in both:  # both are loaded: now they start together
        process.stdin.write(b"\n")
        process.stdin.flush()
    assert [process.wait(120) for process in both] == [0, 0]
    first, second = ((tmp_path / f"{number}.bin").read_bytes() for number in range(2))
    assert first == second
    vectors = encode_catalogue(encoder, TEXTS, paths, tmp_path / "shared")
    assert vectors.tobytes() == first
    shards = list((tmp_path / "shared" / "vectors").glob("*/*.safetensors"))
    assert len(shards) == 3 and not list((tmp_path / "shared").rglob(".partial-*"))


def test_what_a_killed_process_left_half_written_is_cleared_after_a_day(tmp_path):
    folder = VectorCache(tmp_path, {}).folder
    folder.mkdir(parents=True)
    old, young = folder / ".partial-old", folder / ".partial-young"
    for path in (old, young):
        path.write_bytes(b"half")
    os.utime(old, (time.time() - LEFT_BEHIND - 60,) * 2)
    VectorCache(tmp_path, {})
    assert not old.exists() and young.exists()


def test_no_room_for_the_vectors_is_one_sentence_before_any_work(tmp_path, monkeypatch):
    class Full:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def write(self, _):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("molar.core.io.tempfile.TemporaryFile", lambda **_: Full())
    with pytest.raises(MolarError, match=r"has no room for 2.0 MB of vectors .No space left on device."):
        disk_array(tmp_path, (1000, 1000))


def test_a_picture_gone_after_encoding_is_noticed_when_the_vectors_are_read(
    backbone, tiny_folder, tmp_path, monkeypatch
):
    from molar.data.dataset import load_dataset

    monkeypatch.setenv("MOLAR_HOME", str(tmp_path / "home"))
    dataset = load_dataset(tiny_folder)

    def remove(done, total, note=""):
        (tiny_folder / "images" / "i03.png").unlink(missing_ok=True)

    out = encode_items(tiny_folder, tmp_path / "out", backbone=backbone, precision="float32", report=remove)
    Image.new("RGB", (8, 8), "red").save(tiny_folder / "images" / "i03.png")
    with pytest.raises(MolarError, match="other pictures"):
        load_vectors(out, dataset)


@pytest.mark.slow
def test_memory_does_not_grow_with_the_catalogue(tmp_path):
    """Besides the texts, an item costs its keys: its vector, pixels and features are on disk or gone."""
    pictures, peaks = [Image.new("RGB", (4, 4), (n, 0, 0)) for n in range(256)], {}
    encode_catalogue(StubEncoder(), ["warm up"], pictures[:1], tmp_path / "warm")
    for count in (400, 1600):
        texts = [f"item {n}" for n in range(count)]
        out = disk_array(tmp_path, (count, StubEncoder.dim))
        tracemalloc.start()
        encode_catalogue(
            StubEncoder(), texts, [pictures[n % 256] for n in range(count)], tmp_path / str(count), out=out
        )
        peaks[count] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert (peaks[1600] - peaks[400]) / 1200 < 1000, "bytes an item"
