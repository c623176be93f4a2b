"""Settings given as text, `NAME=VALUE`, for an ID model, its loss and its recipe: each goes where the name is known."""

import dataclasses
from collections.abc import Sequence
from math import isfinite

from molar.errors import MolarError
from molar.losses import LossConfig
from molar.split import Split
from molar.train import ID_RECIPE, data_sizes, id_model_classes

NUMBERS = {int: "a whole number", float: "a finite number"}


def id_settings(model: str, split: Split, given: Sequence[str]) -> dict:
    """`config`, `loss` and `recipe` of `train_id_model`, from its defaults and what is `given`, such as ["dim=64"].

    Raises MolarError for a name that none of them has, or a value that is no number where one is needed."""
    _, config_class = id_model_classes(model)
    parts = {"config": config_class(**data_sizes(config_class, split)), "loss": LossConfig(), "recipe": ID_RECIPE}
    own = set(data_sizes(config_class, split))
    known = {field.name: (part, field.type) for part, value in parts.items() for field in dataclasses.fields(value)
             if field.name not in own}  # fmt: skip
    wanted = {part: {} for part in parts}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or name not in known:
            raise MolarError(f"--set {text!r}: give NAME=VALUE, where NAME is one of {', '.join(known)}.")
        part, kind = known[name]
        try:
            wanted[part][name] = kind(value)
            if kind is float and not isfinite(wanted[part][name]):
                raise ValueError
        except ValueError:
            raise MolarError(f"--set {text!r}: {value!r} is not {NUMBERS[kind]}.") from None
    return {part: dataclasses.replace(value, **wanted[part]) for part, value in parts.items()}
