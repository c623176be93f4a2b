"""What fine-tuning of the encoder can be told: which tasks, how many samples, how they are learnt."""

from dataclasses import asdict, dataclass, field
from typing import TypedDict

from molar.core.errors import MolarError
from molar.encoder.lora import LoraSettings
from molar.finetune.model import FORMS
from molar.finetune.samples import PAIRS
from molar.finetune.tasks import TASKS

SOURCES = (*TASKS, PAIRS)


class Schedule(TypedDict):
    """What a schedule says of a `FineTuneConfig`."""

    counts: dict[str, int]
    batch: int
    held_out: int


# How many samples of each task, each shown once. Over nano, films and posters, one core needs .6 s for a sample of it, sa or
# pairs, 4.4 s for one of ub with four items, .26 s to see a picture: 45 minutes of two quiet cores. Two newer ones needed 18
# for all of it. The second schedule is the paper's.
SCHEDULES: dict[str, Schedule] = {
    "cpu": {"counts": {"it": 1000, "sa": 1000, "ub": 300, PAIRS: 800}, "batch": 8, "held_out": 24},
    "gpu": {"counts": dict.fromkeys(SOURCES, 10_000), "batch": 64, "held_out": 256},
}


@dataclass(frozen=True)
class FineTuneConfig:
    """The schedule.

    Attributes:
        counts: task → how many samples are shown, all tasks mixed evenly.
        form: of `molar.finetune.model.FORMS`.
        batch: items read a step, all for one task. history: items of a history at most, so of ub a step has fewer samples.
        held_out: samples of each task that the losses of the curve are measured on, at most.
        lr, lora_lr: peaks of projector, token and heads; and of LoRA.
        word_weight: of the word loss of the bottleneck. warm_up_steps: of the projector alone, where it makes the tokens.
    """

    counts: dict[str, int] = field(default_factory=lambda: dict(SCHEDULES["cpu"]["counts"]))
    form: str = FORMS[0]
    batch: int = 8
    history: int = 4
    held_out: int = 24
    lr: float = 5e-4
    lora_lr: float = 2e-4
    lora: LoraSettings = LoraSettings()
    word_weight: float = 1.0
    warm_up_steps: int = 400
    seed: int = 0

    def __post_init__(self) -> None:
        for task, count in self.counts.items():
            if task not in SOURCES:
                raise MolarError(f"There is no task {task!r}: known are {', '.join(SOURCES)}.")
            if count < 4:  # a quarter of the captioned pictures is held out at most
                raise MolarError(f"The count of {task} must be at least 4, not {count}; --tasks leaves tasks out.")
        if self.form not in FORMS:
            raise MolarError(f"There is no form {self.form!r}: known are {', '.join(FORMS)}.")
        least_of = {"batch": 1, "history": 1, "held_out": 1, "word_weight": 0, "warm_up_steps": 0, "seed": 0}
        for name, least in least_of.items():
            if not getattr(self, name) >= least:
                raise MolarError(f"{name} must be at least {least}, not {getattr(self, name)}.")
        for name in ("lr", "lora_lr"):
            if not getattr(self, name) > 0:
                raise MolarError(f"{name} must be above 0, not {getattr(self, name)}.")

    def to_dict(self) -> dict:
        """As config.json keeps it."""
        return asdict(self) | {"lora": self.lora.to_dict()}


def choose_counts(
    tasks: list[str] | None, counts: dict[str, int], schedule: str, *, dataset: bool, pairs: bool
) -> tuple[dict[str, int], set[str]]:
    """How many samples of each task, and which tasks were asked for by name.

    Args:
        tasks: those wanted of the dataset, None for all. counts: numbers that replace the schedule's.
        dataset, pairs: which sources there are.
    Raises `MolarError` for a task that is unknown, has no source, or is left out and counted all the same.
    """
    for task in (*(tasks or ()), *counts):
        if task not in SOURCES:
            raise MolarError(f"There is no task {task!r}: known are {', '.join(SOURCES)}.")
    there = [*((tasks if tasks is not None else TASKS) if dataset else ()), *([PAIRS] if pairs else ())]
    there = list(dict.fromkeys(there))
    if not there:
        raise MolarError("There is nothing to learn from: name a dataset folder, or captioned pictures with --pairs.")
    for task in (*(tasks or ()), *counts):
        if task not in there:
            why = "--tasks leaves it out" if dataset else "no dataset folder is named"
            why = "--pairs names none" if task == PAIRS else why
            raise MolarError(f"The task {task} has nothing to be drawn from: {why}.")
    chosen = SCHEDULES[schedule]["counts"] | counts
    return {task: chosen[task] for task in there}, {*(tasks or ()), *counts}
