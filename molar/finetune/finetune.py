"""Stage 1 (paper §3.3): teach the item encoder to see and to read, by writing about items from their vectors.

Three tasks of a dataset (`molar.finetune.tasks`) and, beside them, captioned pictures of another source, which may name what
no shop's text does; two forms of the loss (`molar.finetune.model`). Trained are the projector, `[Cur_Item]` and low-rank
adapters of the language model; all else stays as it came.
"""

from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch

from molar.core.errors import MolarError
from molar.core.progress import Report, silent
from molar.data.splits import Split
from molar.encoder.item_encoder import EncoderConfig, ItemEncoder
from molar.encoder.lora import LoraSettings, add_lora, save_lora
from molar.finetune.model import FORMS, FineTuner
from molar.finetune.samples import PAIRS, draw_samples
from molar.finetune.schedule import run_schedule
from molar.finetune.tasks import TASKS, Tasks

SOURCES = (*TASKS, PAIRS)
# How many samples of each task, each shown once. Over nano, films and posters, one core needs .6 s for a sample of it, sa or
# pairs, 4.4 s for one of ub with four items, .26 s to see a picture: 45 minutes of two quiet cores. Two newer ones needed 18
# for all of it. The second schedule is the paper's.
SCHEDULES = {
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

    def __post_init__(self):
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


def finetune_encoder(
    split: Split | None,
    out: Path,
    *,
    pairs: str = "",
    encoder: EncoderConfig = EncoderConfig(precision="bfloat16"),
    config: FineTuneConfig = FineTuneConfig(),
    asked: set[str] = frozenset(),
    command: str = "",
    report: Report = silent,
) -> Path:
    """Run stage 1 and write what it trained to the folder `out`: `adapter.safetensors`, `lora.safetensors` unless its rank
    is 0, and `config.json` with the held-out losses of each task by step. It takes a GPU where there is one.

    Args:
        split: of the dataset that the tasks are drawn from; None to learn from captioned pictures alone.
        pairs: `module:function`; called as `function(seed=…, count=…)` it yields objects with `image` (PIL), `text`
            (what the item's prompt would hold, may be empty) and `caption`.
        encoder: backbone, precision, pooling and resolution.
        asked: tasks that were asked for by name. Another one that the data do not give is told and left out.
    Stopped or killed, the same command resumes from the last saved step. Raises `MolarError` for a task that cannot be
    made, unknown pairs, an absent backbone, or where disk or GPU are full.
    """
    tasks = Tasks(split, config.history) if split is not None else None
    counts = _possible(tasks, pairs, config.counts, asked, report)
    torch.manual_seed(config.seed)
    model = ItemEncoder.load(encoder, trainable=True)
    samples = draw_samples(model, tasks, pairs, counts, seed=config.seed, held_out=config.held_out, report=report)
    drawn = {task: (len(samples.training[task]), len(samples.held_out[task])) for task in samples.training}
    report(
        0, 0, "; ".join(f"{task}: {shown:,} samples and {apart:,} held out" for task, (shown, apart) in drawn.items())
    )
    torch.manual_seed(config.seed)
    if config.lora.rank:
        add_lora(model.backbone, config.lora)
    tuner = FineTuner(model, samples, form=config.form, word_weight=config.word_weight)
    out = Path(out)
    try:
        curve = run_schedule(tuner, config, out, report)
        tuner.fit_centring(samples.whole)
    except torch.OutOfMemoryError as error:
        raise MolarError(
            f"The memory of the GPU does not hold {config.batch} items: give a smaller --batch."
        ) from error
    about = {
        "config": config.to_dict(),
        "lora": config.lora.to_dict() if config.lora.rank else None,
        "pairs": pairs,
        "resolution": model.config.resolution,
        "backbone": model.fingerprint,
        "curve": curve,
        "command": command,
        "samples": drawn,
    }
    if split is not None:
        about |= {"dataset": split.dataset.name, "data_hash": split.dataset.data_hash, "split_hash": split.split_hash}
    if config.lora.rank:
        save_lora(model.backbone, out)
    tuner.adapter.save(out, about)
    return out


def _possible(
    tasks: Tasks | None, pairs: str, counts: dict[str, int], asked: set[str], report: Report
) -> dict[str, int]:
    """Those of the counts that there is something to draw from for. Raises `MolarError` when a task that was asked for is
    not among them, or none is."""
    place = tasks.split.dataset.name if tasks else "stage 1"
    kept, absent = {}, []
    for task, count in counts.items():
        if task == PAIRS:
            missing = "" if pairs else "no captioned pictures are named"
        else:
            missing = tasks.missing(task) if tasks else "no dataset is named"
        if not missing:
            kept[task] = count
            continue
        absent.append(f"the task {task} cannot be made from {place}, since {missing}")
        if task in asked:
            raise MolarError(f"T{absent[-1][1:]}: leave it out with --tasks.")
        report(0, 0, f"left out: {absent[-1]}")
    if not kept:
        raise MolarError(f"There is nothing to learn from: {'; '.join(absent)}.")
    return kept
