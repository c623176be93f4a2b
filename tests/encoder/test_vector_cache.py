"""Vectors on disk: atomic, checksummed, shared."""

import json
from pathlib import Path

import numpy as np
import pytest

import molar.encoder.vector_cache
from molar.core.errors import MolarError
from molar.core.hashing import content_key
from molar.core.io import write_atomically
from molar.encoder.vector_cache import VectorCache


def test_what_was_put_is_there_for_the_next_process(tmp_path):
    arrays = np.arange(6, dtype=np.float16).reshape(2, 3)
    VectorCache(tmp_path, {"model": 1}).put(["a", "b"], arrays)
    again = VectorCache(tmp_path, {"model": 1})
    assert (again.find(["b"])["b"] == arrays[1]).all() and len(again) == 2


def test_another_fingerprint_sees_nothing(tmp_path):
    VectorCache(tmp_path, {"model": 1}).put(["a"], np.zeros((1, 3)))
    assert not VectorCache(tmp_path, {"model": 2}).find(["a"])


def test_a_damaged_shard_is_named_and_forgotten(tmp_path):
    cache = VectorCache(tmp_path, {})
    cache.put(["a"], np.ones((1, 3)))
    cache.put(["b"], np.ones((1, 3)))
    shard = cache.folder / f"{content_key('a')}.safetensors"
    data = bytearray(shard.read_bytes())
    data[-1] ^= 255
    shard.write_bytes(bytes(data))
    again = VectorCache(tmp_path, {})
    assert again.find(["a", "b"]).keys() == {"b"}
    assert len(again.damaged) == 1 and shard.name in again.damaged[0]


def test_a_truncated_shard_is_forgotten(tmp_path):
    cache = VectorCache(tmp_path, {})
    cache.put(["a"], np.ones((1, 3)))
    shard = cache.folder / f"{content_key('a')}.safetensors"
    shard.write_bytes(shard.read_bytes()[:20])
    again = VectorCache(tmp_path, {})
    assert not again.find(["a"]) and shard.name in again.damaged[0]


def test_a_shard_that_another_process_removed_is_not_known(tmp_path, monkeypatch):
    cache = VectorCache(tmp_path, {})
    cache.put(["a"], np.ones((1, 3)))
    shard = cache.folder / f"{content_key('a')}.safetensors"
    real = Path.glob

    def removed_while_listing(folder, pattern):
        listed = list(real(folder, pattern))
        shard.unlink(missing_ok=True)
        return iter(listed)

    monkeypatch.setattr(Path, "glob", removed_while_listing)
    late = VectorCache(tmp_path, {})
    assert len(late) == 0 and not late.damaged
    assert cache.find(["a"]) == {} and not cache.damaged


def test_a_shard_that_another_process_has_written_again_is_read_and_stays(tmp_path, monkeypatch):
    cache = VectorCache(tmp_path, {})
    cache.put(["a"], np.ones((1, 3)))
    shard = cache.folder / f"{content_key('a')}.safetensors"
    sound = shard.read_bytes()
    shard.write_bytes(sound[:-1] + bytes([sound[-1] ^ 255]))

    def read_then_rewritten(path):
        monkeypatch.undo()
        try:
            return molar.encoder.vector_cache.read_shard(path)
        finally:
            write_atomically(path, sound)

    monkeypatch.setattr("molar.encoder.vector_cache.read_shard", read_then_rewritten)
    again = VectorCache(tmp_path, {})
    assert (again.find(["a"])["a"] == 1).all() and not again.damaged and shard.read_bytes() == sound


def test_a_disk_that_refuses_is_said_in_a_sentence_and_loses_nothing(tmp_path, monkeypatch):
    cache = VectorCache(tmp_path, {})
    cache.put(["a"], np.ones((1, 3)))

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("molar.core.io.os.fsync", full)
    with pytest.raises(MolarError, match=r"No space left on device.*same command resumes"):
        cache.put(["b"], np.ones((1, 3)))
    monkeypatch.undo()
    again = VectorCache(tmp_path, {})
    assert again.find(["a", "b"]).keys() == {"a"}
    assert not list(again.folder.glob(".partial-*"))


def test_an_interrupted_write_leaves_the_old_content(tmp_path, monkeypatch):
    path = tmp_path / "file.json"
    write_atomically(path, b"old")
    monkeypatch.setattr("molar.core.io.os.replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old" and [p.name for p in tmp_path.iterdir()] == ["file.json"]


def test_the_fingerprint_stands_beside_the_shards(tmp_path):
    cache = VectorCache(tmp_path, {"precision": "nf4"})
    cache.put(["a"], np.ones((1, 3)))
    assert json.loads((cache.folder / "fingerprint.json").read_text()) == {"precision": "nf4"}


def test_keys_do_not_collide_across_part_borders():
    assert content_key("ab", "c") != content_key("a", "bc")
