"""The training of a recommender: epochs of batches, each followed by a look at validation; the best epoch is kept."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import nn

from molar.data.splits import Split
from molar.evaluation.metrics import ndcg
from molar.evaluation.ranking import ModelScorer, evaluate_ranks
from molar.models.content import ContentUserEncoder
from molar.models.id_model import IDModel
from molar.models.sequences import Batch
from molar.training.batches import epoch_batches, training_targets
from molar.training.config import TrainingConfig
from molar.training.distributed import Distributed
from molar.training.joint import JointModels
from molar.training.loop import SMALLEST_LR, Plan, State, warm_up_and_cosine

VALIDATION_USERS = 10_000  # at most so many, evenly spread, decide which epoch is best

Recommender = IDModel | ContentUserEncoder | JointModels
# loss(model, batch, rng, share of all epochs done) -> the scalar to minimise, and its parts by name for the learning curve
Loss = Callable[[Any, Batch, np.random.Generator, float], tuple[torch.Tensor, dict[str, float]]]


class EpochPlan(Plan[Batch]):
    """Trains `model` by `loss` on the training prefixes of a split. Progress counts items predicted.

    The model goes to the GPU where there is one. Batches and dropout follow from `seed` and the epoch's number."""

    def __init__(
        self, model: Recommender, loss: Loss, split: Split, config: TrainingConfig, *, max_length: int, seed: int
    ):
        self.distributed = Distributed()
        self.model, self.config, self.split = model.to(self.distributed.device), config, split
        self.max_length, self.seed, self.clip = max_length, seed, config.clip
        self.parameters = [p for p in model.parameters() if p.requires_grad]
        self.total = training_targets(split)  # items that an epoch predicts
        self.done, self._before = 0, 0  # of them in this epoch; epochs before it
        self._loss, self._sums = loss, dict[str, float]()

    def start(self) -> State:
        """Weights as they are, and AdamW."""
        groups = parameter_groups(self.model, self.config)
        return State(
            self.model.state_dict(), torch.optim.AdamW(groups, lr=self.config.lr, betas=(0.9, 0.98), fused=True)
        )

    def finished(self, state: State) -> bool:
        """After all epochs, or `patience` of them without a better one."""
        stale = state.units - best_epoch(state.curve)["epoch"] if state.curve else 0
        return state.units >= self.config.epochs or stale >= self.config.patience

    def batches(self, state: State) -> Iterator[Batch]:
        """Those of one pass over the training prefixes."""
        epoch = state.units + 1
        torch.manual_seed(self.seed * 1_000_003 + epoch + self.distributed.rank * 7_919)
        self.rng = np.random.default_rng([self.seed, epoch, 1])
        self.done, self._sums, self._began = 0, {}, time.perf_counter()
        self._before = state.units
        self.model.train()
        batch_size = self.config.batch_size
        for batch in epoch_batches(
            self.split, seed=self.seed, epoch=epoch, batch_size=batch_size, max_length=self.max_length
        ):
            yield batch
            self.done += _predicted(batch)

    def lr_factor(self, state: State) -> float:
        """By the share of all epochs that is done."""
        return warm_up_and_cosine(self._share_done(), 1, self.config.warm_up, SMALLEST_LR)

    def _share_done(self) -> float:
        return (self._before + self.done / self.total) / self.config.epochs

    def loss(self, batch: Batch) -> tuple[torch.Tensor | None, int]:
        """Of this process's shard of the batch; it weighs as many as it predicts."""
        batch = self.distributed.shard(batch)
        predicted = _predicted(batch)
        if not predicted:
            return None, 0
        bfloat16 = self.config.precision == "bfloat16"
        with torch.autocast(self.distributed.device.type, torch.bfloat16, enabled=bfloat16):
            value, parts = self._loss(self.model, batch, self.rng, self._share_done())
        for name, part in parts.items():
            self._sums[name] = self._sums.get(name, 0.0) + part * predicted
        return value, predicted

    def measure(self, state: State) -> None:
        """An entry with epoch, validation NDCG@10, the parts of the loss, and seconds without validation."""
        seconds = round(time.perf_counter() - self._began, 2)
        losses = {
            name: round(value * self.distributed.world_size / self.total, 5) for name, value in self._sums.items()
        }
        reached = self.distributed.from_main_process(lambda: validation_ndcg(self.model, self.split))
        state.curve.append({"epoch": state.units, "ndcg@10": reached, **losses, "seconds": seconds})
        self.done = 0
        if best_epoch(state.curve) is state.curve[-1]:
            state.keep_best()

    def progress(self, state: State) -> tuple[int, int, str]:
        """Items predicted, and what validation has said last."""
        note = "first epoch"
        if state.curve:
            note = f"after epoch {state.units}: validation NDCG@10 {state.curve[-1]['ndcg@10']:.4f}"
        return state.units * self.total + self.done, self.config.epochs * self.total, note


def best_epoch(curve: list[dict]) -> dict:
    """The curve's entry with the best validation NDCG@10, the first of equals."""
    return max(curve, key=lambda entry: entry["ndcg@10"])


def validation_ndcg(model: Recommender, split: Split) -> float:
    """NDCG@10 over validation targets, full ranking; leaves dropout off."""
    model.eval()
    users = split.evaluation_users("validation")
    users = users[:: -(-len(users) // VALIDATION_USERS) or 1]
    ranks = evaluate_ranks(ModelScorer("validation", model, split), split, "validation", users)
    return float(ndcg(ranks, 10).mean()) if len(ranks) else 0.0


def parameter_groups(model: nn.Module, config: TrainingConfig) -> list[dict]:
    """Weight decay for matrices alone: norms, biases and scales are left free. A parameter may have an `lr_multiplier`, its
    share of the learning rate; frozen ones are left out."""
    kinds: dict[tuple[float, bool], list[nn.Parameter]] = {}
    for p in model.parameters():
        if p.requires_grad:
            kinds.setdefault((getattr(p, "lr_multiplier", 1.0), p.ndim <= 1), []).append(p)
    return [
        {
            "params": kinds[multiplier, free],
            "peak": config.lr,
            "lr_multiplier": multiplier,
            "weight_decay": 0.0 if free else config.weight_decay,
        }
        for multiplier, free in sorted(kinds, key=lambda kind: (-kind[0], kind[1]))
    ]


def _predicted(batch: Batch) -> int:
    return int((batch.targets > 0).sum())
