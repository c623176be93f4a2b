"""One training run: built from its seed, fitted, saved with all that made it; or loaded, if it is there already."""

import dataclasses
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from molar.core.errors import MolarError
from molar.core.io import require_writable
from molar.core.memory import peak_memory_mb
from molar.core.progress import Report
from molar.core.version import __version__
from molar.data.splits import Split, who_takes_part
from molar.models.content import ContentUserEncoder
from molar.models.id_model import IDModel
from molar.models.interface import NextItemModel
from molar.storage.checkpoint import ID_TOWER, load_model, read_meta, save_model
from molar.training.batches import fitting_batch_size
from molar.training.config import TrainingConfig
from molar.training.distributed import Distributed
from molar.training.epochs import EpochPlan, Loss, Recommender, best_epoch
from molar.training.joint import JointModels
from molar.training.loop import STATE, fit
from molar.training.losses import LossConfig

# Raised whenever the same settings would give another model: only then is trained again what is trained already.
TRAINING_FORMAT = 2


def run_key(settings: dict) -> str:
    """16 hex digits by which a training is known again: two of one key give the same model.

    Neither the version of Molar nor that of any library is a part of it, only `TRAINING_FORMAT`."""
    format_ = f"format {TRAINING_FORMAT}"
    return hashlib.sha256(json.dumps(settings | {"molar": format_}, sort_keys=True).encode()).hexdigest()[:16]


def run_training(
    build: Callable[[], Recommender],
    loss: Loss,
    split: Split,
    config: Any,
    training: TrainingConfig,
    *,
    settings: dict,
    about: dict,
    seed: int,
    out: Path | str | None,
    report: Report,
    finish: Callable[[Any], None] | None = None,
    measured: Callable[[Any], dict] | None = None,
) -> NextItemModel:
    """Build the model from `seed`, fit it, `finish` it, and save it at `out` with its meta, unless it is already there.

    config: the model's own. settings: what else the result depends on, by which a run is known again; about: what else
    is told of it, and `measured` of the finished model. Of two models trained together the content model is returned; the ID model, also a fused content
    model's, is saved in its folder."""
    out = Path(out) if out else None
    fitting = fitting_batch_size(split, training.batch_size, config.max_length)
    training = dataclasses.replace(training, batch_size=fitting)
    told = {
        "recipe": dataclasses.asdict(training),
        "seed": seed,
        "data_hash": split.dataset.data_hash,
        "split_hash": split.split_hash,
    } | who_takes_part(split)
    distributed = Distributed()
    if distributed.world_size > 1:
        told["processes"] = distributed.world_size  # each has dropout of its own
    run = run_key(settings | {"config": dataclasses.asdict(config)} | told)
    if out and is_finished(out, run):
        return load_model(out)
    if out:
        require_writable(out)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = build()
    plan = EpochPlan(model, loss, split, training, max_length=config.max_length, seed=seed)
    curve = fit(plan, run=run, path=out / STATE if out else None, report=report)
    model.cpu()
    distributed.wait_for_everyone()
    if finish:
        finish(model)
    main, id_model = _parts(model)
    if out and distributed.is_main_process:
        best = best_epoch(curve)
        made = about | {name: value for name, value in settings.items() if name != "class"} | told
        made |= {
            "molar": __version__,
            "epochs": len(curve),
            "best_epoch": best["epoch"],
            "validation": {"ndcg@10": best["ndcg@10"]},
            "curve": curve,
            "run": run,
        } | training_cost(curve, plan.total)
        made |= measured(main.eval()) if measured else {}
        if id_model is not None:  # first: the folder's own config.json tells that all is there
            save_model(out / ID_TOWER, id_model, _made_beside(made))
        save_model(out, main, made)
        (out / STATE).unlink(missing_ok=True)
    distributed.wait_for_everyone()
    if out:
        return load_model(out)  # rounded as it is stored, so that the returned model is the saved one
    return main.eval()


def training_cost(curve: Sequence[Mapping], targets: int) -> dict[str, float]:
    """What a training cost, for its meta: seconds without validation, items predicted a second, and the most memory, in MB,
    that the process has held. curve: its epochs; targets: items that one predicts."""
    seconds = sum(epoch["seconds"] for epoch in curve)
    cost = {"training_seconds": round(seconds, 2), "peak_memory_mb": round(peak_memory_mb())}
    return cost | ({"targets_per_second": round(targets * len(curve) / seconds)} if seconds else {})


def require_training_data(split: Split) -> None:
    """Raises MolarError unless somebody has a history to learn from."""
    if not (split.train_ends > 1).any():
        raise MolarError(f"{split.dataset.name} has no history to train on: three interactions of a user are needed.")


def describe_training(folder: Path | str) -> str:
    """How the training of a saved model went and by which loss, in one line. Raises MolarError if there is none."""
    meta = read_meta(folder)
    epochs, recipe = meta["epochs"], meta["recipe"]
    early = f" (stopped early: no better for {recipe['patience']} epochs)" if epochs < recipe["epochs"] else ""
    return (
        f"best at epoch {meta['best_epoch']} of {epochs}{early}: validation NDCG@10 {meta['validation']['ndcg@10']:.4f}; "
        f"{LossConfig(**meta['loss']).told()}"
    )


def _parts(model: Recommender) -> tuple[IDModel | ContentUserEncoder, IDModel | None]:
    """The model that is trained, and the ID model that is saved in its folder, if any."""
    if isinstance(model, JointModels):
        return model.content, model.id_model
    return model, model.id_model


def _made_beside(made: dict) -> dict:
    """What is told of an ID model that is saved in a content model's folder: not that model's curve as its own."""
    told = {
        name: made[name]
        for name in ("command", "seed", "data_hash", "split_hash", "train_users", "validation_users", "run")
        if name in made
    }
    return told | {"label": f"{made['label']}, ID tower"}


def is_finished(out: Path, run: str) -> bool:
    """Whether the model that a run would give lies in `out`, whole."""
    try:
        return read_meta(out).get("run") == run and not (out / STATE).exists()
    except MolarError:
        return False
