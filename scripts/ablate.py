"""One factor at a time from the default: every content model of the ablation tables, trained and logged one after another.

    python -m scripts.ablate DATASET --work build/ablations --vectors FOLDER --id-models FOLDER \\
        --out results/ablations.json [--only alpha,tau] [--jobs 2] [--list]

The default is `molar`: what `train-content` does when nothing else is said, aligned to the ID model "sasrec". Each other
trial differs in one thing (`scripts.ablation_plan`). `--vectors` is a folder with vectors.safetensors, the default's, and
beside it whatever the trials over other item vectors read; `--id-models` holds ID models in folders called sasrec, fpmc,
gru4rec and duorec. A trial whose vectors or ID model are not there waits, and `--list` says for what. One seed each:
exploratory. Validation chooses; the test split is never read here: `python -m molar evaluate-content WORK/default
WORK/TABLE` does, once. Killed, the same command goes on; a finished trial is not trained again.
"""

import argparse
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from molar.core.errors import MolarError
from molar.core.io import write_json
from molar.core.progress import remaining
from molar.experiments.results import read_entries
from molar.storage.checkpoint import CONFIG, read_meta, weights_sha256
from scripts import entry
from scripts.ablation_plan import PLAN, Trial, chosen


@dataclass(frozen=True)
class Runner:
    """Where the trials are trained and from what."""

    dataset: Path
    work: Path
    vectors: Path
    id_models: Path
    out: Path
    seed: int = 0
    epochs: int | None = None
    settings: tuple[str, ...] = ()  # of every trial, before its own

    def folder(self, trial: Trial) -> Path:
        return self.work / trial.table / trial.label / f"seed-{self.seed}"

    def arguments(self, trial: Trial) -> list[str]:
        """Those of `python -m molar`."""
        chosen = [part for setting in (*self.settings, *trial.settings) for part in ("--set", setting)]
        epochs = [] if self.epochs is None else ["--epochs", str(self.epochs)]
        # The alignment is named, so that a row's command says all that it is.
        own = [] if any(one.startswith("align=") for one in trial.settings) else ["--set", "align=infonce"]
        return [
            "train-content",
            str(self.dataset),
            "--checkpoint",
            str(self.work / trial.table),
            "--name",
            f"{trial.label}/seed-{self.seed}",
            "--vectors",
            str(self._vectors(trial)),
            "--id-model",
            str(self._id_model(trial)),
            "--seed",
            str(self.seed),
            *epochs,
            *own,
            *chosen,
        ]

    def command(self, trial: Trial) -> str:
        return shlex.join(["python", "-m", "molar", *self.arguments(trial)])

    def finished(self, trial: Trial) -> bool:
        """Whether the trial is trained, by this very command."""
        try:
            return read_meta(self.folder(trial)).get("command") == self.command(trial)
        except MolarError:
            return False

    def waits_for(self, trial: Trial) -> list[Path]:
        """What is not there yet."""
        needed = [self._vectors(trial), self._id_model(trial) / CONFIG]
        return [path for path in needed if not path.exists()]

    def log_entry(self, trial: Trial, seconds: float) -> dict:
        """What the log says of a finished trial."""
        folder = self.folder(trial)
        meta = read_meta(folder)
        return {
            "label": trial.label,
            "factor": trial.factor,
            "table": trial.table,
            "settings": [*self.settings, *trial.settings],
            "vectors": trial.vectors,
            "id_model": trial.id_model,
            "validation_ndcg@10": meta["validation"]["ndcg@10"],
            "best_epoch": meta["best_epoch"],
            "epochs": meta["epochs"],
            "seconds": round(seconds, 1),
            "seed": self.seed,
            "data_hash": meta["data_hash"],
            "split_hash": meta["split_hash"],
            "weights_sha256": weights_sha256(folder),
            "command": meta["command"],
        }

    def _vectors(self, trial: Trial) -> Path:
        return self.vectors / f"{trial.vectors}.safetensors"

    def _id_model(self, trial: Trial) -> Path:
        return self.id_models / trial.id_model


def train(arguments: Sequence[str], log: Path, threads: int) -> None:
    """Run `python -m molar` in a process of its own; what it prints goes to `log`. Raises MolarError when it fails."""
    log.parent.mkdir(parents=True, exist_ok=True)
    limits = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))
    with log.open("a", encoding="utf-8") as file:
        done = subprocess.run(
            [sys.executable, "-m", "molar", *arguments], stdout=file, stderr=file, env=os.environ | limits
        )
    if done.returncode:
        last = (log.read_text(encoding="utf-8").strip().splitlines() or ["it said nothing"])[-1]
        raise MolarError(f"the training that {log} tells of ended with {done.returncode}: {last}")


def ablate(runner: Runner, plan: Sequence[Trial], *, jobs: int = 1, say=print) -> list[dict]:
    """Train what is missing of the plan, `jobs` at a time, log each trial as it ends, and return the log.

    A failure does not stop the others: it is told, and raised as MolarError at the end."""
    ready = [trial for trial in plan if not runner.finished(trial) and not runner.waits_for(trial)]
    for trial in (trial for trial in plan if not runner.finished(trial) and runner.waits_for(trial)):
        say(f"{trial.label} waits for {', '.join(map(str, runner.waits_for(trial)))}")
    threads = int(os.environ.get("OMP_NUM_THREADS") or max(1, (os.cpu_count() or 1) // jobs))
    began, failed = time.monotonic(), []

    def one(trial: Trial) -> float:
        started = time.monotonic()
        train(runner.arguments(trial), runner.folder(trial).with_suffix(".log"), threads)
        return time.monotonic() - started

    with ThreadPoolExecutor(jobs) as pool:
        running = {pool.submit(one, trial): trial for trial in ready}
        try:
            for done, future in enumerate(as_completed(running), start=1):
                trial = running[future]
                try:
                    seconds = future.result()
                except MolarError as error:
                    failed.append(trial.label)
                    say(f"{done} of {len(ready)}: {trial.label} failed. {error}")
                    continue
                logged = write_log(runner.out, runner.log_entry(trial, seconds))
                left = remaining((time.monotonic() - began) / done * (len(ready) - done))
                reached = f"validation NDCG@10 {logged['validation_ndcg@10']:.4f}"
                say(f"{done} of {len(ready)}: {trial.label}: {reached}, {remaining(seconds)}; about {left} left")
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    if failed:
        raise MolarError(f"{', '.join(failed)} failed; the same command tries again.")
    return read_entries(runner.out, "trials")


def write_log(out: Path, made: dict) -> dict:
    """Put one trial into the log, in the order of the plan, and return it."""
    key = ("label", "seed", "data_hash")
    log = [
        old for old in read_entries(out, "trials") if [old[name] for name in key] != [made[name] for name in key]
    ] + [made]
    places = {trial.label: place for place, trial in enumerate(PLAN)}
    log.sort(key=lambda old: (old["data_hash"], places.get(old["label"], len(places)), old["seed"]))
    write_json(out, {"trials": log}, one_per_line="trials")
    return made


def listing(runner: Runner, plan: Sequence[Trial]) -> str:
    """The plan, a trial a line: its state, table, factor, and what makes it."""
    lines = []
    for trial in plan:
        waits = runner.waits_for(trial)
        state = (
            "finished" if runner.finished(trial) else f"waits for {', '.join(map(str, waits))}" if waits else "ready"
        )
        lines.append(f"{trial.label:18} {trial.table:10} {trial.factor:11} {state}\n    {runner.command(trial)}")
    return "\n".join(lines)


def main() -> int:
    """Train, or list. Returns the exit code."""
    parser = entry.parser("scripts.ablate", __doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--work", type=Path, required=True, help="folder for the trained models")
    parser.add_argument("--vectors", type=Path, required=True, help="folder with vectors.safetensors and others")
    parser.add_argument("--id-models", type=Path, required=True, help="folder with sasrec, fpmc, gru4rec and duorec")
    parser.add_argument("--out", type=Path, required=True, help="the log, such as results/ablations.json")
    parser.add_argument("--only", help="labels, factors or tables, separated by commas")
    what = "how many trainings at a time; they share the cores (default: 1)"
    parser.add_argument("--jobs", type=int, default=1, help=what)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, help="at most this many epochs of every trial")
    what = "a setting of every trial, before its own; may be repeated"
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", dest="settings", help=what)
    parser.add_argument("--list", action="store_true", help="print the plan and train nothing")
    return entry.run(parser, _ablate)


def _ablate(options: argparse.Namespace) -> None:
    plan = chosen(options.only)
    runner = Runner(
        options.dataset,
        options.work,
        options.vectors,
        options.id_models,
        options.out,
        options.seed,
        options.epochs,
        tuple(options.settings),
    )
    if options.list:
        print(listing(runner, plan))
    else:
        ablate(runner, plan, jobs=max(1, options.jobs))


if __name__ == "__main__":
    raise SystemExit(main())
