"""Models on disk: `model.safetensors` and `config.json` (class, config, weights' sha256, meta). No pickle."""

import dataclasses
import hashlib
import json
from pathlib import Path

from safetensors.torch import load_file, save
from torch import nn

from molar.cache import write_atomically
from molar.errors import MolarError
from molar.id_models import SASRec, SASRecConfig
from molar.user_encoder import ContentConfig, ContentUserEncoder

WEIGHTS = "model.safetensors"
CONFIG = "config.json"
CLASSES = {"SASRec": (SASRec, SASRecConfig), "ContentUserEncoder": (ContentUserEncoder, ContentConfig)}
KEYS = {"class", "config", "weights_sha256", "meta"}


def save_model(folder: Path | str, model: nn.Module, meta: dict) -> None:
    """Save a tower and what there is to tell of its making (command, seed, data_hash, split_hash, epochs, …).

    Weights are stored in half precision, which is what every evaluation then reads; a loaded tower works in float32.
    The config is written last and names the weights' hash, so a half-written folder is noticed.
    Raises MolarError when the disk is full or not writable."""
    folder = Path(folder)
    weights = {name: tensor.detach().half().contiguous() for name, tensor in model.state_dict().items()}
    write_atomically(folder / WEIGHTS, save(weights))
    config = {
        "class": type(model).__name__,
        "config": dataclasses.asdict(model.config),
        "weights_sha256": weights_sha256(folder),
        "meta": meta,
    }
    write_atomically(folder / CONFIG, (json.dumps(config, indent=1, ensure_ascii=False) + "\n").encode())


def load_model(folder: Path | str) -> nn.Module:
    """The saved tower, dropout off. A content tower still needs `set_item_vectors`.

    Raises MolarError if a file is missing, unreadable, of another class or config, or not the one that was saved."""
    folder = Path(folder)
    saved = _read_config(folder)
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
    return model.eval()


def read_meta(folder: Path | str) -> dict:
    """What `save_model` was told of the model's making. Raises MolarError if it cannot be read."""
    return _read_config(Path(folder))["meta"]


def weights_sha256(folder: Path | str) -> str:
    """The sha256 (64 hex digits) of a model's weights file. Raises MolarError if there is none."""
    try:
        return hashlib.sha256((Path(folder) / WEIGHTS).read_bytes()).hexdigest()
    except OSError:
        raise MolarError(f"No trained model in {folder}: {WEIGHTS} is missing. Train it first.") from None


def _read_config(folder: Path) -> dict:
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
