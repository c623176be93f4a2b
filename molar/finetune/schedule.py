"""The schedule of stage 1: a cheap warm-up, then the tasks' batches in random order; atomic, resumable state."""

import json
import time
from pathlib import Path

import numpy as np
import torch

from molar.core.errors import Cancelled
from molar.core.hashing import content_key
from molar.core.io import write_atomically
from molar.core.progress import Report
from molar.finetune.samples import PAIRS
from molar.finetune.tasks import Sample

MEASURED = 8  # times that the held-out losses are measured on the way
SAVE_EVERY_SECONDS = 90
POOL = 16  # batches whose samples are sorted by length together: little padding, still well mixed


def run_schedule(tuner, config, out: Path, report: Report) -> list[dict]:
    """Train in place; returns the held-out losses of each task by step, the first before training.

    `out/state.safetensors` carries an interrupted run; one that is cancelled by its report is saved where it stands."""
    torch.manual_seed(config.seed)
    tuner.start()
    plan = _plan(tuner.samples.training, config)
    trained = tuner.trained()
    optimiser = torch.optim.AdamW(_groups(trained, config), weight_decay=0.01)
    run = content_key(json.dumps([config.to_dict(), tuner.encoder.fingerprint]), *map(repr, sum(plan, [])))
    step, curve = _resume(trained, optimiser, out, run)
    if step == 0:
        _warm_up(tuner, config)
        curve.append({"step": 0} | _held_out(tuner, config.batch))
    every, saved = max(1, len(plan) // MEASURED), time.monotonic()
    try:
        while step < len(plan):
            for group in optimiser.param_groups:
                group["lr"] = group["peak"] * _warm_cosine(step, len(plan))
            batch = plan[step]
            losses = tuner.loss(batch)
            optimiser.zero_grad()
            tuner.total(losses).backward()
            torch.nn.utils.clip_grad_norm_(list(trained.values()), 1.0)
            optimiser.step()
            step += 1
            if step % every == 0 or step == len(plan):
                curve.append({"step": step} | _held_out(tuner, config.batch))
            if time.monotonic() - saved > SAVE_EVERY_SECONDS:
                _save(trained, optimiser, out, step, curve, run)
                saved = time.monotonic()
            told = ", ".join(f"{name} {loss.item():.3f}" for name, loss in losses.items())
            report(step, len(plan), f"{batch[0].task}: {told}; held out {_told(curve[-1])}")
    except Cancelled:
        _save(trained, optimiser, out, step, curve, run)
        raise
    (out / "state.safetensors").unlink(missing_ok=True)
    return curve


def _held_out(tuner, batch: int) -> dict[str, dict[str, float]]:
    return {task: tuner.held_out_loss(samples, batch) for task, samples in tuner.samples.held_out.items() if samples}


def _told(point: dict) -> str:
    """A point of the curve in few words."""
    return ", ".join(f"{task} {losses['answer']:.3f}" for task, losses in point.items() if task != "step")


def _groups(trained: dict[str, torch.nn.Parameter], config) -> list[dict]:
    """LoRA has a peak of its own."""
    lora = [name for name in trained if name.startswith("lora.")]
    others = [trained[name] for name in trained if name not in set(lora)]
    groups = [
        {"params": others, "peak": config.lr},
        {"params": [trained[name] for name in lora], "peak": config.lora_lr},
    ]
    return [group for group in groups if group["params"]]


def _plan(training: dict[str, list[Sample]], config) -> list[list[Sample]]:
    """Batches for the whole run, each of one task and of similar lengths, in an order fixed by the seed."""
    batches = []
    for task, samples in training.items():
        size = max(1, config.batch // config.history) if task == "ub" else config.batch
        for start in range(0, len(samples), POOL * size):
            pool = sorted(
                samples[start : start + POOL * size], key=lambda one: sum(len(item.text) for item in one.items)
            )
            batches += [pool[i : i + size] for i in range(0, len(pool), size)]
    return [batches[number] for number in np.random.default_rng(config.seed).permutation(len(batches))]


def _warm_up(tuner, config) -> None:
    """Put visual tokens among the words before the first pass of the language model; where a trained connector makes
    them, they are there."""
    alone = [sample for task in ("it", PAIRS) for sample in tuner.samples.training.get(task, [])]
    if tuner.adapter.has_connector or not alone:
        return
    projector = [*tuner.adapter.norm.parameters(), *tuner.adapter.inner.parameters(), *tuner.adapter.outer.parameters()]
    optimiser = torch.optim.AdamW(projector, lr=config.lr, weight_decay=0.01)
    generator = np.random.default_rng(config.seed)
    for _ in range(config.warm_up_steps):
        optimiser.zero_grad()
        some = generator.choice(len(alone), min(32, len(alone)), replace=False)
        tuner.warm_up_loss([alone[number] for number in some]).backward()
        optimiser.step()


def _warm_cosine(step: int, steps: int) -> float:
    """Paper §4: warm-up from 1/100 of the peak, then cosine to zero."""
    warm = max(1, steps // 20)
    if step < warm:
        return 0.01 + 0.99 * step / warm
    return 0.5 * (1 + np.cos(np.pi * (step - warm) / max(1, steps - warm)))


def _save(trained: dict, optimiser, out: Path, step: int, curve: list[dict], run: str) -> None:
    from safetensors.torch import save

    tensors = {f"p.{name}": parameter.detach() for name, parameter in trained.items()}
    for number, moments in optimiser.state_dict()["state"].items():
        tensors |= {f"o.{number}.{name}": torch.as_tensor(value) for name, value in moments.items()}
    about = json.dumps({"run": run, "step": step, "curve": curve})
    write_atomically(out / "state.safetensors", save(tensors, metadata={"about": about}))


def _resume(trained: dict, optimiser, out: Path, run: str) -> tuple[int, list[dict]]:
    """Step and curve of an interrupted run of the same settings; zero and nothing for any other."""
    from safetensors import safe_open

    if not (out / "state.safetensors").exists():
        return 0, []
    with safe_open(out / "state.safetensors", framework="pt") as file:
        about = json.loads(file.metadata()["about"])
        if about["run"] != run:
            return 0, []
        tensors = {name: file.get_tensor(name) for name in file.keys()}
    with torch.no_grad():
        for name, parameter in trained.items():
            parameter.copy_(tensors[f"p.{name}"])
    state = optimiser.state_dict()
    moments = [name.split(".", 2)[1:] for name in tensors if name.startswith("o.")]
    for number, name in moments:
        state["state"].setdefault(int(number), {})[name] = tensors[f"o.{number}.{name}"]
    optimiser.load_state_dict(state)
    return about["step"], about["curve"]
