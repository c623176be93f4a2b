"""How content is read, chosen on validation: adapter, scaling of the item vectors and user encoder, without and with a residual.

What is best differs by data: where many items are new a small MLP may read them better, where few are a linear map does.
Every combination is trained alike, from the same seed; the test split plays no part.
"""

import itertools
import json
import time
from pathlib import Path
from typing import Any

import numpy as np

from molar.core.errors import MolarError
from molar.core.hashing import sha16
from molar.core.io import write_json
from molar.core.progress import Report, silent
from molar.data.splits import Split, who_takes_part
from molar.training.epochs import validation_ndcg
from molar.training.settings import content_settings
from molar.training.train import CONTENT_ALONE, train_molar

CHOICE = "content-choice.json"
RESIDUALS = ("none", "free")  # of the content model as in the paper, and of the one that everything joins
DECODERS = ("light", "ema", "ema+light")
SCALINGS = ("whitened", "pca")
HIDDEN = (256, 0)  # of the adapter: a small MLP, or linear
EPOCHS = 5


def combinations(residual: str) -> list[list[str]]:
    """The settings that are tried with a residual, as `--set` takes them."""
    grid = itertools.product(DECODERS, SCALINGS, HIDDEN)
    return [
        [f"residual={residual}", f"decoder={decoder}", f"scaling={scaling}", f"hidden={hidden}"]
        for decoder, scaling, hidden in grid
    ]


def choose_content(
    split: Split,
    vectors: np.ndarray,
    checkpoint: Path | str,
    *,
    given: tuple[str, ...] = (),
    residuals: tuple[str, ...] = RESIDUALS,
    epochs: int = EPOCHS,
    seed: int = 0,
    command: str = "",
    report: Report = silent,
) -> dict[str, list[str]]:
    """Residual → the settings with the best validation NDCG@10, also in CHECKPOINT/content-choice.json, where `train` finds them.

    vectors: item vectors (n_items + 1, dim_in). given: settings that all combinations share, such as "dim=64". What was
    tried before with the same data, settings, epochs and seed is not trained again. Raises MolarError as `train_molar`
    does."""
    path = Path(checkpoint) / CHOICE
    basis: dict[str, Any] = {
        "data_hash": split.dataset.data_hash,
        "split_hash": split.split_hash,
        "vectors": sha16([vectors]),
        "given": list(given),
        "epochs": epochs,
        "seed": seed,
        **who_takes_part(split),
    }
    kept = _read(path)
    tried: list[dict] = kept["tried"] if kept and all(kept.get(name) == value for name, value in basis.items()) else []
    known = {tuple(one["settings"]) for one in tried}
    wanted = [settings for residual in residuals for settings in combinations(residual)]
    for done, settings in enumerate(wanted):
        report(done, len(wanted), " ".join(settings))
        if tuple(settings) in known:
            continue
        parts = content_settings(vectors.shape[1], [*given, *settings])
        began = time.process_time()
        model = train_molar(split, vectors, **parts | {"align": CONTENT_ALONE}, epochs=epochs, seed=seed)
        reached = {"ndcg@10": validation_ndcg(model, split), "cpu_seconds": round(time.process_time() - began, 1)}
        tried.append({"settings": settings} | reached)
        write_json(path, basis | {"command": command, "tried": tried, "chosen": _best(tried)})
    report(len(wanted), len(wanted), "")
    return _best(tried)


def chosen_settings(checkpoint: Path | str, split: Split, vectors: np.ndarray, residual: str) -> list[str]:
    """What `choose_content` chose for a checkpoint: settings for `content_settings`; [] where nothing was chosen.

    Raises MolarError where the choice was made for other data or vectors."""
    path = Path(checkpoint) / CHOICE
    kept = _read(path)
    if kept is None:
        return []
    here = {"data_hash": split.dataset.data_hash, "split_hash": split.split_hash, "vectors": sha16([vectors])}
    if any(kept.get(name) != value for name, value in here.items()):
        raise MolarError(f"{path} was chosen for other data or item vectors: run choose-content again, or delete it.")
    return [*kept["given"], *kept["chosen"].get(residual, [])]


def _best(tried: list[dict]) -> dict[str, list[str]]:
    by_residual = {
        residual: [one for one in tried if f"residual={residual}" in one["settings"]] for residual in RESIDUALS
    }
    return {
        residual: max(some, key=lambda one: one["ndcg@10"])["settings"]
        for residual, some in by_residual.items()
        if some
    }


def _read(path: Path) -> dict | None:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        return None
    except ValueError as error:
        raise MolarError(f"{path} is not valid JSON ({error}): delete it and run choose-content again.") from None
