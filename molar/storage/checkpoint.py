"""Models on disk: `model.safetensors` and `config.json` (class, config, weights' sha256, meta). No pickle."""

import dataclasses
import hashlib
import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save
from torch import nn

from molar.core.errors import MolarError
from molar.core.hashing import sha16
from molar.core.io import write_atomically
from molar.data.splits import Split, of_train_users
from molar.encoder.fingerprint import require_same
from molar.encoder.vectors import vectors_fingerprint
from molar.models.content import ContentUserEncoder
from molar.models.id_model import IDModel
from molar.models.interface import ID_MODEL, ITEM_VECTORS, NextItemModel, requires_items
from molar.models.item_to_item import ItemToItem
from molar.models.zoo import CLASSES, required

WEIGHTS = "model.safetensors"
CONFIG = "config.json"
ID_TOWER = "id_tower"  # the folder, in a content model's, of the ID model that was trained with it or is fused in it
KEYS = {"class", "config", "weights_sha256", "meta"}


def save_model(folder: Path | str, model: IDModel | ItemToItem | ContentUserEncoder, meta: dict) -> None:
    """Save a model and what there is to tell of its making (command, seed, data_hash, split_hash, epochs, …).

    Weights are stored in half precision (whole numbers as they are), which is what every evaluation then reads; a
    loaded model works in float32.
    The config is written last and names the weights' hash, so a half-written folder is noticed.
    Raises MolarError when the disk is full or not writable."""
    folder = Path(folder)
    weights = {name: _stored(tensor.detach()) for name, tensor in model.state_dict().items()}
    write_atomically(folder / WEIGHTS, save(weights))
    config = {
        "class": type(model).__name__,
        "config": dataclasses.asdict(model.config),
        "weights_sha256": weights_sha256(folder),
        "meta": meta,
    }
    write_atomically(folder / CONFIG, (json.dumps(config, indent=1, ensure_ascii=False) + "\n").encode())


def _stored(tensor: torch.Tensor) -> torch.Tensor:
    return (tensor.half() if tensor.is_floating_point() else tensor).contiguous()


def load_model(folder: Path | str) -> NextItemModel:
    """The saved model, dropout off. A content model still needs `set_item_vectors`.

    A fused model has its ID model, and one with the backbone's decoder what of it stayed frozen. Raises MolarError if a
    file is missing, unreadable, of another class or config, or not the one that was saved."""
    folder = Path(folder)
    saved = read_config(folder)
    try:
        build, config = CLASSES[saved["class"]]
    except KeyError:
        known = ", ".join(CLASSES)
        raise MolarError(f"{folder / CONFIG} names the class {saved['class']}; known are {known}.") from None
    try:
        model = build(config(**saved["config"]))
    except TypeError as error:
        raise MolarError(f"{folder / CONFIG} does not fit {saved['class']}: {error}.") from None
    if weights_sha256(folder) != saved["weights_sha256"]:
        raise MolarError(f"{folder / WEIGHTS} is not the file that {CONFIG} describes. Train the model again.")
    try:
        model.load_state_dict(load_file(folder / WEIGHTS), strict=True)
    except RuntimeError as error:
        raise MolarError(f"{folder / WEIGHTS} does not fit its {CONFIG}: {error}") from None
    if ID_MODEL in model.requires:
        model.set_id_model(load_model(folder / ID_TOWER))
    return model.eval()


def load_trained(folder: Path | str, split: Split, vectors: np.ndarray) -> NextItemModel:
    """`load_model` for work on these data: what requires item vectors has them, (n_items + 1, dim_in), and the counts of the
    users that it was trained on.

    Raises MolarError also for a model that was trained on other data or another split, whose histories may hold these
    targets, and for a content model of other item vectors."""
    folder, dataset = Path(folder), split.dataset
    saved = read_config(folder)
    here = {"data_hash": ("other data", dataset.data_hash), "split_hash": ("another split", split.split_hash)}
    if ITEM_VECTORS in required(saved["class"]):
        here["vectors"] = ("other item vectors", sha16([vectors]))
        beside = folder.parent / "vectors.safetensors"
        if beside.exists() and saved["meta"].get("vectors_file", "") in ("", beside.name):
            require_model_of_vectors(folder, beside)
    for key, (other, own) in here.items():
        if saved["meta"].get(key) != own:
            raise MolarError(
                f"{folder} was trained on {other} ({saved['meta'].get(key)}) than {dataset.root} gives ({own}): "
                "name what it was trained on, or train it again."
            )
    model = load_model(folder)
    if requires_items(model):
        model.set_item_vectors(vectors)
        model.set_counts(of_train_users(split, saved["meta"].get("train_users", 1.0)).train_counts())
    return model


def require_model_of_vectors(model: Path, vectors: Path) -> None:
    """Raise `MolarError` unless the content model in a folder was trained on vectors made as those at `vectors` were.

    A model that does not tell (`encoder` in the meta of its config.json) is taken at its word.
    """
    trained_on = read_meta(model).get("encoder")
    if trained_on:
        require_same(
            vectors_fingerprint(vectors),
            trained_on,
            f"The item vectors in {vectors}",
            f"those that {model} was trained on",
            "encode the items again as they were, or train again on these",
        )


def state_hash(model: nn.Module) -> str:
    """16 hex digits over a model's weights, as a content model's meta names the ID model that it was aligned to."""
    return sha16([tensor.cpu().numpy() for tensor in model.state_dict().values()])


def read_meta(folder: Path | str) -> dict:
    """What `save_model` was told of the model's making. Raises MolarError if it cannot be read."""
    return read_config(Path(folder))["meta"]


def weights_sha256(folder: Path | str) -> str:
    """The sha256 (64 hex digits) of a model's weights file. Raises MolarError if there is none."""
    try:
        return hashlib.sha256((Path(folder) / WEIGHTS).read_bytes()).hexdigest()
    except OSError:
        raise MolarError(f"No trained model in {folder}: {WEIGHTS} is missing. Train it first.") from None


def read_config(folder: Path) -> dict:
    """What a folder's config.json says: class, config, weights_sha256, meta. Raises MolarError if it cannot be read."""
    path = folder / CONFIG
    try:
        saved = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise MolarError(f"No trained model in {folder}: {CONFIG} is missing. Train it first.") from None
    except ValueError as error:
        raise MolarError(f"{path} is not valid JSON ({error}). Train the model again.") from None
    if not isinstance(saved, dict) or set(saved) != KEYS:
        raise MolarError(f"{path} must hold exactly {', '.join(sorted(KEYS))}. Train the model again.")
    return saved
