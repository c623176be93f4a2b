"""CHECKPOINT/everything: which models are joined, with which weights, and by which weights' hashes they are known again."""

import dataclasses
import json
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from molar.core.errors import MolarError
from molar.core.io import write_atomically
from molar.core.schema import CONTENT, EVERYTHING, ID, ITEM_KNN, SLIST
from molar.storage.checkpoint import CONFIG, read_config, weights_sha256

CLASS = "Everything"
# The part that a member plays → its folder in a checkpoint. Item-kNN has none: it is counted from the histories.
FOLDERS = {CONTENT: f"{EVERYTHING}/{CONTENT}", ID: ID, SLIST: SLIST}


@dataclass(frozen=True)
class EverythingConfig:
    """How the members are joined (`molar.evaluation.score_fusion`).

    items: the item-to-item member, "slist" or "item-knn". weights: of content, ID and item-to-item. floor: the least
    item-to-item score. new_items_offset: logits on cold items. half_life: of item-kNN, in purchases; 0: it weighs all alike."""

    items: str
    weights: tuple[float, ...]
    floor: float = 0.01
    new_items_offset: float = 0.0
    half_life: float = 0.0

    def __post_init__(self):
        numbers = (*self.weights, self.floor, self.new_items_offset, self.half_life)
        if self.items not in (SLIST, ITEM_KNN) or len(self.weights) != 3 or not all(map(isfinite, numbers)):
            raise MolarError(
                f"items must be {SLIST} or {ITEM_KNN}, weights three finite numbers, not {self.items!r} and {self.weights}."
            )
        if min(*self.weights, self.half_life) < 0 or not self.floor > 0:
            raise MolarError(
                f"weights and half_life must be at least 0 and floor above 0, not {self.weights}, {self.half_life} and "
                f"{self.floor}."
            )

    @property
    def members(self) -> dict[str, str]:
        """The part that a member plays → its folder in a checkpoint, of those that were trained."""
        return {part: folder for part, folder in FOLDERS.items() if part != SLIST or self.items == SLIST}


def save_everything(checkpoint: Path | str, config: EverythingConfig, meta: dict) -> None:
    """Save how the members of a checkpoint are joined, and what there is to tell of it (command, data_hash, split_hash, …).

    Raises MolarError where a member is missing, or the disk is full."""
    checkpoint = Path(checkpoint)
    hashes = {part: weights_sha256(checkpoint / folder) for part, folder in config.members.items()}
    saved = {"class": CLASS, "config": dataclasses.asdict(config), "weights_sha256": hashes, "meta": meta}
    text = json.dumps(saved, indent=1, ensure_ascii=False) + "\n"
    write_atomically(checkpoint / EVERYTHING / CONFIG, text.encode())


def has_everything(checkpoint: Path | str) -> bool:
    """Whether a checkpoint says how everything is joined."""
    return (Path(checkpoint) / EVERYTHING / CONFIG).is_file()


def read_everything(checkpoint: Path | str) -> EverythingConfig:
    """How the members of a checkpoint are joined.

    Raises MolarError if it cannot be read, or was chosen for members with other weights than lie there now; each member
    tells itself of which data it is."""
    folder = Path(checkpoint) / EVERYTHING
    saved = read_config(folder)
    try:
        values = saved["config"]
        config = EverythingConfig(**values | {"weights": tuple(values["weights"])})
    except (TypeError, KeyError) as error:
        raise MolarError(f"{folder / CONFIG} does not fit {CLASS}: {error}. Train the models again.") from None
    for part, member in config.members.items():
        if weights_sha256(folder.parent / member) != saved["weights_sha256"].get(part):
            raise MolarError(
                f"{folder.parent / member} has been trained again since the weights of {folder} were chosen: run python -m "
                "molar train again, which chooses them anew."
            )
    return config
