"""The one training loop: optimizer steps, a learning curve, the best weights kept, and a state that survives a kill.

What is trained, and on what, is a `Plan`: `molar.training.epochs` of the recommenders, `molar.finetune.schedule` of the item
encoder.
"""

import json
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import cos, pi
from pathlib import Path
from typing import Generic, TypeVar

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import nn

from molar.core.errors import Cancelled
from molar.core.io import write_atomically
from molar.core.progress import Report
from molar.training.distributed import Distributed

STATE = "training.safetensors"  # exists while a training is unfinished
SMALLEST_LR = 0.01  # of the peak, where the warm-up begins (the paper's 1/100)

B = TypeVar("B")  # a batch


@dataclass
class State:
    """All that the next unit of work depends on; what is random in it follows from the seed and the unit's number."""

    weights: dict[str, torch.Tensor]  # all that training changes, by name: the tensors themselves
    optimizer: torch.optim.Optimizer
    units: int = 0  # done so far
    curve: list[dict] = field(default_factory=list)
    best: dict[str, torch.Tensor] = field(default_factory=dict)  # the weights to end with; {}: the last ones

    def keep_best(self) -> None:
        """Training ends with the weights as they are now, unless better ones come."""
        self.best = {name: tensor.detach().clone() for name, tensor in self.weights.items()}


class Plan(ABC, Generic[B]):
    """What is trained and on what, in units of work. A unit is resumed as a whole, so it is an epoch or a single step.

    Attributes:
        parameters: those that are trained, in the order in which their gradients' norm is taken.
        clip: the largest norm of all gradients together.
        seconds_between_saves: the state is saved after the first unit that ends so much later than the last save.
    """

    parameters: list[nn.Parameter]
    clip: float = 1.0
    seconds_between_saves: float = 0.0

    @abstractmethod
    def start(self) -> State:
        """The state before the first unit: `weights`, and an `optimizer` whose groups have a `peak` of the learning rate
        and may have an `lr_multiplier`."""

    def warm_up(self, state: State) -> None:
        """What comes once, before the first unit."""

    @abstractmethod
    def finished(self, state: State) -> bool:
        """Whether no unit is left."""

    @abstractmethod
    def batches(self, state: State) -> Iterator[B]:
        """The batches of the next unit, one a step."""

    @abstractmethod
    def lr_factor(self, state: State) -> float:
        """The share of its peak that the learning rate has in the next step."""

    @abstractmethod
    def loss(self, batch: B) -> tuple[torch.Tensor | None, int]:
        """What the step minimises, and the batch's weight among those of other processes; None, 0 where it is empty."""

    @abstractmethod
    def measure(self, state: State) -> None:
        """After each unit: enter what there is to tell in the curve, and keep the best weights."""

    @abstractmethod
    def progress(self, state: State) -> tuple[int, int, str]:
        """What the progress report says: how much is done, of how much, and a note."""


def fit(plan: Plan, *, run: str, path: Path | None, report: Report) -> list[dict]:
    """Train in place, end with the best weights, return the learning curve.

    With a `path`, the state is saved there; one of the same `run` is taken up, and the result is the one that an
    undisturbed training gives. Whoever saves the result removes it. `report` may raise Cancelled, which is passed on; what
    was done is then saved as far as it can be resumed. Several processes started by `accelerate launch` share every batch.
    """
    distributed = Distributed()
    report = distributed.report_of_main_process(report)
    path_written = path if distributed.is_main_process else None
    state = plan.start()
    if path is None or not load_state(path, state, run):
        plan.warm_up(state)
    saved, within_unit = time.monotonic(), False
    try:
        with torch.random.fork_rng():
            while not plan.finished(state):
                for batch in plan.batches(state):
                    report(*plan.progress(state))
                    within_unit = True
                    _step(plan, state, batch, distributed)
                state.units += 1
                plan.measure(state)
                within_unit = False
                if path_written and time.monotonic() - saved >= plan.seconds_between_saves:
                    save_state(path_written, state, run)
                    saved = time.monotonic()
            report(*plan.progress(state))
    except Cancelled:
        if path_written and state.curve and not within_unit:  # before the first entry there is nothing to lose
            save_state(path_written, state, run)
        raise
    _copy_into(state.weights, state.best)
    return state.curve


def _step(plan: Plan[B], state: State, batch: B, distributed: Distributed) -> None:
    factor = plan.lr_factor(state)
    for group in state.optimizer.param_groups:
        group["lr"] = group.get("lr_multiplier", 1.0) * (group["peak"] * factor)
    state.optimizer.zero_grad(set_to_none=True)
    loss, weight = plan.loss(batch)
    if loss is not None:
        loss.backward()
    distributed.average_gradients(plan.parameters, weight)
    nn.utils.clip_grad_norm_(plan.parameters, plan.clip)
    state.optimizer.step()


def warm_up_and_cosine(done: float, total: float, warm_up: float, smallest: float) -> float:
    """The share of its peak that the learning rate has (paper §4): from 1/100 up to one while `done` is below `warm_up`,
    then half a cosine down to `smallest` at `total`."""
    if done < warm_up:
        return SMALLEST_LR + (1 - SMALLEST_LR) * done / warm_up
    wave = (1 + cos(pi * (done - warm_up) / (total - warm_up))) / 2
    return smallest + (1 - smallest) * wave


def save_state(path: Path, state: State, run: str) -> None:
    """Write the state to `path`, whole or not at all. Raises MolarError when the disk is full or not writable."""
    tensors = {f"weights.{name}": tensor.detach() for name, tensor in state.weights.items()}
    tensors |= {f"best.{name}": tensor for name, tensor in state.best.items()}
    for number, moments in state.optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{number}.{name}": tensor for name, tensor in moments.items()}
    tensors = {name: tensor.cpu().contiguous() for name, tensor in tensors.items()}
    done = {"run": run, "units": str(state.units), "curve": json.dumps(state.curve)}
    write_atomically(path, save(tensors, done))


def load_state(path: Path, state: State, run: str) -> bool:
    """Take up the state at `path` if it is one of this `run`; one of other settings, data or shape is passed over."""
    try:
        with safe_open(path, "pt") as file:
            saved = file.metadata() or {}
            if saved.get("run") != run or "units" not in saved:
                return False
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no dict
    except (OSError, SafetensorError):
        return False
    optimizer = state.optimizer.state_dict()
    optimizer["state"] = {}
    for name, tensor in _part(tensors, "optimizer.").items():
        number, moment = name.split(".")
        optimizer["state"].setdefault(int(number), {})[moment] = tensor
    state.optimizer.load_state_dict(optimizer)
    _copy_into(state.weights, _part(tensors, "weights."))
    state.best = _part(tensors, "best.")
    state.units, state.curve = int(saved["units"]), json.loads(saved["curve"])
    return True


def _part(tensors: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


@torch.no_grad()
def _copy_into(weights: dict[str, torch.Tensor], values: dict[str, torch.Tensor]) -> None:
    for name, value in values.items():
        weights[name].copy_(value)
