"""Held-out losses of fine-tuned encoders, put side by side and shown."""

import json

import pytest

from molar.core.errors import MolarError
from molar.experiments.results import read_entries
from molar.reporting.encoder import fine_tuning
from molar.reporting.markdown import table_lines
from scripts.stage1_losses import LIST, collect


def tuned(folder, *, data_hash="d" * 16, tasks=("it", "ub"), first=5.0):
    """A folder as tune-encoder leaves it, with nine points of a curve that falls by .1 a point."""
    folder.mkdir(parents=True)
    (folder / "adapter.safetensors").write_bytes(folder.name.encode())
    curve = [
        {"step": 10 * point} | {task: {"answer": round(first - point / 10, 4)} for task in tasks} for point in range(9)
    ]
    about = {
        "backbone": {"backbone_sha256": "b" * 16},
        "config": {"form": "bottleneck", "seed": 0},
        "lora": None,
        "command": "tune it",
        "samples": {task: [300, 16] for task in tasks},
        "dataset": "shop",
        "data_hash": data_hash,
        "split_hash": "s",
        "curve": curve,
    }
    (folder / "config.json").write_text(json.dumps(about))
    return folder


def test_each_task_has_a_row_from_start_to_end(tmp_path):
    collect(
        [tuned(tmp_path / "full"), tuned(tmp_path / "without-it", tasks=("ub",), first=6.0)], tmp_path / "stage-1.json"
    )
    (section,) = fine_tuning(read_entries(tmp_path / "stage-1.json", LIST))
    lines = table_lines(section.table)
    assert "| full | it | 300 | 5.00 | 4.80 | 4.60 | 4.40 | 4.20 |" in lines
    assert [line for line in lines if line.startswith("| without-it |")] == [
        "| without-it | ub | 300 | 6.00 | 5.80 | 5.60 | 5.40 | 5.20 |"
    ]


def test_an_encoder_replaces_the_one_of_its_name_and_leaves_the_others(tmp_path):
    out = tmp_path / "stage-1.json"
    collect([tuned(tmp_path / "one" / "full"), tuned(tmp_path / "one" / "without-it")], out)
    collect([tuned(tmp_path / "two" / "full", data_hash="e" * 16)], out)
    assert [(one["name"], one["data_hash"][0]) for one in read_entries(out, LIST)] == [
        ("full", "e"),
        ("without-it", "d"),
    ]
    assert len({one["weights_sha256"] for one in read_entries(out, LIST)}) == 2


def test_an_encoder_of_captioned_pictures_alone_has_no_such_losses(tmp_path):
    folder = tuned(tmp_path / "full")
    about = json.loads((folder / "config.json").read_text())
    del about["dataset"]
    (folder / "config.json").write_text(json.dumps(about))
    with pytest.raises(MolarError, match="was tuned on no dataset"):
        collect([folder], tmp_path / "stage-1.json")
