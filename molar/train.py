"""Training of the two towers: `train_id_model`, then `train_molar` (Eq. 5), whose α = 0 is the content tower alone."""

import dataclasses
import hashlib
import json
from pathlib import Path

import numpy as np
import torch
from torch import nn

from molar import __version__
from molar.alignment import alignment_loss
from molar.batches import Batch, fitting_batch_size
from molar.cache import require_writable
from molar.checkpoint import ID_MODELS, load_model, read_meta, save_model, sha16
from molar.crew import Crew
from molar.errors import MolarError
from molar.id_models import IDModel
from molar.loop import STATE, Recipe, fit
from molar.losses import LossConfig, NextItemLoss
from molar.progress import Report, silent
from molar.split import Split
from molar.user_encoder import ContentConfig, ContentUserEncoder

ID_RECIPE = Recipe(epochs=30, batch_size=128, lr=3e-3, weight_decay=0.01, patience=6)
CONTENT_RECIPE = Recipe(epochs=14, batch_size=64, lr=2e-3, weight_decay=0.05, patience=14)
ALPHA, TAU = 0.3, 0.1


def train_id_model(
    split: Split,
    model: str = "sasrec",
    *,
    config=None,
    loss: LossConfig = LossConfig(),
    recipe: Recipe = ID_RECIPE,
    epochs: int | None = None,
    seed: int = 0,
    out: Path | str | None = None,
    label: str = "",
    command: str = "",
    report: Report = silent,
) -> IDModel:
    """An ID model, one of `molar.checkpoint.ID_MODELS`, on the training prefixes: every position predicts its next item.

    config: the model's own, such as `SASRecConfig`; items of no training prefix are never a target, a negative or an
    input. label: the name under which results list it. With `out`, the model is saved there, a finished one of the same
    settings is loaded instead, and an unfinished one taken up. Raises MolarError if there is nothing to learn from,
    Cancelled when `report` does."""
    build_model, config_class = id_model_classes(model)
    config = config or config_class(**data_sizes(config_class, split))
    recipe = dataclasses.replace(recipe, epochs=recipe.epochs if epochs is None else epochs)
    _check(split)

    def build() -> IDModel:
        built = build_model(config)
        built.forget(torch.from_numpy(split.cold), torch.from_numpy(split.train_ends < 2))
        return built

    def measure(model: nn.Module, batch: Batch, rng: np.random.Generator):
        value, states = next_item(model, batch, rng)
        parts = {"loss": value.item()}
        if regularise:
            extra = regularise(model, batch, states, rng)
            parts["contrast"] = extra.item()
            value = value + config.contrast * extra
        return value, parts

    next_item, regularise = NextItemLoss(split, loss), build_model.regulariser(config, split)
    settings = {"class": build_model.__name__, "loss": dataclasses.asdict(loss)}
    about = {"command": command, "label": label or model}
    return _train(build, measure, split, config, recipe, settings, seed, out, about, report)


def id_model_classes(model: str) -> tuple[type[IDModel], type]:
    """The class of an ID model and of its config, by name. Raises MolarError for an unknown one."""
    if model not in ID_MODELS:
        raise MolarError(f"There is no ID model {model!r}: known are {', '.join(ID_MODELS)}.")
    return ID_MODELS[model]


def data_sizes(config_class: type, split: Split) -> dict[str, int]:
    """What a config takes from the data: n_items, and n_users where it has a field for them."""
    sizes = {"n_items": split.dataset.n_items, "n_users": split.dataset.n_users}
    return {field.name: sizes[field.name] for field in dataclasses.fields(config_class) if field.name in sizes}


def train_molar(
    split: Split,
    vectors: np.ndarray,
    id_model: IDModel | None,
    *,
    alpha: float = ALPHA,
    tau: float = TAU,
    config: ContentConfig | None = None,
    recipe: Recipe = CONTENT_RECIPE,
    epochs: int | None = None,
    seed: int = 0,
    out: Path | str | None = None,
    command: str = "",
    encoder: dict | None = None,
    report: Report = silent,
) -> ContentUserEncoder:
    """The content tower with α times the alignment to the frozen ID tower: L = L_rec + α · L_align (Eq. 5).

    vectors: item vectors (n_items + 1, dim_in). alpha = 0 is the model "content": same start, batches, dropout and
    steps, and no ID model. L_rec is the softmax over the warm catalogue in place of the paper's one-negative BCE
    (Eq. 3), over cosines plus the model's prior of popularity. Users of `split.held_out` take part in L_rec and never
    in L_align. encoder: the fingerprint of the vectors, saved beside the tower, which then refuses others. `out` and
    errors: `train_id_model`."""
    config = config or ContentConfig(dim_in=vectors.shape[1])
    recipe = dataclasses.replace(recipe, epochs=recipe.epochs if epochs is None else epochs)
    _check(split)
    if alpha < 0 or tau <= 0:
        raise MolarError(f"alpha must be at least 0 and tau above 0, not {alpha} and {tau}.")
    if alpha and (id_model is None or id_model.config.dim != config.dim):
        raise MolarError(f"The alignment needs an ID model of width {config.dim}.")
    if len(vectors) != split.dataset.n_items + 1:
        raise MolarError(f"{len(vectors) - 1} item vectors for {split.dataset.n_items} items: encode this dataset.")

    def build() -> ContentUserEncoder:
        model = ContentUserEncoder(config)
        model.set_item_vectors(vectors)
        model.set_counts(split.train_counts())
        model.fit_scaling(torch.from_numpy(split.train_counts() > 0))
        return model

    def loss(model: nn.Module, batch: Batch, rng: np.random.Generator):
        value, states = next_item(model, batch, rng)
        parts = {"loss": value.item()}
        if alpha:
            aligned = _aligned(states, batch, id_model, split.held_out, tau)
            parts["alignment"] = aligned.item()
            value = value + alpha * aligned  # Eq. 5
        return value, parts

    next_item = NextItemLoss(split)
    settings = {"class": "ContentUserEncoder", "alpha": alpha, "vectors": sha16([vectors])}
    if alpha:
        id_model.eval().requires_grad_(False)
        settings |= {"tau": tau, "id_model": sha16([p.cpu().numpy() for p in id_model.state_dict().values()])}
    about = {"command": command} | ({"encoder": encoder} if encoder else {})
    model = _train(build, loss, split, config, recipe, settings, seed, out, about, report)
    model.set_item_vectors(vectors)
    model.set_counts(split.train_counts())
    return model


def _aligned(states: torch.Tensor, batch: Batch, id_model: IDModel, held_out: np.ndarray, tau: float) -> torch.Tensor:
    """L_align over the batch's users but the held-out ones: one prefix each, seen by both towers."""
    rows = np.flatnonzero(~held_out[batch.users])

    def place(array: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(array).to(states.device)

    prefixes, users = batch.prefixes[rows], place(batch.users[rows])
    with torch.no_grad():
        id_states = id_model.to(states.device).states(place(batch.items[rows]), users)
    every, ends = torch.arange(len(rows), device=states.device), place(prefixes)
    return alignment_loss(
        id_states[every, ends],
        states[place(rows), ends],
        tau=tau,
        users=users,
        next_items=place(batch.targets[rows, prefixes]),
    )


def describe_training(folder: Path | str) -> str:
    """How the training of a saved model went, in one sentence. Raises MolarError if there is none."""
    meta = read_meta(folder)
    epochs, recipe = meta["epochs"], meta["recipe"]
    early = f" (stopped early: no better for {recipe['patience']} epochs)" if epochs < recipe["epochs"] else ""
    return f"best at epoch {meta['best_epoch']} of {epochs}{early}: validation NDCG@10 {meta['validation']['ndcg@10']:.4f}"


def _check(split: Split) -> None:
    if not (split.train_ends > 1).any():
        raise MolarError(f"{split.dataset.name} has no history to train on: three interactions of a user are needed.")


def _train(build, loss, split, config, recipe, settings, seed, out, about, report) -> nn.Module:
    """Build the model from `seed`, fit it and save it with its meta and `about`, unless it is already there."""
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
    crew = Crew()
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
    if out and crew.first:
        best = max(curve, key=lambda entry: entry["ndcg@10"])
        del settings["class"], settings["config"]
        save_model(
            out,
            model,
            {
                **about,
                **settings,
                "epochs": len(curve),
                "best_epoch": best["epoch"],
                "validation": {"ndcg@10": best["ndcg@10"]},
                "curve": curve,
                "run": run,
            },
        )
        (out / STATE).unlink(missing_ok=True)
    crew.wait()
    if out:
        return load_model(out)  # rounded as it is stored, so that the returned tower is the saved one
    return model.eval()


def _is_finished(out: Path, run: str) -> bool:
    try:
        return read_meta(out).get("run") == run and not (out / STATE).exists()
    except MolarError:
        return False
