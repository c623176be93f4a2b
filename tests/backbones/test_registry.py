"""Backbones by name: pinned, fetched only when asked, and refused in one sentence where that cannot be."""

import re

import pytest

from molar.backbones.hub import backbone_folder, backbone_sha256
from molar.backbones.registry import HUB, NAMES, hub_model
from molar.cli.main import main
from molar.cli.options import BACKBONES
from molar.core.errors import MolarError
from molar.core.hashing import sha256_of
from molar.encoder.item_encoder import EncoderConfig, ItemEncoder

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A model hub of one folder; `hub.asked` lists what was asked of it, and nothing is local before it was fetched."""
    from huggingface_hub.errors import LocalEntryNotFoundError

    asked = []

    def snapshot_download(repository, *, revision, allow_patterns, local_files_only):
        if local_files_only and not asked:
            raise LocalEntryNotFoundError("not here")
        if not local_files_only:
            asked.append((repository, revision, allow_patterns))
            (tmp_path / "config.json").write_text("{}")
            (tmp_path / "model.safetensors").write_bytes(b"weights")
        return str(tmp_path)

    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot_download)
    snapshot_download.asked, snapshot_download.folder = asked, tmp_path
    return snapshot_download


def test_every_name_is_pinned_to_a_commit():
    assert set(NAMES) == {"nano", "smolvlm-256m", "qwen2-vl-2b", "qwen2-vl-7b", "qwen2.5-vl-3b", "qwen3-vl-2b"}
    assert all(re.fullmatch("[0-9a-f]{40}", model.revision) for model in HUB.values())
    assert all(name in BACKBONES for name in NAMES)


def test_a_name_is_fetched_at_its_commit_without_code(hub):
    assert main(["fetch-backbone", "qwen2-vl-2b"]) == 0
    [(repository, revision, patterns)] = hub.asked
    assert (repository, revision) == (HUB["qwen2-vl-2b"].repository, HUB["qwen2-vl-2b"].revision)
    assert not any(pattern.endswith((".py", ".bin", "*")) for pattern in patterns)
    assert backbone_folder("qwen2-vl-2b") == hub.folder


def test_a_folder_for_a_hub_model_is_refused(hub, tmp_path, capsys):
    assert main(["fetch-backbone", "qwen2-vl-2b", "--folder", str(tmp_path)]) == 2
    assert "--folder is for nano alone" in capsys.readouterr().err and not hub.asked


def test_nothing_is_fetched_unasked(hub):
    with pytest.raises(MolarError, match="fetch-backbone qwen3-vl-2b"):
        backbone_folder("qwen3-vl-2b")
    assert not hub.asked


@pytest.mark.parametrize("index", ['{"weight_map": {"a": "model.safetensors", "b": "model-2.safetensors"}}', "{", "[]"])
def test_a_model_half_fetched_is_not_here(hub, index):
    assert main(["fetch-backbone", "qwen2-vl-7b"]) == 0
    (hub.folder / "model.safetensors.index.json").write_text(index)
    with pytest.raises(MolarError, match=r"is not here: run .*fetch-backbone qwen2-vl-7b"):
        backbone_folder("qwen2-vl-7b")
    if "model-2" in index:
        (hub.folder / "model-2.safetensors").write_bytes(b"weights")
        assert backbone_folder("qwen2-vl-7b") == hub.folder


def test_an_unreachable_hub_is_one_sentence(monkeypatch, capsys):
    def fail(*_, **__):
        raise OSError("no route to host")

    monkeypatch.setattr("huggingface_hub.snapshot_download", fail)
    assert main(["fetch-backbone", "smolvlm-256m"]) == 2
    assert "SmolVLM-256M-Instruct could not be fetched from the model hub (no route to host)" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["org/model@main", "org/model@", f"model@{COMMIT}"])
def test_an_unpinned_name_is_refused(name):
    with pytest.raises(MolarError, match="not pinned"):
        hub_model(name)


def test_any_model_of_the_hub_may_be_named_with_its_commit():
    assert hub_model(f"org/model@{COMMIT}").repository == "org/model"


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(MolarError, match=r"'qwen9'.*qwen2-vl-2b"):
        backbone_folder("qwen9")


def test_weights_in_several_files_have_one_hash(tmp_path):
    (tmp_path / "model-1.safetensors").write_bytes(b"one")
    assert backbone_sha256(tmp_path) == sha256_of(tmp_path / "model-1.safetensors")[:16]
    (tmp_path / "model-2.safetensors").write_bytes(b"two")
    both = backbone_sha256(tmp_path)
    (tmp_path / "model-2.safetensors").write_bytes(b"too")
    assert both != backbone_sha256(tmp_path)


def test_a_class_that_nobody_knows_is_refused(tmp_path):
    from transformers import BertConfig

    BertConfig().save_pretrained(tmp_path)
    with pytest.raises(MolarError, match="'bert' are not known; known are llava"):
        ItemEncoder.load(EncoderConfig(str(tmp_path), "float32"))


def test_pickled_weights_are_refused(tmp_path):
    from tiny_backbone import save_tiny_backbone

    save_tiny_backbone(tmp_path)
    (tmp_path / "model.safetensors").rename(tmp_path / "pytorch_model.bin")
    with pytest.raises(MolarError, match="safetensors"):
        ItemEncoder.load(EncoderConfig(str(tmp_path), "float32"))
