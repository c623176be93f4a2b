"""Item-to-item models on disk: half-life and ridge chosen on validation, solved, saved; or loaded, if it is there already."""

import dataclasses
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from molar.core.errors import MolarError
from molar.core.io import require_writable, write_json
from molar.core.memory import peak_memory_mb
from molar.core.progress import Report, silent
from molar.core.version import __version__
from molar.data.splits import Split, who_takes_part
from molar.evaluation.metrics import ndcg
from molar.evaluation.ranking import ModelScorer, evaluate_ranks
from molar.models.item_to_item import ItemToItem
from molar.models.zoo import ITEM_TO_ITEM
from molar.storage.checkpoint import load_model, read_meta, save_model
from molar.training.run import is_finished, require_training_data, run_key
from molar.training.train import data_sizes

CHOSEN = ("half_life", "ridge")
CHOICE = "choice.json"  # exists while a choice is unfinished: what was tried already
CHOOSING_USERS = 10_000  # at most so many validation users, evenly spread, choose


def fit_item_to_item(
    split: Split,
    model: str = "slist",
    *,
    config: Any = None,
    choose: Sequence[str] = CHOSEN,
    out: Path | str | None = None,
    label: str = "",
    command: str = "",
    report: Report = silent,
) -> ItemToItem:
    """An item-to-item model, one of `molar.models.zoo.ITEM_TO_ITEM`, solved on the training prefixes.

    config: the model's own, such as `SLISTConfig`. choose: which of `CHOSEN` validation NDCG@10 chooses, of the values of the
    model's `grid`: the half-life first, at the config's ridge, then the ridge at that half-life; without validation targets
    nothing is chosen. With `out`, the model is saved there, a finished one of the same settings is loaded instead, and what
    an unfinished choice has tried is not tried again. Nothing is random. Raises MolarError for an unknown model, a catalogue
    that is too large, or if there is nothing to learn from; Cancelled when `report` does."""
    if model not in ITEM_TO_ITEM:
        raise MolarError(f"There is no item-to-item model {model!r}: known are {', '.join(ITEM_TO_ITEM)}.")
    build, config_class = ITEM_TO_ITEM[model]
    config = config or config_class(**data_sizes(config_class, split))
    require_training_data(split)
    grid = {name: build.grid[name] for name in CHOSEN if name in choose}
    hashes = {"data_hash": split.dataset.data_hash, "split_hash": split.split_hash}
    told: dict[str, Any] = hashes | who_takes_part(split)
    run = run_key({"class": build.__name__, "config": dataclasses.asdict(config), "grid": grid} | told)
    out = Path(out) if out else None
    if out and is_finished(out, run):
        return load_model(out)  # type: ignore[return-value] # the run names the class
    if out:
        require_writable(out)
    tries = _Tries(split, build, run, out / CHOICE if out else None)
    total = sum(map(len, grid.values())) - len(grid) + 1  # the best half-life is tried at one of the ridges already
    for name, values in grid.items() if len(tries.users) else ():
        candidates = [dataclasses.replace(config, **{name: value}) for value in values]
        for candidate in candidates:
            report(len(tries.tried), total, "choosing on validation")
            tries.quality(candidate)
        config = max(candidates, key=tries.quality)  # the first of equals
    started, began = time.process_time(), time.perf_counter()
    fitted = build.fitted(split, config)
    seconds, waited = time.process_time() - started, time.perf_counter() - began
    if out:
        made = {"command": command, "label": label or model, "seed": 0, **told, "grid": grid, "tried": tries.tried}
        made |= {
            "molar": __version__,
            "validation": {"ndcg@10": tries.measured(fitted)},
            "cpu_seconds": {"fit": round(seconds, 1), "choice": round(tries.seconds, 1)},
            "training_seconds": round(waited, 2),
            "peak_memory_mb": round(peak_memory_mb()),
            "megabytes": round(2 * 4 * config.n_trained**2 / 1e6, 1),  # of the two matrices that it was solved in
            "run": run,
        }
        save_model(out, fitted, made)
        (out / CHOICE).unlink(missing_ok=True)
    return fitted


class _Tries:
    """Validation NDCG@10 of every config that was tried, kept in a file until the choice is made."""

    def __init__(self, split: Split, build: type[ItemToItem], run: str, path: Path | None):
        self.split, self.build, self.run, self.path = split, build, run, path
        users = split.evaluation_users("validation")
        self.users = users[:: -(-len(users) // CHOOSING_USERS) or 1]
        self.tried: list[dict] = []
        self.seconds = 0.0
        try:
            kept = json.loads(path.read_text(encoding="utf-8")) if path else {}
        except (OSError, ValueError):
            kept = {}
        if kept.get("run") == run:
            self.tried, self.seconds = kept["tried"], kept["seconds"]

    def quality(self, config: Any) -> float:
        """Validation NDCG@10 of a config, measured once."""
        values = {name: getattr(config, name) for name in CHOSEN}
        known = next((one for one in self.tried if values.items() <= one.items()), None)
        if known is None:
            started = time.process_time()
            known = values | {"ndcg@10": self.measured(self.build.fitted(self.split, config))}
            self.tried.append(known)
            self.seconds += time.process_time() - started
            if self.path:
                write_json(self.path, {"run": self.run, "seconds": self.seconds, "tried": self.tried})
        return known["ndcg@10"]

    def measured(self, model: ItemToItem) -> float:
        """NDCG@10 on the choosing users, 0 without any."""
        scorer = ModelScorer(self.build.__name__, model, self.split)
        ranks = evaluate_ranks(scorer, self.split, "validation", self.users)
        return float(ndcg(ranks, 10).mean()) if len(ranks) else 0.0


def describe_fit(folder: Path | str) -> str:
    """What was chosen for a saved model and what it took, in one sentence. Raises MolarError if there is none."""
    meta, fitted = read_meta(folder), load_model(folder)
    config = fitted.config  # type: ignore[attr-defined] # every item-to-item model has one
    seconds, tried = meta["cpu_seconds"], meta["tried"]
    chosen = f", the best of {len(tried)} tried in {seconds['choice']:,.0f} CPU-seconds" if tried else ""
    took = f"fitted in {seconds['fit']:,.1f} CPU-seconds and {meta['megabytes']:,.1f} MB"
    return (
        f"half-life {config.half_life or np.inf:g}, ridge {config.ridge:g}: validation NDCG@10 "
        f"{meta['validation']['ndcg@10']:.4f}{chosen}; {took}"
    )
