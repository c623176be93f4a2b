"""One training run: built from its seed, fitted, saved with all that made it; or loaded, if it is there already."""

import dataclasses
import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

from molar.core.errors import MolarError
from molar.core.io import require_writable
from molar.core.progress import Report
from molar.core.version import __version__
from molar.data.splits import Split
from molar.storage.checkpoint import ID_TOWER, load_model, read_meta, save_model
from molar.training.alignment import JointModels
from molar.training.batches import fitting_batch_size
from molar.training.distributed import Distributed
from molar.training.loop import STATE, Loss, TrainingConfig, fit


def run_training(
    build: Callable[[], nn.Module],
    loss: Loss,
    split: Split,
    config,
    recipe: TrainingConfig,
    *,
    settings: dict,
    about: dict,
    seed: int,
    out: Path | str | None,
    report: Report,
    finish: Callable[[nn.Module], None] | None = None,
) -> nn.Module:
    """Build the model from `seed`, fit it, `finish` it, and save it at `out` with its meta, unless it is already there.

    settings: what else the result depends on, by which a run is known again; about: what else is told of it. Of two
    towers trained together the content tower is returned; the ID tower, also a fused tower's, is saved in its folder."""
    out = Path(out) if out else None
    fitting = fitting_batch_size(split, recipe.batch_size, config.max_length)
    recipe = dataclasses.replace(recipe, batch_size=fitting)
    settings = settings | {
        "config": dataclasses.asdict(config),
        "recipe": dataclasses.asdict(recipe),
        "seed": seed,
        "data_hash": split.dataset.data_hash,
        "split_hash": split.split_hash,
        "molar": __version__,
    }
    crew = Distributed()
    if crew.size > 1:
        settings["processes"] = crew.size  # each has dropout of its own
    run = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:16]
    if out and _is_finished(out, run):
        return load_model(out)
    if out:
        require_writable(out)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = build()
    curve = fit(model, loss, split, recipe, seed=seed, run=run, out=out, report=report)
    if finish:
        finish(model)
    main = model.content if isinstance(model, JointModels) else model
    if out and crew.first:
        best = max(curve, key=lambda entry: entry["ndcg@10"])
        del settings["class"], settings["config"]
        made = {
            **about,
            **settings,
            "epochs": len(curve),
            "best_epoch": best["epoch"],
            "validation": {"ndcg@10": best["ndcg@10"]},
            "curve": curve,
            "run": run,
        }
        other = getattr(model, "id_tower", None)
        if other is not None:  # first: the folder's own config.json tells that all is there
            save_model(out / ID_TOWER, other, _made_beside(made))
        save_model(out, main, made)
        (out / STATE).unlink(missing_ok=True)
    crew.wait()
    if out:
        return load_model(out)  # rounded as it is stored, so that the returned tower is the saved one
    return main.eval()


def require_training_data(split: Split) -> None:
    """Raises MolarError unless somebody has a history to learn from."""
    if not (split.train_ends > 1).any():
        raise MolarError(f"{split.dataset.name} has no history to train on: three interactions of a user are needed.")


def describe_training(folder: Path | str) -> str:
    """How the training of a saved model went, in one sentence. Raises MolarError if there is none."""
    meta = read_meta(folder)
    epochs, recipe = meta["epochs"], meta["recipe"]
    early = f" (stopped early: no better for {recipe['patience']} epochs)" if epochs < recipe["epochs"] else ""
    return (
        f"best at epoch {meta['best_epoch']} of {epochs}{early}: validation NDCG@10 {meta['validation']['ndcg@10']:.4f}"
    )


def _made_beside(made: dict) -> dict:
    """What is told of an ID tower that is saved in a content tower's folder: not that tower's curve as its own."""
    told = {name: made[name] for name in ("command", "seed", "data_hash", "split_hash", "run")}
    return told | {"label": f"{made['label']}, ID tower"}


def _is_finished(out: Path, run: str) -> bool:
    try:
        return read_meta(out).get("run") == run and not (out / STATE).exists()
    except MolarError:
        return False
