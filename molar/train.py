"""Training of the two towers: `train_id_model`, then `train_molar` (Eq. 5), whose α = 0 is the content tower alone."""

import dataclasses
import hashlib
import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from molar import __version__
from molar.alignment import alignment_loss
from molar.batches import Batch, fitting_batch_size
from molar.cache import require_writable
from molar.checkpoint import load_model, read_meta, save_model, sha16
from molar.columns import PAD
from molar.errors import MolarError
from molar.id_models import SASRec, SASRecConfig
from molar.loop import STATE, Recipe, fit
from molar.progress import Report, silent
from molar.split import Split
from molar.user_encoder import ContentConfig, ContentUserEncoder

FULL_SOFTMAX_UP_TO = 5_000  # items; above it the softmax reads shared random negatives
NEGATIVES = 1_024

ID_RECIPE = Recipe(epochs=30, batch_size=128, lr=3e-3, weight_decay=0.01, patience=6)
CONTENT_RECIPE = Recipe(epochs=14, batch_size=64, lr=2e-3, weight_decay=0.05, patience=14)
ALPHA, TAU = 0.3, 0.1


def train_id_model(
    split: Split,
    *,
    config: SASRecConfig | None = None,
    recipe: Recipe = ID_RECIPE,
    epochs: int | None = None,
    seed: int = 0,
    out: Path | str | None = None,
    command: str = "",
    report: Report = silent,
) -> SASRec:
    """SASRec on the training prefixes: every position predicts its next item, softmax over the warm catalogue.

    Items of no training prefix are never a target, a negative or an input. With `out`, the model is saved there, a
    finished one of the same settings is loaded instead, and an unfinished one taken up. Raises MolarError if there is
    nothing to learn from, Cancelled when `report` does."""
    config = config or SASRecConfig(n_items=split.dataset.n_items)
    recipe = dataclasses.replace(recipe, epochs=recipe.epochs if epochs is None else epochs)
    _check(split)

    def build() -> SASRec:
        model = SASRec(config)
        model.forget(torch.from_numpy(split.cold))
        return model

    def loss(model: nn.Module, batch: Batch, rng: np.random.Generator):
        value, _ = next_item_loss(model, batch, warm, rng)
        return value, {"loss": value.item()}

    warm = warm_items(split)
    settings = {"class": "SASRec"}
    return _train(build, loss, split, config, recipe, settings, seed, out, {"command": command}, report)


def train_molar(
    split: Split,
    vectors: np.ndarray,
    id_model: SASRec | None,
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
        value, states = next_item_loss(model, batch, warm, rng)
        parts = {"loss": value.item()}
        if alpha:
            aligned = _aligned(states, batch, id_model, split.held_out, tau)
            parts["alignment"] = aligned.item()
            value = value + alpha * aligned  # Eq. 5
        return value, parts

    warm = warm_items(split)
    settings = {"class": "ContentUserEncoder", "alpha": alpha, "vectors": sha16([vectors])}
    if alpha:
        id_model.eval().requires_grad_(False)
        settings |= {"tau": tau, "id_model": sha16([p.numpy() for p in id_model.state_dict().values()])}
    about = {"command": command} | ({"encoder": encoder} if encoder else {})
    model = _train(build, loss, split, config, recipe, settings, seed, out, about, report)
    model.set_item_vectors(vectors)
    model.set_counts(split.train_counts())
    return model


def warm_items(split: Split) -> np.ndarray:
    """Numbers of the items that some training prefix holds: the only targets and negatives there are."""
    return np.flatnonzero(split.train_counts() > 0)


def next_item_loss(
    model: nn.Module, batch: Batch, warm: np.ndarray, rng: np.random.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean cross-entropy over all real positions of a batch, and the states (batch, length, dim) it came from.

    Up to FULL_SOFTMAX_UP_TO warm items the softmax is over all of them; else over the target and NEGATIVES others,
    drawn evenly for the whole batch, each of which then stands for warm / NEGATIVES items. A model's `prior`
    (n_items + 1,), where it has one, is added to the logits."""
    prior = getattr(model, "prior", None)
    full = len(warm) <= FULL_SOFTMAX_UP_TO
    candidates = warm if full else np.sort(rng.choice(warm, NEGATIVES, replace=False))
    real = batch.targets != PAD
    targets = batch.targets[real]  # (positions,)
    rows = np.unique(np.concatenate([[PAD], batch.items.ravel(), targets, candidates]))
    table = model.embed_items(torch.from_numpy(rows))  # (rows, dim): every item that this step touches, once

    def place(numbers: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(np.searchsorted(rows, numbers))

    states = model.encode(F.embedding(place(batch.items), table))
    queries = model.queries(states[torch.from_numpy(real)])  # (positions, dim)
    logits = queries @ table[place(candidates)].T  # (positions, candidates)
    if prior is not None:
        logits = logits + prior[torch.from_numpy(candidates)]
    if full:
        return F.cross_entropy(logits, torch.from_numpy(np.searchsorted(warm, targets))), states
    logits = logits + np.log(len(warm) / NEGATIVES)
    logits = logits.masked_fill(torch.from_numpy(targets[:, None] == candidates), -torch.inf)
    own = (queries * table[place(targets)]).sum(-1, keepdim=True)
    if prior is not None:
        own = own + prior[torch.from_numpy(targets), None]
    return F.cross_entropy(torch.cat([own, logits], dim=1), torch.zeros(len(targets), dtype=torch.long)), states


def _aligned(states: torch.Tensor, batch: Batch, id_model: SASRec, held_out: np.ndarray, tau: float) -> torch.Tensor:
    """L_align over the batch's users but the held-out ones: one prefix each, seen by both towers."""
    rows = np.flatnonzero(~held_out[batch.users])
    prefixes = batch.prefixes[rows]
    with torch.no_grad():
        id_states = id_model.states(torch.from_numpy(batch.items[rows]))
    every, ends = torch.arange(len(rows)), torch.from_numpy(prefixes)
    return alignment_loss(
        id_states[every, ends],
        states[torch.from_numpy(rows), ends],
        tau=tau,
        users=torch.from_numpy(batch.users[rows]),
        next_items=torch.from_numpy(batch.targets[rows, prefixes]),
    )


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
    run = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:16]
    if out and _is_finished(out, run):
        return load_model(out)
    if out:
        require_writable(out)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = build()
    curve = fit(model, loss, split, recipe, seed=seed, run=run, out=out, report=report)
    if out:
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
        return load_model(out)  # rounded as it is stored, so that the returned tower is the saved one
    return model.eval()


def _is_finished(out: Path, run: str) -> bool:
    try:
        return read_meta(out).get("run") == run and not (out / STATE).exists()
    except MolarError:
        return False
