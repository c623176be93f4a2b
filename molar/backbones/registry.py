"""Backbones by name: which repository of the model hub a name stands for, at which commit. Nothing is fetched unasked.

Only configs, tokenizer files and safetensors are taken; code of the repository never is.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from molar.core.errors import MolarError
from molar.core.progress import Report, silent

TAKEN = ["*.json", "*.safetensors", "*.txt", "*.jinja", "*.model"]


@dataclass(frozen=True)
class HubModel:
    """One state of one repository: `revision` is a full commit hash, since a branch would change under our feet."""

    repository: str
    revision: str


HUB = {
    "smolvlm-256m": HubModel("HuggingFaceTB/SmolVLM-256M-Instruct", "7e3e67edbbed1bf9888184d9df282b700a323964"),
    "qwen2-vl-2b": HubModel("Qwen/Qwen2-VL-2B-Instruct", "895c3a49bc3fa70a340399125c650a463535e71c"),
    "qwen2-vl-7b": HubModel("Qwen/Qwen2-VL-7B-Instruct", "eed13092ef92e448dd6875b2a00151bd3f7db0ac"),
    "qwen2.5-vl-3b": HubModel("Qwen/Qwen2.5-VL-3B-Instruct", "66285546d2b821cf421d4f5eb2576359d3770cd3"),
    "qwen3-vl-2b": HubModel("Qwen/Qwen3-VL-2B-Instruct", "89644892e4d85e24eaac8bacfd4f463576704203"),
}
NAMES = ("nano", *HUB)


def hub_model(name: str) -> HubModel | None:
    """The hub model that `name` stands for: a name of `HUB`, or ORG/MODEL@COMMIT. None for any other name.

    Raises `MolarError` for ORG/MODEL@ with anything but a full commit hash.
    """
    if name in HUB:
        return HUB[name]
    repository, found, revision = name.partition("@")
    if not found or Path(name).exists():
        return None
    if not (re.fullmatch(r"[\w.-]+/[\w.-]+", repository) and re.fullmatch(r"[0-9a-f]{40}", revision)):
        raise MolarError(f"The backbone {name!r} is not pinned: write ORG/MODEL@COMMIT, all 40 digits of the commit.")
    return HubModel(repository, revision)


def hub_folder(name: str, model: HubModel) -> Path:
    """Where a fetched hub model lies. Raises `MolarError` when it has not been fetched, or not to its end."""
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        folder = _snapshot(model, local_files_only=True)
    except (LocalEntryNotFoundError, OSError):
        folder = None
    if folder is None or not (folder / "config.json").exists() or not _whole(folder):
        raise MolarError(f"The backbone {name!r} is not here: run `python -m molar fetch-backbone {name}`.")
    return folder


def _whole(folder: Path) -> bool:
    """Whether all weights are here: every file that the index of a model in several files names, or any file at all."""
    index = folder / "model.safetensors.index.json"
    if not index.exists():
        return any(folder.glob("*.safetensors"))
    try:
        wanted = json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return False
    return all((folder / name).is_file() for name in wanted)


def fetch_hub_model(model: HubModel, *, report: Report = silent) -> Path:
    """Download what is missing of a hub model at its pinned commit; interrupted, the same call resumes.

    Returns its folder. Raises `MolarError` when the hub cannot be reached or does not have it.
    """
    from huggingface_hub.errors import HfHubHTTPError

    report(0, 1, f"{model.repository} at {model.revision[:8]}")
    try:
        folder = _snapshot(model, local_files_only=False)
    except (HfHubHTTPError, OSError, ValueError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise MolarError(
            f"{model.repository} could not be fetched from the model hub ({reason}): try again where the hub can be "
            "reached, or give a folder that holds it."
        ) from error
    report(1, 1, str(folder))
    return folder


def refuse_unknown(name: str) -> MolarError:
    """What to say of a name that stands for nothing."""
    return MolarError(
        f"There is no backbone {name!r}: give one of {', '.join(NAMES)}, ORG/MODEL@COMMIT with all 40 digits, or a "
        "folder with a config.json."
    )


def _snapshot(model: HubModel, *, local_files_only: bool) -> Path:
    from huggingface_hub import snapshot_download

    return Path(
        snapshot_download(
            model.repository, revision=model.revision, allow_patterns=TAKEN, local_files_only=local_files_only
        )
    )
