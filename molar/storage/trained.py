"""Trained models in folders: which there are, under which label and seed, and whether they are of the data at hand."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from molar.core.errors import MolarError
from molar.core.schema import MODELS
from molar.data.splits import Split
from molar.models.content import ContentUserEncoder
from molar.models.id_model import IDModel
from molar.models.interface import ITEM_VECTORS, NextItemModel
from molar.models.zoo import ID_MODELS, required
from molar.storage.checkpoint import CONFIG, ID_TOWER, load_trained, read_meta, weights_sha256
from molar.storage.everything import CLASS as JOINED
from molar.storage.everything import has_everything

TRAINS = {False: ("ID model", "train-id"), True: ("content model", "train-content")}


def find_id_models(folders: Sequence[str | Path]) -> dict[Path, tuple[str, int]]:
    """Folder → (label, seed) of every trained ID model in or beneath `folders`, sorted.

    An ID model that lies in the folder of the content model it was trained with is that one's. Raises MolarError where a
    folder holds none, and where two are of the same label and seed."""
    return _find(folders, content=False)


def find_content_models(folders: Sequence[str | Path]) -> dict[Path, tuple[str, int]]:
    """Folder → (label, seed) of every trained content model in or beneath `folders`, as `find_id_models`."""
    return _find(folders, content=True)


def find_everything(folders: Sequence[str | Path]) -> list[Path]:
    """The checkpoints in or beneath `folders` that join everything, sorted."""
    inside = {path for folder in map(Path, folders) for path in (folder, *folder.rglob("*")) if has_everything(path)}
    return sorted(inside)


def _find(folders: Sequence[str | Path], content: bool) -> dict[Path, tuple[str, int]]:
    what, verb = TRAINS[content]
    found = {}
    for folder in map(Path, folders):
        inside = [folder] if (folder / CONFIG).is_file() else sorted(path.parent for path in folder.rglob(CONFIG))
        inside = inside if inside == [folder] else [path for path in inside if _wanted(path, content)]
        if not inside:
            raise MolarError(f"There is no trained {what} in {folder}: python -m molar {verb} trains one.")
        for path in inside:
            meta = read_meta(path)
            found[path] = (str(meta.get("label") or path.name), int(meta.get("seed", 0)))
    by_name: dict[tuple[str, int], Path] = {}
    for path, name in sorted(found.items(), key=lambda entry: entry[1]):
        if name in by_name:
            if weights_sha256(path) == weights_sha256(by_name[name]):
                continue  # what is solved in closed form has no seed: the checkpoints of all seeds hold the same
            raise MolarError(
                f"{by_name[name]} and {path} are both {name[0]} with seed {name[1]}: name one of them, or train one of "
                "them under another label."
            )
        by_name[name] = path
    return {path: name for name, path in by_name.items()}


def _wanted(folder: Path, content: bool) -> bool:
    if reads_items(folder):
        return content
    return not content and model_class(folder) not in ("", JOINED) and not is_joint_id_model(folder)


def is_joint_id_model(folder: Path) -> bool:
    """Whether an ID model was trained together with the content model in whose folder it lies."""
    return folder.name == ID_TOWER and reads_items(folder.parent)


def load_id_model(folder: Path, split: Split):
    """The ID model of a folder, checked to be of these data and this split. Raises MolarError if it is not."""
    if reads_items(folder):
        raise MolarError(
            f"{folder} holds a content model, which needs item vectors: python -m molar evaluate-content measures it."
        )
    return load_trained(folder, split, vectors=np.empty((0, 0), np.float32))


def is_alignment_target(folder: Path) -> bool:
    """Whether a folder holds an ID model that a content model can be aligned to: one that is trained by gradient."""
    return model_class(folder) in {model.__name__ for model, _ in ID_MODELS.values()}


def load_alignment_target(folder: Path, split: Split) -> IDModel:
    """`load_id_model` of one that a content model can be aligned to, or fused with. Raises MolarError also for an
    item-to-item model, whose user vectors are histories."""
    model = load_id_model(folder, split)
    if not isinstance(model, IDModel):
        raise MolarError(
            f"{folder} holds an item-to-item model, to which nothing can be aligned: name one that python -m molar train-id "
            "trained by gradient, such as sasrec."
        )
    return model


def load_content_model(folder: Path, split: Split, vectors: np.ndarray) -> ContentUserEncoder:
    """The content model of a folder, over the vectors (n_items + 1, dim_in) that it was trained on, checked as
    `load_trained` does. Raises MolarError also where the folder holds an ID model."""
    model = load_trained(folder, split, vectors)
    if not isinstance(model, ContentUserEncoder):
        raise MolarError(f"{folder} holds an ID model: python -m molar evaluate-id measures it.")
    return model


def reads_items(folder: Path) -> bool:
    """Whether a folder holds a content model, one that requires item vectors."""
    return ITEM_VECTORS in required(model_class(folder))


def model_class(folder: Path) -> str:
    """The class that a folder's config.json names, "" where it is the config of something else than one trained model."""
    try:
        saved = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    one_model = isinstance(saved, dict) and isinstance(saved.get("weights_sha256"), str)
    return str(saved.get("class", "")) if one_model else ""


def load_checkpoint_models(
    folder: Path, split: Split, vectors: np.ndarray, names: Sequence[str] = MODELS
) -> dict[str, NextItemModel]:
    """Name → model, of those of `names` that the checkpoint `folder` holds, in the order of `names`.

    Raises MolarError for a model that does not fit these data (`load_trained`)."""
    held = [name for name in names if (folder / name / CONFIG).is_file()]
    return {name: load_trained(folder / name, split, vectors) for name in held}
