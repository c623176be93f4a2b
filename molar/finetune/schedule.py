"""The schedule of fine-tuning, a plan over the one training loop: a cheap warm-up, then the tasks' batches in random order."""

import json
from collections.abc import Iterator
from itertools import chain

import numpy as np
import torch

from molar.core.hashing import content_key
from molar.encoder.fingerprint import decisive
from molar.finetune.config import FineTuneConfig
from molar.finetune.model import FineTuner
from molar.finetune.samples import PAIRS
from molar.finetune.tasks import Sample
from molar.training.loop import Plan, State, warm_up_and_cosine

MEASURED = 8  # times that the held-out losses are measured on the way
SAVE_EVERY_SECONDS = 90
POOL = 16  # batches whose samples are sorted by length together: little padding, still well mixed


class FineTuningPlan(Plan[list[Sample]]):
    """Trains what `finetuner.trained()` names; a unit of work is one step. The curve holds the held-out losses of each
    task by step, the first before training."""

    def __init__(self, finetuner: FineTuner, config: FineTuneConfig):
        self.finetuner, self.config = finetuner, config
        self.steps = plan_batches(finetuner.samples.training, config)
        self.trained = finetuner.trained()
        self.parameters, self.seconds_between_saves = list(self.trained.values()), SAVE_EVERY_SECONDS
        self._losses: dict[str, torch.Tensor] = {}  # of the last step

    def run_key(self) -> str:
        """By which an unfinished run is known again: settings, encoder and samples."""
        settings = json.dumps([self.config.to_dict(), decisive(self.finetuner.encoder.fingerprint)])
        return content_key(settings, *map(repr, chain.from_iterable(self.steps)))

    def start(self) -> State:
        """Fresh parts, drawn by the seed, and AdamW; LoRA has a peak of its own."""
        torch.manual_seed(self.config.seed)
        self.finetuner.start()
        kinds: dict[bool, list[torch.nn.Parameter]] = {False: [], True: []}
        for name, weight in self.trained.items():
            kinds[name.startswith("lora.")].append(weight)
        peaks = {False: self.config.lr, True: self.config.lora_lr}
        groups = [{"params": weights, "peak": peaks[lora]} for lora, weights in kinds.items() if weights]
        return State(dict(self.trained), torch.optim.AdamW(groups, weight_decay=0.01))

    def warm_up(self, state: State) -> None:
        """Put visual tokens among the words before the first pass of the language model; where a trained connector makes
        them, they are there."""
        adapter, training = self.finetuner.adapter, self.finetuner.samples.training
        alone = [sample for task in ("it", PAIRS) for sample in training.get(task, [])]
        if alone and not adapter.has_connector:
            projector = [*adapter.norm.parameters(), *adapter.inner.parameters(), *adapter.outer.parameters()]
            optimizer = torch.optim.AdamW(projector, lr=self.config.lr, weight_decay=0.01)
            generator = np.random.default_rng(self.config.seed)
            for _ in range(self.config.warm_up_steps):
                optimizer.zero_grad()
                some = generator.choice(len(alone), min(32, len(alone)), replace=False)
                self.finetuner.warm_up_loss([alone[number] for number in some]).backward()
                optimizer.step()
        state.curve.append({"step": 0} | self._held_out())

    def finished(self, state: State) -> bool:
        """After all steps."""
        return state.units == len(self.steps)

    def batches(self, state: State) -> Iterator[list[Sample]]:
        """The next step's alone."""
        yield self.steps[state.units]

    def lr_factor(self, state: State) -> float:
        """By the share of the steps that is done, a twentieth of them warm-up; zero at the end."""
        return warm_up_and_cosine(state.units, len(self.steps), max(1, len(self.steps) // 20), smallest=0)

    def loss(self, batch: list[Sample]) -> tuple[torch.Tensor, int]:
        """Of samples of one task."""
        self._losses = self.finetuner.loss(batch)
        return self.finetuner.total(self._losses), 1

    def measure(self, state: State) -> None:
        """The held-out losses, `MEASURED` times and at the end."""
        if state.units % max(1, len(self.steps) // MEASURED) == 0 or self.finished(state):
            state.curve.append({"step": state.units} | self._held_out())

    def progress(self, state: State) -> tuple[int, int, str]:
        """Steps, the last one's losses, and those of what is held out."""
        held_out = ((task, losses["answer"]) for task, losses in state.curve[-1].items() if task != "step")
        note = "held out " + ", ".join(f"{task} {loss:.3f}" for task, loss in held_out)
        if self._losses:
            told = ", ".join(f"{name} {loss.item():.3f}" for name, loss in self._losses.items())
            note = f"{self.steps[state.units - 1][0].task}: {told}; {note}"
        return state.units, len(self.steps), note

    def _held_out(self) -> dict:
        held_out = self.finetuner.samples.held_out
        losses = self.finetuner.held_out_loss
        return {task: losses(samples, self.config.batch) for task, samples in held_out.items() if samples}


def plan_batches(training: dict[str, list[Sample]], config: FineTuneConfig) -> list[list[Sample]]:
    """Batches for the whole run, each of one task and of similar lengths, in an order fixed by the seed."""
    batches = []
    for task, samples in training.items():
        size = max(1, config.batch // config.history) if task == "ub" else config.batch
        for start in range(0, len(samples), POOL * size):
            pool = sorted(samples[start : start + POOL * size], key=_length)
            batches += [pool[i : i + size] for i in range(0, len(pool), size)]
    return [batches[number] for number in np.random.default_rng(config.seed).permutation(len(batches))]


def _length(sample: Sample) -> int:
    return sum(len(item.text) for item in sample.items)
