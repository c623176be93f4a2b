"""The schedule of stage 1: a cheap warm-up, then captions through the bottleneck; atomic, resumable state."""

import json
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from molar.cache import content_key, write_atomically
from molar.progress import Report

HELD_OUT = 64
SAVE_EVERY_SECONDS = 90


def run_schedule(tuner, out: Path, report: Report) -> list[dict]:
    """Train in place; returns the curve of held-out losses. `out/state.safetensors` carries an interrupted run."""
    config = tuner.config
    torch.manual_seed(config.seed)
    tuner.start()
    held_out = list(range(len(tuner.samples)))[-min(HELD_OUT, len(tuner.samples) // 4) :]
    plan = _plan(tuner, len(tuner.samples) - len(held_out))
    trained = [parameter for parameter in tuner.parameters() if parameter.requires_grad]
    optimiser = torch.optim.AdamW(trained, lr=config.lr, weight_decay=0.01)
    run = content_key(json.dumps(asdict(config)), json.dumps(tuner.encoder.fingerprint), *tuner.samples.captions)
    step, curve = _resume(tuner, optimiser, out, run)
    if step == 0:
        _warm_up(tuner, len(tuner.samples) - len(held_out))
        curve.append({"step": 0} | tuner.held_out_loss(held_out))
    scored, saved = max(1, len(plan) // 10), time.monotonic()
    while step < len(plan):
        for group in optimiser.param_groups:
            group["lr"] = config.lr * _warm_cosine(step, len(plan))
        caption, words = tuner.loss(plan[step])
        optimiser.zero_grad()
        (caption + config.word_weight * words).backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimiser.step()
        step += 1
        if step % scored == 0:
            curve.append({"step": step} | tuner.held_out_loss(held_out))
        if time.monotonic() - saved > SAVE_EVERY_SECONDS:
            _save(tuner, optimiser, out, step, curve, run)
            saved = time.monotonic()
        report(step, len(plan), f"caption {caption.item():.3f}, words {words.item():.3f}; held out {curve[-1]}")
    (out / "state.safetensors").unlink(missing_ok=True)
    return curve


def _plan(tuner, count: int) -> list[list[int]]:
    """Batches for the whole run, fixed by the seed: every epoch shuffled, similar lengths together."""
    config = tuner.config
    generator = np.random.default_rng(config.seed)
    lengths = np.array([len(text) for text in tuner.samples.texts])
    batches = []
    while len(batches) * config.batch < config.samples:
        order = generator.permutation(count)
        groups = [g[np.argsort(lengths[g], kind="stable")] for g in np.array_split(order, max(1, count // 128))]
        epoch = [rows[i : i + config.batch].tolist() for rows in groups for i in range(0, len(rows), config.batch)]
        batches += [epoch[number] for number in generator.permutation(len(epoch))]
    return batches[: max(1, config.samples // config.batch)]


def _warm_up(tuner, count: int) -> None:
    """Put visual tokens among the words before the first pass of the language model."""
    projector = [*tuner.adapter.norm.parameters(), *tuner.adapter.inner.parameters(), *tuner.adapter.outer.parameters()]
    optimiser = torch.optim.AdamW(projector, lr=tuner.config.lr, weight_decay=0.01)
    generator = np.random.default_rng(tuner.config.seed)
    for _ in range(tuner.config.warm_up_steps):
        optimiser.zero_grad()
        tuner.warm_up_loss(generator.choice(count, min(32, count), replace=False).tolist()).backward()
        optimiser.step()


def _warm_cosine(step: int, steps: int) -> float:
    """Paper §4: warm-up from 1/100 of the peak, then cosine to zero."""
    warm = max(1, steps // 20)
    if step < warm:
        return 0.01 + 0.99 * step / warm
    return 0.5 * (1 + np.cos(np.pi * (step - warm) / max(1, steps - warm)))


def _trainable(tuner) -> dict[str, torch.Tensor]:
    return {name: p for name, p in tuner.named_parameters() if p.requires_grad}


def _save(tuner, optimiser, out: Path, step: int, curve: list[dict], run: str) -> None:
    from safetensors.torch import save

    tensors = {f"p.{name}": parameter.detach() for name, parameter in _trainable(tuner).items()}
    for number, moments in optimiser.state_dict()["state"].items():
        tensors |= {f"o.{number}.{name}": torch.as_tensor(value) for name, value in moments.items()}
    about = json.dumps({"run": run, "step": step, "curve": curve})
    write_atomically(out / "state.safetensors", save(tensors, metadata={"about": about}))


def _resume(tuner, optimiser, out: Path, run: str) -> tuple[int, list[dict]]:
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
        for name, parameter in _trainable(tuner).items():
            parameter.copy_(tensors[f"p.{name}"])
    state = optimiser.state_dict()
    moments = [name.split(".", 2)[1:] for name in tensors if name.startswith("o.")]
    for number, name in moments:
        state["state"].setdefault(int(number), {})[name] = tensors[f"o.{number}.{name}"]
    optimiser.load_state_dict(state)
    return about["step"], about["curve"]
