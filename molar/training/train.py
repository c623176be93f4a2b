"""Training of the two towers: `train_id_model`, then `train_molar` (Eq. 5), whose α = 0 is the content tower alone."""

import copy
import dataclasses
from pathlib import Path

import numpy as np
import torch
from torch import nn

from molar.core.errors import MolarError
from molar.core.hashing import sha16
from molar.core.progress import Report, silent
from molar.data.splits import Split
from molar.models.content import ContentConfig, ContentUserEncoder
from molar.models.id_model import IDModel
from molar.models.sequences import Batch
from molar.models.zoo import ID_MODELS
from molar.storage.checkpoint import state_hash
from molar.training.alignment import AlignConfig, AlignmentLoss, JointModels, fitted_rotation
from molar.training.loop import TrainingConfig
from molar.training.losses import LossConfig, NextItemLoss
from molar.training.run import require_training_data, run_training

ID_RECIPE = TrainingConfig(epochs=30, batch_size=128, lr=3e-3, weight_decay=0.01, patience=6)
CONTENT_RECIPE = TrainingConfig(epochs=14, batch_size=64, lr=2e-3, weight_decay=0.05, patience=14)
CONTENT_ALONE = AlignConfig(kind="none", alpha=0.0)


def train_id_model(
    split: Split,
    model: str = "sasrec",
    *,
    config=None,
    loss: LossConfig = LossConfig(),
    recipe: TrainingConfig = ID_RECIPE,
    epochs: int | None = None,
    seed: int = 0,
    out: Path | str | None = None,
    label: str = "",
    command: str = "",
    report: Report = silent,
) -> IDModel:
    """An ID model, one of `molar.storage.checkpoint.ID_MODELS`, on the training prefixes: every position predicts its next item.

    config: the model's own, such as `SASRecConfig`; items of no training prefix are never a target, a negative or an
    input. label: the name under which results list it. With `out`, the model is saved there, a finished one of the same
    settings is loaded instead, and an unfinished one taken up. Raises MolarError if there is nothing to learn from,
    Cancelled when `report` does."""
    build_model, config_class = id_model_classes(model)
    config = config or config_class(**data_sizes(config_class, split))
    recipe = dataclasses.replace(recipe, epochs=recipe.epochs if epochs is None else epochs)
    require_training_data(split)

    def build() -> IDModel:
        built = build_model(config)
        built.zero_untrained(torch.from_numpy(split.cold), torch.from_numpy(split.train_ends < 2))
        return built

    def measure(model: nn.Module, batch: Batch, rng: np.random.Generator):
        value, states = next_item(model, batch, rng)
        parts = {"loss": value.item()}
        if regularise:
            extra = regularise(model, batch, states, rng)
            parts["contrast"] = extra.item()
            value = value + config.contrast * extra
        return value, parts

    next_item, regularise = NextItemLoss(split, loss), build_model.auxiliary_loss(config, split)
    settings = {"class": build_model.__name__, "loss": dataclasses.asdict(loss)}
    about = {"command": command, "label": label or model}
    return run_training(
        build, measure, split, config, recipe, settings=settings, about=about, seed=seed, out=out, report=report
    )


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
    id_model: IDModel | None = None,
    *,
    config: ContentConfig | None = None,
    align: AlignConfig = AlignConfig(),
    loss: LossConfig = LossConfig(),
    recipe: TrainingConfig = CONTENT_RECIPE,
    epochs: int | None = None,
    seed: int = 0,
    out: Path | str | None = None,
    label: str = "",
    command: str = "",
    encoder: dict | None = None,
    vectors_file: str = "",
    report: Report = silent,
) -> ContentUserEncoder:
    """The content tower with α times the alignment to the ID tower: L = L_rec + α · L_align (Eq. 5).

    vectors: item vectors (n_items + 1, dim_in). Without alignment (α = 0) it is the model "content": same start, batches,
    dropout and steps, and no ID model (but in a fused tower). L_rec is by default the softmax over the warm catalogue in
    place of the paper's one-negative BCE (Eq. 3), over cosines plus the model's prior of popularity. Users of
    `split.held_out` take part in L_rec and never in the alignment. A joint ID tower starts from `id_model`, which stays
    as it is, learns by the same loss, and is saved as `out`/id_tower. encoder: the fingerprint of the vectors, saved
    beside the tower, which then refuses others; vectors_file: the name of their file. `label`, `out` and errors:
    `train_id_model`."""
    align = align if align.active else CONTENT_ALONE
    config = dataclasses.replace(config or ContentConfig(dim_in=vectors.shape[1]), rotated=align.kind == "procrustes")
    recipe = dataclasses.replace(recipe, epochs=recipe.epochs if epochs is None else epochs)
    require_training_data(split)
    if len(vectors) != split.dataset.n_items + 1:
        raise MolarError(f"{len(vectors) - 1} item vectors for {split.dataset.n_items} items: encode this dataset.")
    reads_ids = align.active or config.fusion != "none"
    if reads_ids:
        _require_fitting(id_model, config)
    if config.fusion != "none" and align.id_tower == "joint":
        raise MolarError("A fused tower's ID tower is frozen: give fusion=none or id_tower=frozen.")
    if config.decoder == "backbone":
        from molar.backbones.hub import backbone_folder, backbone_sha256

        config = dataclasses.replace(config, backbone_sha256=backbone_sha256(backbone_folder(config.backbone)))
    joint = align.trains and align.id_tower == "joint"

    def build() -> nn.Module:
        model = ContentUserEncoder(config)
        model.set_item_vectors(vectors)
        model.set_counts(split.train_counts())
        model.fit_scaling(torch.from_numpy(split.train_counts() > 0))
        if config.fusion != "none":
            model.set_id_model(id_model)
        return JointModels(model, _copy(id_model)) if joint else model

    def turn(model: nn.Module) -> None:
        if config.rotated:
            model.set_rotation(fitted_rotation(model, id_model, split))

    settings = {
        "class": ContentUserEncoder.__name__,
        "align": dataclasses.asdict(align),
        "loss": dataclasses.asdict(loss),
        "vectors": sha16([vectors]),
    }
    if reads_ids:
        id_model.eval().requires_grad_(False)
        settings["id_model"] = state_hash(id_model)
    about = {"command": command, "label": label or Path(out or "content").name, "vectors_file": vectors_file}
    about |= {"encoder": encoder} if encoder else {}
    model = run_training(
        build,
        _content_loss(split, align, loss, id_model, seed),
        split,
        config,
        recipe,
        settings=settings,
        about=about,
        seed=seed,
        out=out,
        report=report,
        finish=turn,
    )
    model.set_item_vectors(vectors)
    model.set_counts(split.train_counts())
    return model


def _content_loss(split: Split, align: AlignConfig, loss: LossConfig, id_model: IDModel | None, seed: int):
    """What `fit` minimises: L_rec + α · L_align, and the ID tower's own L_rec where that trains too."""
    next_item = NextItemLoss(split, loss)
    aligned = AlignmentLoss(align, split, id_model, seed) if align.trains else None
    joint = align.trains and align.id_tower == "joint"
    regularise = type(id_model).auxiliary_loss(id_model.config, split) if joint else None

    def measure(model: nn.Module, batch: Batch, rng: np.random.Generator):
        own = rng.spawn(1)[0]  # of the alignment, so that negatives are drawn as they are without it
        content = model.content if joint else model
        value, states = next_item(content, batch, rng)
        parts = {"loss": value.item()}
        if aligned is None:
            return value, parts
        other = model.id_tower if joint else id_model.to(states.device)
        with torch.random.fork_rng(enabled=joint):  # the content tower's dropout, too
            if joint:
                id_value, id_states = next_item(other, batch, own)
                extra = regularise(other, batch, id_states, own) * other.config.contrast if regularise else 0.0
                parts["id_loss"] = id_value.item()
                value = value + id_value + extra
            else:
                id_states = _frozen_states(other, batch) if aligned.reads_states else None
        penalty = aligned(content, other, batch, states, id_states, own)
        parts["alignment"] = penalty.item()
        return value + align.alpha * penalty, parts  # Eq. 5

    return measure


@torch.no_grad()
def _frozen_states(id_model: IDModel, batch: Batch) -> torch.Tensor:
    """What the ID tower says after each prefix, (batch, length, dim); it knows training users by their numbers."""
    device = next(id_model.parameters()).device
    return id_model(torch.from_numpy(batch.items).to(device), torch.from_numpy(batch.users).to(device))


def _require_fitting(id_model: IDModel | None, config: ContentConfig) -> None:
    """Raises MolarError unless the ID tower is there, as wide as the content tower, and reads as long a history."""
    if id_model is None or id_model.config.dim != config.dim:
        other = (
            ""
            if id_model is None
            else f", not {id_model.config.dim}: give --set dim={id_model.config.dim}, or such a model"
        )
        raise MolarError(f"This tower needs an ID model of width {config.dim}{other}.")
    if id_model.config.max_length < config.max_length:
        raise MolarError(
            f"The ID model reads {id_model.config.max_length} items of a history and this tower {config.max_length}: "
            f"give --set max_length={id_model.config.max_length}, or train an ID model that reads as many."
        )


def _copy(id_model: IDModel) -> IDModel:
    """The same tower again, free to learn."""
    return copy.deepcopy(id_model).requires_grad_(True).train()
