"""Training of the recommenders: `train_id_model`, then `train_molar` (Eq. 5), whose α = 0 is the content model alone."""

import copy
import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch

from molar.core.errors import MolarError
from molar.core.hashing import sha16
from molar.core.progress import Report, silent
from molar.data.splits import Split
from molar.evaluation.choosing_users import choosing_users
from molar.evaluation.new_items import NEW_ITEMS_OFFSET, choose_offset
from molar.evaluation.ranking import ModelScorer
from molar.models.content import ContentConfig, ContentUserEncoder
from molar.models.id_model import IDModel
from molar.models.interface import trained_items
from molar.models.zoo import ID_MODELS, ITEM_TO_ITEM
from molar.storage.checkpoint import state_hash
from molar.training.alignment import AlignConfig, fitted_rotation
from molar.training.config import CONTENT_TRAINING, ID_TRAINING, TrainingConfig
from molar.training.joint import JointModels
from molar.training.losses import LossConfig
from molar.training.objectives import content_model_loss, id_model_loss
from molar.training.run import require_training_data, run_training

CONTENT_ALONE = AlignConfig(kind="none", alpha=0.0)


def train_id_model(
    split: Split,
    model: str = "sasrec",
    *,
    config: Any = None,
    loss: LossConfig = LossConfig(),
    training: TrainingConfig = ID_TRAINING,
    epochs: int | None = None,
    seed: int = 0,
    out: Path | str | None = None,
    label: str = "",
    command: str = "",
    report: Report = silent,
) -> IDModel:
    """An ID model, one of `molar.models.zoo.ID_MODELS`, on the training prefixes: every position predicts its next item.

    config: the model's own, such as `SASRecConfig`; items of no training prefix are never a target, a negative or an
    input. epochs: instead of the training config's. label: the name under which results list it. With `out`, the model
    is saved there, a finished one of the same settings is loaded instead, and an unfinished one taken up. Raises
    MolarError if there is nothing to learn from, Cancelled when `report` does."""
    build_model, config_class = id_model_classes(model)
    config = config or config_class(**data_sizes(config_class, split))
    require_training_data(split)
    loss = loss.resolved(split)

    def build() -> IDModel:
        built = build_model(config)
        built.zero_untrained(torch.from_numpy(split.cold), torch.from_numpy(split.train_ends < 2))
        return built

    settings: dict[str, Any] = {"class": build_model.__name__, "loss": dataclasses.asdict(loss)}
    trained = run_training(
        build,
        id_model_loss(build_model, config, split, loss),
        split,
        config,
        _with_epochs(training, epochs),
        settings=settings,
        about={"command": command, "label": label or model},
        seed=seed,
        out=out,
        report=report,
    )
    return cast(IDModel, trained)


def id_model_classes(model: str) -> tuple[type[IDModel], type]:
    """The class of an ID model that is trained by gradient and of its config, by name. Raises MolarError for another one."""
    if model in ITEM_TO_ITEM:
        raise MolarError(f"{model} is not trained by gradient: molar.training.closed_form solves it.")
    if model not in ID_MODELS:
        raise MolarError(f"There is no ID model {model!r}: known are {', '.join([*ID_MODELS, *ITEM_TO_ITEM])}.")
    return ID_MODELS[model]


def data_sizes(config_class: type, split: Split) -> dict[str, int]:
    """What a config takes from the data: n_items, and n_users or n_trained where it has a field for them."""
    trained = int(trained_items(split).sum())
    sizes = {"n_items": split.dataset.n_items, "n_users": split.dataset.n_users, "n_trained": trained}
    return {field.name: sizes[field.name] for field in dataclasses.fields(config_class) if field.name in sizes}


def _with_epochs(training: TrainingConfig, epochs: int | None) -> TrainingConfig:
    return training if epochs is None else dataclasses.replace(training, epochs=epochs)


def train_molar(
    split: Split,
    vectors: np.ndarray,
    id_model: IDModel | None = None,
    *,
    config: ContentConfig | None = None,
    align: AlignConfig = AlignConfig(),
    loss: LossConfig = LossConfig(),
    training: TrainingConfig = CONTENT_TRAINING,
    epochs: int | None = None,
    seed: int = 0,
    out: Path | str | None = None,
    label: str = "",
    command: str = "",
    encoder: dict | None = None,
    vectors_file: str = "",
    report: Report = silent,
) -> ContentUserEncoder:
    """The content model with α times the alignment to the ID model: L = L_rec + α · L_align (Eq. 5).

    vectors: item vectors (n_items + 1, dim_in). Without alignment (α = 0) it is the model "content": same start, batches,
    dropout and steps, and no ID model (but in a fused one). L_rec is by default the softmax over the warm catalogue in
    place of the paper's one-negative BCE (Eq. 3), over cosines plus the model's prior of popularity. Users of
    `split.held_out` take part in L_rec and never in the alignment. A joint ID model starts from `id_model`, which stays
    as it is, learns by the same loss, and is saved as `out`/id_tower. encoder: the fingerprint of the vectors, saved
    beside the model, which then refuses others; vectors_file: the name of their file. `epochs`, `label`, `out` and
    errors: `train_id_model`."""
    align = align if align.active else CONTENT_ALONE
    config = dataclasses.replace(config or ContentConfig(dim_in=vectors.shape[1]), rotated=align.kind == "procrustes")
    config = dataclasses.replace(config, catalogue_size=0 if config.residual == "none" else split.dataset.n_items)
    require_training_data(split)
    loss = loss.resolved(split)
    if len(vectors) != split.dataset.n_items + 1:
        raise MolarError(f"{len(vectors) - 1} item vectors for {split.dataset.n_items} items: encode this dataset.")
    ids = _fitting(id_model, config) if align.active or config.fusion != "none" else None
    if config.fusion != "none" and align.joint:
        raise MolarError("A fused content model's ID model is frozen: give fusion=none or id_tower=frozen.")
    if config.decoder == "backbone":
        from molar.backbones.hub import backbone_folder, backbone_sha256

        config = dataclasses.replace(config, backbone_sha256=backbone_sha256(backbone_folder(config.backbone)))

    settings: dict[str, Any] = {
        "class": ContentUserEncoder.__name__,
        "align": dataclasses.asdict(align),
        "loss": dataclasses.asdict(loss),
        "vectors": sha16([vectors]),
    }
    if ids:
        ids.eval().requires_grad_(False)
        settings["id_model"] = state_hash(ids)
    about: dict[str, Any] = {
        "command": command,
        "label": label or Path(out or "content").name,
        "vectors_file": vectors_file,
    }
    about |= {"encoder": encoder} if encoder else {}
    trained = run_training(
        _content_builder(config, split, vectors, ids, align),
        content_model_loss(split, align, loss, ids, seed),
        split,
        config,
        _with_epochs(training, epochs),
        settings=settings,
        about=about,
        seed=seed,
        out=out,
        report=report,
        finish=(lambda model: model.set_rotation(fitted_rotation(model, ids, split)))
        if ids and config.rotated
        else None,
        measured=lambda model: {NEW_ITEMS_OFFSET: _new_items_offset(model, split)},
    )
    model = cast(ContentUserEncoder, trained)
    model.set_item_vectors(vectors)
    model.set_counts(split.train_counts())
    return model


def _new_items_offset(model: ContentUserEncoder, split: Split) -> float:
    return choose_offset(ModelScorer("", model, split), split, users=choosing_users(split))


def _content_builder(
    config: ContentConfig, split: Split, vectors: np.ndarray, ids: IDModel | None, align: AlignConfig
) -> Callable[[], ContentUserEncoder | JointModels]:
    """Builds what is trained: the content model, and with it a copy of the ID model where that trains, too."""

    def build() -> ContentUserEncoder | JointModels:
        model = ContentUserEncoder(config)
        model.set_item_vectors(vectors)
        model.set_counts(split.train_counts())
        model.fit_scaling(torch.from_numpy(split.train_counts() > 0))
        if ids and config.fusion != "none":
            model.set_id_model(ids)
        if ids and align.joint:
            return JointModels(model, copy.deepcopy(ids).requires_grad_(True).train())
        return model

    return build


def _fitting(id_model: IDModel | None, config: ContentConfig) -> IDModel:
    """The ID model; MolarError unless it is there, as wide as the content model, and reads as long a history."""
    if id_model is None:
        raise MolarError(f"This content model needs an ID model of width {config.dim}.")
    width, reads = id_model.config.dim, id_model.config.max_length
    if width != config.dim:
        raise MolarError(
            f"This content model needs an ID model of width {config.dim}, not {width}: give --set dim={width}, or such a "
            "model."
        )
    if reads < config.max_length:
        raise MolarError(
            f"The ID model reads {reads} items of a history and this content model {config.max_length}: "
            f"give --set max_length={reads}, or train an ID model that reads as many."
        )
    return id_model
