"""The training loop of both towers: epochs, validation, the best epoch kept, and a state that survives a kill."""

import copy
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from math import cos, pi
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import nn

from molar.core.errors import MolarError
from molar.core.io import write_atomically
from molar.core.progress import Report
from molar.data.splits import Split
from molar.evaluation.metrics import ndcg
from molar.evaluation.ranking import ModelScorer, evaluate_ranks
from molar.models.sequences import Batch
from molar.training.batches import epoch_batches, training_targets
from molar.training.distributed import Distributed

STATE = "training.safetensors"  # exists while a training is unfinished
VALIDATION_USERS = 10_000  # at most so many, evenly spread, decide which epoch is best
SMALLEST_LR = 0.01  # the rate's share at the start of the warm-up and at the end (the paper's 1/100)
PRECISIONS = ("float32", "bfloat16")

# loss(model, batch, rng) -> the scalar to minimise, and its parts by name for the learning curve
Loss = Callable[[nn.Module, Batch, np.random.Generator], tuple[torch.Tensor, dict[str, float]]]


@dataclass(frozen=True)
class TrainingConfig:
    """How a tower is trained: AdamW, warm-up and cosine, gradients clipped, the best validation epoch kept."""

    epochs: int
    batch_size: int
    lr: float
    weight_decay: float
    patience: int  # stop after so many epochs without a better validation NDCG@10
    warm_up: float = 0.05  # share of all steps
    clip: float = 1.0
    precision: str = "float32"  # of the matrix products in training: "bfloat16" is autocast; ranking is in float32

    def __post_init__(self):
        if self.precision not in PRECISIONS:
            raise MolarError(f"precision must be {' or '.join(PRECISIONS)}, not {self.precision!r}.")
        for name in ("epochs", "batch_size", "lr", "patience", "clip"):
            if getattr(self, name) <= 0:
                raise MolarError(f"{name} must be above 0, not {getattr(self, name)}.")
        if self.weight_decay < 0 or not 0 <= self.warm_up < 1:
            raise MolarError(
                f"weight_decay must be at least 0 and warm_up in [0, 1), not {self.weight_decay} and {self.warm_up}."
            )

    def rate(self, done: float) -> float:
        """The learning rate when a share `done` in [0, 1) of all steps is done."""
        if done < self.warm_up:
            return self.lr * (SMALLEST_LR + (1 - SMALLEST_LR) * done / self.warm_up)
        wave = (1 + cos(pi * (done - self.warm_up) / (1 - self.warm_up))) / 2
        return self.lr * (SMALLEST_LR + (1 - SMALLEST_LR) * wave)


@dataclass
class State:
    """All that the next epoch depends on. Batches and dropout follow from the seed and the epoch's number."""

    model: nn.Module
    optimizer: torch.optim.Optimizer
    best: dict[str, torch.Tensor]  # weights of the best epoch
    curve: list[dict]  # one entry an epoch: epoch, ndcg@10, the parts of the loss

    def best_entry(self) -> dict | None:
        """The curve's entry with the best validation NDCG@10; None before the first epoch."""
        return max(self.curve, key=lambda entry: entry["ndcg@10"], default=None)  # the first of equals


def fit(
    model: nn.Module,
    loss: Loss,
    split: Split,
    recipe: TrainingConfig,
    *,
    seed: int,
    run: str,
    out: Path | None,
    report: Report,
) -> list[dict]:
    """Train `model` in place and leave it with the weights of its best validation epoch; return the learning curve.

    With `out`, the state is saved after each epoch; a state there of the same `run` is taken up, and the result is
    the one that an undisturbed training gives. `report` counts items predicted; it may raise Cancelled. On a GPU where
    there is one; several processes started by `accelerate launch` share every batch."""
    crew = Distributed()
    model.to(crew.device)
    state = State(model, _adamw(model, recipe), {}, [])
    path = out / STATE if out else None
    if path:
        load_state(path, state, run)
    with torch.random.fork_rng():
        while not _finished(state, recipe):
            _train_epoch(state, loss, split, recipe, seed, crew, crew.report(report))
            if state.best_entry() is state.curve[-1]:
                state.best = copy.deepcopy(model.state_dict())
            if path and crew.first:
                save_state(path, state, run)
    model.load_state_dict(state.best)
    model.cpu()
    crew.wait()
    return state.curve


def _finished(state: State, recipe: TrainingConfig) -> bool:
    epochs = len(state.curve)
    return epochs >= recipe.epochs or (epochs > 0 and epochs - state.best_entry()["epoch"] >= recipe.patience)


def _train_epoch(
    state: State, loss: Loss, split: Split, recipe: TrainingConfig, seed: int, crew: Distributed, report: Report
) -> None:
    """One pass over the training prefixes and one look at validation, entered in the curve."""
    model, epoch, began = state.model, len(state.curve) + 1, time.perf_counter()
    torch.manual_seed(seed * 1_000_003 + epoch + crew.rank * 7_919)
    rng = np.random.default_rng([seed, epoch, 1])
    total, done, sums = training_targets(split), 0, {}
    note = _note(state)
    model.train()
    batches = epoch_batches(
        split, seed=seed, epoch=epoch, batch_size=recipe.batch_size, max_length=model.config.max_length
    )
    for batch in batches:
        report((epoch - 1) * total + done, recipe.epochs * total, note)
        for group in state.optimizer.param_groups:
            group["lr"] = group["share"] * recipe.rate((epoch - 1 + done / total) / recipe.epochs)
        for name, part in _step(state, loss, crew.share(batch), recipe, rng, crew).items():
            sums[name] = sums.get(name, 0.0) + part
        done += int((batch.targets > 0).sum())
    losses = {name: round(value * crew.size / total, 5) for name, value in sums.items()}
    seconds = round(time.perf_counter() - began, 2)
    reached = crew.from_first(lambda: validation_ndcg(model, split))
    state.curve.append({"epoch": epoch, "ndcg@10": reached, **losses, "seconds": seconds})
    report(epoch * total, recipe.epochs * total, _note(state))


def _step(
    state: State, loss: Loss, batch: Batch, recipe: TrainingConfig, rng: np.random.Generator, crew: Distributed
) -> dict[str, float]:
    """One step of the optimizer; the parts of the loss, each summed over the positions of this process."""
    predicted, parts = int((batch.targets > 0).sum()), {}
    state.optimizer.zero_grad(set_to_none=True)
    if predicted:
        with torch.autocast(crew.device.type, torch.bfloat16, enabled=recipe.precision == "bfloat16"):
            value, parts = loss(state.model, batch, rng)
        value.backward()
    crew.average(state.model, predicted)
    nn.utils.clip_grad_norm_(state.model.parameters(), recipe.clip)
    state.optimizer.step()
    return {name: part * predicted for name, part in parts.items()}


def _note(state: State) -> str:
    if not state.curve:
        return "first epoch"
    return f"after epoch {len(state.curve)}: validation NDCG@10 {state.curve[-1]['ndcg@10']:.4f}"


def validation_ndcg(model: nn.Module, split: Split) -> float:
    """NDCG@10 over validation targets, full ranking; leaves dropout off."""
    model.eval()
    users = split.evaluation_users("validation")
    users = users[:: -(-len(users) // VALIDATION_USERS) or 1]
    ranks = evaluate_ranks(ModelScorer("validation", model, split), split, "validation", users)
    return float(ndcg(ranks, 10).mean()) if len(ranks) else 0.0


def _adamw(model: nn.Module, recipe: TrainingConfig) -> torch.optim.AdamW:
    """Weight decay for matrices alone: norms, biases and scales are left free. A parameter may have a `lr_multiplier`, its
    share of the learning rate; frozen ones are left out."""
    kinds = {}
    for p in model.parameters():
        if p.requires_grad:
            kinds.setdefault((getattr(p, "lr_multiplier", 1.0), p.ndim <= 1), []).append(p)
    groups = [
        {"params": kinds[share, free], "share": share, "weight_decay": 0.0 if free else recipe.weight_decay}
        for share, free in sorted(kinds, key=lambda kind: (-kind[0], kind[1]))
    ]
    return torch.optim.AdamW(groups, lr=recipe.lr, betas=(0.9, 0.98), fused=True)


def save_state(path: Path, state: State, run: str) -> None:
    """Write the state to `path`, whole or not at all. Raises MolarError when the disk is full or not writable."""
    tensors = {f"model.{name}": tensor for name, tensor in state.model.state_dict().items()}
    tensors |= {f"best.{name}": tensor for name, tensor in state.best.items()}
    for number, moments in state.optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{number}.{name}": tensor for name, tensor in moments.items()}
    tensors = {name: tensor.cpu().contiguous() for name, tensor in tensors.items()}
    write_atomically(path, save(tensors, {"run": run, "curve": json.dumps(state.curve)}))


def load_state(path: Path, state: State, run: str) -> bool:
    """Take up the state at `path` if it is one of this `run`; a state of other settings or data is passed over."""
    try:
        with safe_open(path, "pt") as file:
            saved = file.metadata() or {}
            if saved.get("run") != run:
                return False
            tensors = {name: file.get_tensor(name) for name in file.keys()}
    except (OSError, SafetensorError):
        return False
    groups = state.optimizer.state_dict()
    groups["state"] = {}
    for name, tensor in tensors.items():
        kind, rest = name.split(".", 1)
        if kind == "optimizer":
            number, moment = rest.split(".")
            groups["state"].setdefault(int(number), {})[moment] = tensor
    state.optimizer.load_state_dict(groups)
    state.model.load_state_dict(_part(tensors, "model."))
    state.best = _part(tensors, "best.")
    state.curve = json.loads(saved["curve"])
    return True


def _part(tensors: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
