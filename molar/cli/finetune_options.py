"""What `python -m molar finetune-encoder` can be given about the schedule, and the configs that it makes."""

import argparse
from typing import Any

from molar.cli import options as o
from molar.core.errors import MolarError


def add(verb: argparse.ArgumentParser) -> None:
    """Add the options to the verb's parser."""
    verb.add_argument("--tasks", help="of the dataset, separated by commas: it, sa, ub (default: all that it gives)")
    verb.add_argument(
        "--counts",
        default="",
        metavar="TASK=NUMBER,…",
        help="samples of a task (it, sa, ub, pairs) instead of the schedule's",
    )
    verb.add_argument(
        "--form", default="bottleneck", help="bottleneck (the answer sees the items' vectors alone; default) or plain"
    )
    verb.add_argument(
        "--schedule",
        choices=("cpu", "gpu"),
        help="20 to 45 minutes of two cores, or 10,000 samples of each task in large batches "
        "(default: gpu where there is one)",
    )
    verb.add_argument("--batch", type=int, help="items read a step")
    verb.add_argument("--history", type=int, help="items of a history at most (default: 4)")
    verb.add_argument("--held-out", type=int, help="samples of each task that the losses are measured on, nine times")
    verb.add_argument("--resolution", type=int, help="side of the picture in pixels, for backbones that can change it")
    verb.add_argument(
        "--pooling", type=int, help="side of the square of patches that make one visual token (nano; default: 2)"
    )
    verb.add_argument(
        "--precision", default="bfloat16", help="of the language model that is trained through (default: bfloat16)"
    )
    verb.add_argument("--lora-rank", type=int, help="of the language model's adapters, 0 for none (default: 8)")
    verb.add_argument("--lora-alpha", type=float, help="what they learn is multiplied by alpha / rank (default: 16)")
    verb.add_argument(
        "--lora-targets", help="attention, mlp or names of linear layers, separated by commas (default: attention)"
    )


def settings(options: argparse.Namespace, *, dataset: bool) -> dict:
    """The arguments `encoder`, `config` and `asked` of `finetune_encoder`. Raises `MolarError` for what is wrong."""
    import torch

    from molar.encoder.item_encoder import EncoderConfig
    from molar.encoder.lora import LoraSettings
    from molar.finetune.config import SCHEDULES, FineTuneConfig, choose_counts

    schedule = options.schedule or ("gpu" if torch.cuda.is_available() else "cpu")
    tasks = o.listed(options.tasks) if options.tasks is not None else None
    counts, asked = choose_counts(
        tasks, read_counts(options.counts), schedule, dataset=dataset, pairs=bool(options.pairs)
    )
    given = o.given(options, "batch", "history", "held_out", "seed")  # each default has its one home
    lora: dict[str, Any] = {"rank": options.lora_rank, "alpha": options.lora_alpha}
    lora = {name: value for name, value in lora.items() if value is not None}
    if options.lora_targets is not None:
        lora["targets"] = tuple(o.listed(options.lora_targets))
    config: dict[str, Any] = {**SCHEDULES[schedule], **given, "counts": counts, "form": options.form}
    encoder = EncoderConfig(options.backbone, options.precision, pooling=options.pooling, resolution=options.resolution)
    return {"encoder": encoder, "config": FineTuneConfig(**config, lora=LoraSettings(**lora)), "asked": asked}


def read_counts(text: str) -> dict[str, int]:
    """`it=1000,ub=500` → {"it": 1000, "ub": 500}. Raises `MolarError` for what is not of this shape."""
    counts = {}
    for part in o.listed(text):
        task, _, number = part.partition("=")
        if not number.strip().isdecimal():
            raise MolarError(f"--counts says {part!r}: write it=1000,sa=1000,ub=1000, whole numbers.")
        counts[task.strip()] = int(number)
    return counts
