"""The fixtures of all tests: the tiny world, see tests/support/tiny_world.py."""

import os
from pathlib import Path

# One thread a process, in processes that tests start, too: on models this small several threads mostly wait for each
# other. Read by PyTorch and numpy when they are imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pytest
from tiny_world import DIM, N_ITEMS, Tiny, write_tiny_folder

from molar.data.dataset import load_dataset
from molar.data.splits import leave_one_out


@pytest.fixture
def tiny_folder(tmp_path) -> Path:
    """A dataset folder that the test may change."""
    return write_tiny_folder(tmp_path / "tiny")


@pytest.fixture(scope="session")
def tiny(tmp_path_factory) -> Tiny:
    """`tiny.dataset` and `tiny.split`, shared by all tests."""
    dataset = load_dataset(write_tiny_folder(tmp_path_factory.mktemp("world") / "tiny"))
    return Tiny(dataset, leave_one_out(dataset))


@pytest.fixture(scope="session")
def tiny_vectors() -> np.ndarray:
    """(31, 16) float32 item vectors, row 0 zeros."""
    vectors = np.random.default_rng(1).normal(size=(N_ITEMS + 1, DIM)).astype(np.float32)
    vectors[0] = 0
    return vectors
