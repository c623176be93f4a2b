"""Fine-tuning of the item encoder (paper §3.3): it learns to see and to read, by writing about items from their vectors.

Three tasks of a dataset (`molar.finetune.tasks`) and, beside them, captioned pictures of another source, which may name what
no shop's text does; two forms of the loss (`molar.finetune.model`). Trained are the projector, `[Cur_Item]` and low-rank
adapters of the language model; all else stays as it came.
"""

from collections.abc import Set
from pathlib import Path

import torch

from molar.core.errors import MolarError
from molar.core.progress import Report, silent
from molar.data.splits import Split
from molar.encoder.item_encoder import EncoderConfig, ItemEncoder
from molar.encoder.lora import add_lora, save_lora
from molar.finetune.config import FineTuneConfig
from molar.finetune.model import FineTuner
from molar.finetune.samples import PAIRS, draw_samples
from molar.finetune.schedule import FineTuningPlan
from molar.finetune.tasks import Tasks
from molar.training.loop import STATE, fit


def finetune_encoder(
    split: Split | None,
    out: Path,
    *,
    pairs: str = "",
    encoder: EncoderConfig = EncoderConfig(precision="bfloat16"),
    config: FineTuneConfig = FineTuneConfig(),
    asked: Set[str] = frozenset(),
    command: str = "",
    report: Report = silent,
) -> Path:
    """Fine-tune the encoder and write what was trained to the folder `out`: `adapter.safetensors`, `lora.safetensors` unless its rank
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
    finetuner = FineTuner(model, samples, form=config.form, word_weight=config.word_weight)
    out = Path(out)
    try:
        plan = FineTuningPlan(finetuner, config)
        curve = fit(plan, run=plan.run_key(), path=out / STATE, report=report)
        finetuner.fit_centring(samples.whole)
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
    finetuner.adapter.save(out, about)
    (out / STATE).unlink(missing_ok=True)
    return out


def _possible(
    tasks: Tasks | None, pairs: str, counts: dict[str, int], asked: Set[str], report: Report
) -> dict[str, int]:
    """Those of the counts that there is something to draw from for. Raises `MolarError` when a task that was asked for is
    not among them, or none is."""
    place = tasks.split.dataset.name if tasks else "captioned pictures"
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
