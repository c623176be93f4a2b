"""The search for each ID model's settings: the same number of trials and epochs for every model, validation alone.

    python -m scripts.search_id DATASET --out results/search-id.json --work build/search

The first trial of every model is START, the others draw their settings from SPACE by a seed of their own. A trial is
trained whole under `--work` and logged as it ends.
A finished trial is not repeated, so that the same command goes on after a stop. The test split is never read.
"""

import argparse
from pathlib import Path

import numpy as np

from molar.core.errors import MolarError
from molar.core.io import write_json
from molar.core.progress import Terminal
from molar.data.dataset import load_dataset
from molar.data.splits import leave_one_out
from molar.experiments.results import read_entries
from molar.models.zoo import ID_MODELS
from molar.storage.checkpoint import read_meta
from molar.training.settings import id_settings
from molar.training.train import train_id_model
from scripts import entry

TRIALS, EPOCHS = 4, 12
FIXED = {"max_length": 200, "precision": "bfloat16"}
START = {"lr": 2e-3, "batch_size": 32, "dropout": 0.2, "dim": 128, "kind": "full"}  # trial 0 of every model
ALL = {
    "lr": (1e-3, 2e-3, 4e-3),
    "batch_size": (16, 32),
    "dropout": (0.1, 0.2, 0.3, 0.4),
    "dim": (64, 128),
    "kind": ("full", "sampled", "gbce"),
    "negatives": (256, 1024),
}
SPACE = {
    "sasrec": {**ALL, "block": ("plain", "ligr"), "heads": (1, 2)},
    "gru4rec": {**ALL, "hidden": (128, 256)},
    "fpmc": ALL,
    "duorec": {**ALL, "heads": (1, 2), "contrast": (0.01, 0.1, 0.5), "tau": (0.1, 0.5)},
}


def draw(model: str, trial: int) -> dict:
    """The settings of one trial: START at first, then drawn by the model's name and the trial's number."""
    if trial == 0:
        return START | FIXED
    rng = np.random.default_rng([*model.encode(), trial])
    return {name: values[rng.integers(len(values))] for name, values in SPACE[model].items()} | FIXED


def best(log: list[dict], model: str) -> dict:
    """The trial of a model with the best validation NDCG@10. MolarError without any."""
    trials = [one for one in log if one["model"] == model]
    if not trials:
        raise MolarError(f"There is no trial of {model} in the log: run the search first.")
    return max(trials, key=lambda one: one["validation_ndcg@10"])


def search(dataset: Path, out: Path, work: Path, models: list[str], trials: int, command: str) -> list[dict]:
    """Run what is missing of the trials, write the log after each, and return it."""
    split = leave_one_out(load_dataset(dataset))
    log = read_entries(out, "trials")
    for trial in range(trials):
        for model in models:
            settings, folder = draw(model, trial), work / model / f"trial-{trial}"
            given = [f"{name}={value}" for name, value in settings.items()]
            parts = id_settings(model, split, given)
            train_id_model(
                split,
                model,
                epochs=EPOCHS,
                seed=0,
                out=folder,
                label=model,
                command=command,
                report=Terminal(f"{model}, trial {trial}"),
                **parts,
            )
            meta = read_meta(folder)
            made = {
                "model": model,
                "trial": trial,
                "settings": settings,
                "validation_ndcg@10": meta["validation"]["ndcg@10"],
                "best_epoch": meta["best_epoch"],
                "epochs": meta["epochs"],
                "seconds": round(sum(epoch["seconds"] for epoch in meta["curve"]), 1),
                "seed": 0,
                "dataset": split.dataset.name,
                "data_hash": split.dataset.data_hash,
                "split_hash": split.split_hash,
                "command": command,
            }
            log = [old for old in log if (old["model"], old["trial"]) != (model, trial)] + [made]
            log.sort(key=lambda old: (old["model"], old["trial"]))
            write_json(out, {"trials": log}, one_per_line="trials")
    return log


def main() -> int:
    """Search, and print each model's best trial. Returns the exit code."""
    parser = entry.parser("scripts.search_id", __doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--folders", action="store_true", help="print where the best trials lie, and search nothing")
    parser.add_argument("--out", type=Path, required=True, help="the log, such as results/search-id.json")
    parser.add_argument("--work", type=Path, required=True, help="folder for the trials' models")
    parser.add_argument("--models", nargs="+", choices=list(ID_MODELS), default=list(SPACE))
    parser.add_argument("--trials", type=int, default=TRIALS, help=f"of each model (default: {TRIALS})")
    return entry.run(parser, _search)


def _search(options: argparse.Namespace) -> None:
    if options.folders:
        for model in options.models:
            print(options.work / model / f"trial-{best(read_entries(options.out, 'trials'), model)['trial']}")
        return
    log = search(options.dataset, options.out, options.work, options.models, options.trials, options.command)
    for model in options.models:
        chosen = best(log, model)
        settings = " ".join(f"--set {name}={value}" for name, value in chosen["settings"].items())
        print(f"{model}: validation NDCG@10 {chosen['validation_ndcg@10']:.4f}, trial {chosen['trial']}: {settings}")


if __name__ == "__main__":
    raise SystemExit(main())
