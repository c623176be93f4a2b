"""The processes that train one model together, as `accelerate launch` starts them. One process alone needs none of it."""

import dataclasses
import os
from collections.abc import Callable, Sequence

import torch
from torch import nn

from molar.core.progress import Report, silent
from molar.models.sequences import Batch


class Distributed:
    """Data parallel training: each process works on its shard of every batch, and gradients are averaged, so that all
    hold the same weights.

    Accelerate names the process by RANK and WORLD_SIZE; without them there is one process, which exchanges nothing.
    """

    def __init__(self) -> None:
        self.world_size, self.rank = int(os.environ.get("WORLD_SIZE", 1)), int(os.environ.get("RANK", 0))
        cuda = torch.cuda.is_available()
        self.device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0))) if cuda else torch.device("cpu")
        if self.world_size > 1:
            from accelerate import PartialState

            self._state = PartialState(cpu=not cuda)
            self.device = self._state.device

    @property
    def is_main_process(self) -> bool:
        """Whether this process is the one that writes files and reports progress."""
        return self.rank == 0

    def report_of_main_process(self, report: Report) -> Report:
        """`report` in the main process, silence in the others."""
        return report if self.is_main_process else silent

    def shard(self, batch: Batch) -> Batch:
        """This process's windows of a batch; where there are fewer windows than processes, some have none."""
        if self.world_size == 1:
            return batch
        return Batch(**{name: value[self.rank :: self.world_size] for name, value in dataclasses.asdict(batch).items()})

    def average_gradients(self, parameters: Sequence[nn.Parameter], weight: int) -> None:
        """Replace all gradients by their mean over the processes, each weighed by the positions that it predicted."""
        if self.world_size == 1:
            return
        from accelerate.utils import reduce

        parts = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
        flat = torch.cat([part.flatten() for part in parts]) * weight
        flat = reduce(torch.cat([flat, flat.new_tensor([float(weight)])]), "sum")
        for p, mean in zip(parameters, (flat[:-1] / flat[-1]).split([p.numel() for p in parameters]), strict=True):
            p.grad = mean.view_as(p)

    def from_main_process(self, work: Callable[[], float]) -> float:
        """What `work()` gives in the main process, sent to all: each GPU might round it otherwise, and stop elsewhere."""
        if self.world_size == 1:
            return work()
        from accelerate.utils import broadcast

        value = torch.zeros(1, dtype=torch.float64, device=self.device)
        if self.is_main_process:
            value += work()
        return broadcast(value).item()

    def wait_for_everyone(self) -> None:
        """Until every process is here."""
        if self.world_size > 1:
            self._state.wait_for_everyone()
