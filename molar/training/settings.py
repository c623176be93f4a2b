"""Settings given as text, `NAME=VALUE`, for a model, its loss and its training: each goes where the name is known."""

import dataclasses
from collections.abc import Sequence
from math import isfinite
from typing import cast

from molar.core.errors import MolarError
from molar.data.splits import Split
from molar.models.content import ContentConfig
from molar.models.zoo import ITEM_TO_ITEM
from molar.training.alignment import AlignConfig
from molar.training.closed_form.item_to_item import CHOSEN
from molar.training.config import CONTENT_TRAINING, ID_TRAINING
from molar.training.losses import LossConfig
from molar.training.train import data_sizes, id_model_classes

NUMBERS = {int: "a whole number", float: "a finite number"}
RENAMED = {("align", "kind"): "align"}  # `kind` is the loss's
ALIASES = {"id_model": "id_tower"}  # the field's name → the one that is stored
# They follow from the vectors, the data, the alignment and the backbone.
NOT_SET = {"dim_in", "catalogue_size", "rotated", "backbone_sha256"}


def id_settings(model: str, split: Split, given: Sequence[str]) -> dict:
    """`config`, `loss` and `training` of `train_id_model`, from its defaults and what is `given`, such as ["dim=64"].

    Raises MolarError for a name that none of them has, or a value that is no number where one is needed."""
    _, config_class = id_model_classes(model)
    sizes = data_sizes(config_class, split)
    return _read({"config": config_class(**sizes), "loss": LossConfig(), "training": ID_TRAINING}, set(sizes), given)


def item_to_item_settings(model: str, split: Split, given: Sequence[str]) -> dict:
    """`config` and `choose` of `fit_item_to_item`, as `id_settings`: what is given is not chosen.

    Raises MolarError also where the catalogue is too large for such a model."""
    _, config_class = ITEM_TO_ITEM[model]
    sizes = data_sizes(config_class, split)
    parts = _read({"config": config_class(**sizes)}, set(sizes), given)
    names = {text.partition("=")[0] for text in given}
    return parts | {"choose": tuple(name for name in CHOSEN if name not in names)}


def content_settings(dim_in: int, given: Sequence[str]) -> dict:
    """`config`, `align`, `loss` and `training` of `train_molar` for item vectors of width `dim_in`, as `id_settings`.

    The kind of the alignment is called `align` here, since `kind` is the kind of the loss."""
    parts = {
        "config": ContentConfig(dim_in),
        "align": AlignConfig(),
        "loss": LossConfig(),
        "training": CONTENT_TRAINING,
    }
    return _read(parts, NOT_SET, given)


def _read(parts: dict, own: set[str], given: Sequence[str]) -> dict:
    """The parts with what is given, by the names of their fields; those in `own` are no settings."""
    known = {
        RENAMED.get((part, field.name), field.name): (part, field)
        for part, value in parts.items()
        for field in dataclasses.fields(value)
        if field.name not in own
    }
    wanted: dict[str, dict] = {part: {} for part in parts}
    for text in given:
        name, equals, value = text.partition("=")
        name = ALIASES.get(name, name)
        if not equals or name not in known:
            raise MolarError(f"--set {text!r}: give NAME=VALUE, where NAME is one of {', '.join(known)}.")
        part, field = known[name]
        kind = cast(type, field.type)  # never its name: a test holds every field to a class that reads text
        try:
            wanted[part][field.name] = kind(value)
            if kind is float and not isfinite(wanted[part][field.name]):
                raise ValueError
        except ValueError:
            raise MolarError(f"--set {text!r}: {value!r} is not {NUMBERS[kind]}.") from None
    return {part: dataclasses.replace(value, **wanted[part]) for part, value in parts.items()}
