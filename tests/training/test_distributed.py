"""Several processes that train one model, as `accelerate launch` starts them, and one that trains it alone."""

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tiny_world import write_tiny_folder

from molar.cli.main import main
from molar.storage.checkpoint import read_meta
from molar.training.batches import epoch_batches
from molar.training.distributed import Distributed

SETTINGS = ["--epochs", "1", "--set", "dropout=0", "--set", "dim=16", "--set", "kind=full"]


@pytest.fixture
def batch(tiny):
    return next(epoch_batches(tiny.split, seed=0, epoch=1, batch_size=7, max_length=6))


def member(rank: int, size: int) -> Distributed:
    distributed = Distributed()
    distributed.rank, distributed.world_size = rank, size
    return distributed


def test_one_process_exchanges_nothing(batch):
    distributed, model = Distributed(), torch.nn.Linear(2, 1)
    model(torch.ones(1, 2)).backward()
    before = model.weight.grad.clone()
    distributed.average_gradients(list(model.parameters()), 5)
    assert distributed.is_main_process and distributed.shard(batch) is batch and torch.equal(model.weight.grad, before)
    assert distributed.from_main_process(lambda: 0.25) == 0.25


@pytest.mark.parametrize("size", [2, 3, 9])
def test_the_shards_are_the_batch(batch, size):
    """Also where there are more processes than windows."""
    shards = [member(rank, size).shard(batch) for rank in range(size)]
    assert sorted(np.concatenate([shard.users for shard in shards])) == sorted(batch.users)
    assert sum((shard.targets > 0).sum() for shard in shards) == (batch.targets > 0).sum()
    assert all(len(shard.items) == len(shard.prefixes) == len(shard.users) for shard in shards)


def test_only_the_main_process_reports_progress():
    def told(*_):
        raise AssertionError

    member(1, 2).report_of_main_process(told)(1, 2, "")
    with pytest.raises(AssertionError):
        member(0, 2).report_of_main_process(told)(1, 2, "")


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """What two processes on one tiny folder came to: (folder, the finished command)."""
    if not find_spec("accelerate"):
        pytest.skip("accelerate is not installed")
    folder = tmp_path_factory.mktemp("two")
    write_tiny_folder(folder / "tiny")
    launch = [
        sys.executable,
        "-m",
        "accelerate.commands.launch",
        "--multi_gpu",
        "--num_processes",
        "2",
        "--main_process_port",
        "0",
    ]
    command = [*launch, "-m", "molar", "train-id", folder / "tiny", "--checkpoint", folder / "together", *SETTINGS]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    root = Path(__file__).parents[2]
    done = subprocess.run(
        list(map(str, command)), cwd=root, env=environment, capture_output=True, text=True, timeout=300
    )
    return folder, done


@pytest.mark.slow
def test_two_processes_end_with_one_checkpoint(two):
    folder, done = two
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [str(folder / "together" / "sasrec")], "told once"
    assert len(re.findall("best at epoch 1 of 1: validation NDCG@10", done.stderr)) == 1
    assert sorted(path.name for path in (folder / "together" / "sasrec").iterdir()) == [
        "config.json",
        "model.safetensors",
    ]


@pytest.mark.slow
def test_two_processes_come_to_what_one_comes_to(two):
    folder, _ = two
    given = ["train-id", str(folder / "tiny"), "--checkpoint", str(folder / "alone"), *SETTINGS]
    assert main(given) == 0
    together, alone = (load_file(folder / name / "sasrec" / "model.safetensors") for name in ("together", "alone"))
    for name, weight in alone.items():
        assert torch.isfinite(together[name]).all()
        if name.endswith("key_value.bias"):
            continue  # a key's bias changes no attention: its gradient is rounding alone, which Adam blows up
        torch.testing.assert_close(
            together[name].float(), weight.float(), rtol=1e-3, atol=1e-4, msg=name
        )  # stored in half
    curves = [read_meta(folder / name / "sasrec")["curve"][0]["ndcg@10"] for name in ("together", "alone")]
    assert curves[0] == pytest.approx(curves[1], abs=1e-4)
