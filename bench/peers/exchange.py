"""What the runs of `bench.id_peers` share in a folder: histories, settings. Needs numpy alone: some have no more."""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Settings:
    """One SASRec for everybody: softmax cross-entropy over all items, and these sizes."""

    dim: int = 64
    blocks: int = 2
    heads: int = 2
    max_length: int = 50
    dropout: float = 0.2
    lr: float = 1e-3
    batch: int = 128  # windows of up to `max_length` targets a step
    prefix_batch: int = 128  # RecBole, whose training sample is one prefix with one target
    seed: int = 0
    threads: int = 2


@dataclass(frozen=True, eq=False)
class Histories:
    """All histories in time order, numbered as the dataset numbers them; the last two items of each are targets."""

    sequence: np.ndarray  # (n_interactions,) int32 item numbers 1 … n_items, users concatenated
    offsets: np.ndarray  # (n_users + 1,) int64: history of user u = sequence[offsets[u]:offsets[u + 1]]
    n_items: int

    @property
    def n_users(self) -> int:
        """How many users there are."""
        return len(self.offsets) - 1

    def whole(self, user: int) -> np.ndarray:
        """All items of a user, validation and test target included."""
        return self.sequence[self.offsets[user] : self.offsets[user + 1]]

    def train(self, user: int) -> np.ndarray:
        """What a model may learn from, which is also what it knows when it predicts the validation target."""
        return self.whole(user)[:-2]

    def targets(self) -> np.ndarray:
        """(n_users,) the validation target of each user."""
        return self.sequence[self.offsets[1:] - 2].astype(np.int64)

    def train_table(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """User, item and place in the history of each training purchase, three columns of one length."""
        lengths = np.diff(self.offsets)
        users = np.repeat(np.arange(self.n_users), lengths)
        places = np.arange(len(self.sequence)) - np.repeat(self.offsets[:-1], lengths)
        kept = places < lengths[users] - 2
        return users[kept], self.sequence[kept], places[kept]


def write_exchange(folder: Path, histories: Histories, settings: Settings) -> None:
    """Write both into `folder`."""
    arrays = {"sequence": histories.sequence, "offsets": histories.offsets, "n_items": histories.n_items}
    np.savez(folder / "histories.npz", **arrays)
    (folder / "settings.json").write_text(json.dumps(dataclasses.asdict(settings)), encoding="utf-8")


def read_exchange(folder: Path) -> tuple[Histories, Settings]:
    """What `write_exchange` wrote."""
    with np.load(folder / "histories.npz", allow_pickle=False) as held:
        histories = Histories(held["sequence"], held["offsets"], int(held["n_items"]))
    return histories, Settings(**json.loads((folder / "settings.json").read_text(encoding="utf-8")))
