"""One factor at a time from the default: every tower of the ablation tables, trained one after another, logged as it ends.

    python -m scripts.ablate DATASET --work build/ablations --vectors FOLDER --id-models FOLDER \\
        --out results/ablations.json [--only alpha,tau] [--jobs 2] [--list]

The default is `molar`: what `train-content` does when nothing else is said, aligned to the ID model "sasrec". Each other
tower differs in one thing. `--vectors` is a folder with vectors.safetensors, the default's, and beside it whatever the
towers over other item vectors read; `--id-models` holds ID models in folders called sasrec, fpmc, gru4rec and duorec. A
tower whose vectors or ID model are not there waits, and `--list` says for what. One seed each: exploratory. Validation
chooses; the test split is never read here: `python -m molar evaluate-content WORK/default WORK/TABLE` does, once.
Killed, the same command goes on; a finished tower is not trained again.
"""

import argparse
import json
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
from molar.core.progress import remaining
from molar.experiments.results import write_json
from molar.storage.checkpoint import CONFIG, read_meta, weights_sha256

# Folders in --work: one a table of the results.
DEFAULT_TABLE, ALIGNMENT, ENCODERS, DECODER, SETTINGS = "default", "alignment", "encoders", "decoder", "settings"
NONE = ("align=none",)
# Where the search for the content tower's settings begins. Each trial names them all, so that it is the same whatever --set says.
START = (
    "blocks=1",
    "streams=2",
    "components=256",
    "hidden=256",
    "popularity=0.5",
    "dropout=0.2",
    "batch_size=64",
    "lr=0.002",
)


@dataclass(frozen=True)
class Tower:
    """One row of a table: what differs from the default, in the settings of `train-content`, the vectors or the ID model."""

    label: str
    factor: str
    table: str = ALIGNMENT
    settings: tuple[str, ...] = ()
    vectors: str = "vectors"
    id_model: str = "sasrec"


def _set(factor: str, name: str, *values: str) -> tuple[Tower, ...]:
    return tuple(Tower(f"{factor}-{value}", factor, settings=(f"{name}={value}",)) for value in values)


PLAN = (
    Tower("content", "default", DEFAULT_TABLE, NONE),
    Tower("molar", "default", DEFAULT_TABLE),
    *_set("align", "align", "cosine", "procrustes", "cka"),
    *_set("on", "on", "items", "both"),
    *_set("id_tower", "id_tower", "joint"),
    *(Tower(f"fusion-{kind}", "fusion", settings=(*NONE, f"fusion={kind}")) for kind in ("early", "middle", "late")),
    *(Tower(f"to-{model}", "aligned to", id_model=model) for model in ("fpmc", "gru4rec", "duorec")),
    *_set("targets", "targets", "random", "shuffled"),
    *_set("alpha", "alpha", "0.1", "1"),
    *_set("tau", "tau", "0.05", "0.2"),
    # SASRec over frozen vectors, through a linear adapter as the paper's baselines; then the default's own form over them.
    # ("random" alone is the name of the baseline that ranks at random.)
    *(
        Tower(label, "baseline", ENCODERS, (*NONE, "hidden=0", "streams=1"), kind)
        for label, kind in (("text", "text"), ("image", "image"), ("both", "both"), ("random-linear", "random"))
    ),
    *(Tower(f"{kind}-mlp", "baseline", ENCODERS, NONE, kind) for kind in ("both", "random")),
    Tower("hllm", "hllm", ENCODERS, NONE, "vectors-no-picture"),
    Tower("image-only", "input", ENCODERS, vectors="vectors-no-text"),
    Tower("text-only", "input", ENCODERS, vectors="vectors-no-picture"),
    *(Tower(f"without-{task}", "stage 1", ENCODERS, vectors=f"without-{task}") for task in ("it", "sa", "ub", "all")),
    Tower("plain-form", "stage 1", ENCODERS, vectors="plain-form"),  # of the loss of stage 1, the paper's
    Tower("tuned-elsewhere", "stage 1", ENCODERS, vectors="tuned-elsewhere"),
    Tower("decoder-backbone", "decoder", DECODER, ("decoder=backbone", "layers=4")),  # hours without a GPU
    # What the default's own sizes and recipe are chosen by, on validation; never measured on the test split.
    *(
        Tower(f"settings-{label}", "settings", SETTINGS, (*NONE, *START, *settings))
        for label, settings in {
            "start": (),
            "blocks-2": ("blocks=2",),
            "one-stream": ("streams=1",),
            "batch-32": ("batch_size=32",),
            "wide": ("components=768", "hidden=512"),
            "popularity-1": ("popularity=1",),
            "dropout-0.3": ("dropout=0.3",),
            "lr-0.001": ("lr=0.001",),
            "blocks-2-wide-32": ("blocks=2", "components=768", "hidden=512", "batch_size=32"),
        }.items()
    ),
)


@dataclass(frozen=True)
class Runner:
    """Where the towers are trained and from what."""

    dataset: Path
    work: Path
    vectors: Path
    id_models: Path
    out: Path
    seed: int = 0
    epochs: int | None = None
    settings: tuple[str, ...] = ()  # of every tower, before its own

    def folder(self, tower: Tower) -> Path:
        return self.work / tower.table / tower.label / f"seed-{self.seed}"

    def arguments(self, tower: Tower) -> list[str]:
        """Those of `python -m molar`."""
        chosen = [part for setting in (*self.settings, *tower.settings) for part in ("--set", setting)]
        epochs = [] if self.epochs is None else ["--epochs", str(self.epochs)]
        # The alignment is named, so that a row's command says all that it is.
        own = [] if any(one.startswith("align=") for one in tower.settings) else ["--set", "align=infonce"]
        return [
            "train-content",
            str(self.dataset),
            "--checkpoint",
            str(self.work / tower.table),
            "--name",
            f"{tower.label}/seed-{self.seed}",
            "--vectors",
            str(self._vectors(tower)),
            "--id-model",
            str(self._id_model(tower)),
            "--seed",
            str(self.seed),
            *epochs,
            *own,
            *chosen,
        ]

    def command(self, tower: Tower) -> str:
        return shlex.join(["python", "-m", "molar", *self.arguments(tower)])

    def finished(self, tower: Tower) -> bool:
        """Whether the tower is trained, by this very command."""
        try:
            return read_meta(self.folder(tower)).get("command") == self.command(tower)
        except MolarError:
            return False

    def waits_for(self, tower: Tower) -> list[Path]:
        """What is not there yet."""
        needed = [self._vectors(tower), self._id_model(tower) / CONFIG]
        return [path for path in needed if not path.exists()]

    def entry(self, tower: Tower, seconds: float) -> dict:
        """What the log says of a finished tower."""
        folder = self.folder(tower)
        meta = read_meta(folder)
        return {
            "label": tower.label,
            "factor": tower.factor,
            "table": tower.table,
            "settings": [*self.settings, *tower.settings],
            "vectors": tower.vectors,
            "id_model": tower.id_model,
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

    def _vectors(self, tower: Tower) -> Path:
        return self.vectors / f"{tower.vectors}.safetensors"

    def _id_model(self, tower: Tower) -> Path:
        return self.id_models / tower.id_model


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


def ablate(runner: Runner, plan: Sequence[Tower], *, jobs: int = 1, say=print) -> list[dict]:
    """Train what is missing of the plan, `jobs` at a time, log each tower as it ends, and return the log.

    A failure does not stop the others: it is told, and raised as MolarError at the end."""
    ready = [tower for tower in plan if not runner.finished(tower) and not runner.waits_for(tower)]
    for tower in (tower for tower in plan if not runner.finished(tower) and runner.waits_for(tower)):
        say(f"{tower.label} waits for {', '.join(map(str, runner.waits_for(tower)))}")
    threads = int(os.environ.get("OMP_NUM_THREADS") or max(1, (os.cpu_count() or 1) // jobs))
    began, failed = time.monotonic(), []

    def one(tower: Tower) -> float:
        started = time.monotonic()
        train(runner.arguments(tower), runner.folder(tower).with_suffix(".log"), threads)
        return time.monotonic() - started

    with ThreadPoolExecutor(jobs) as pool:
        running = {pool.submit(one, tower): tower for tower in ready}
        try:
            for done, future in enumerate(as_completed(running), start=1):
                tower = running[future]
                try:
                    seconds = future.result()
                except MolarError as error:
                    failed.append(tower.label)
                    say(f"{done} of {len(ready)}: {tower.label} failed. {error}")
                    continue
                entry = write_log(runner.out, runner.entry(tower, seconds))
                left = remaining((time.monotonic() - began) / done * (len(ready) - done))
                reached = f"validation NDCG@10 {entry['validation_ndcg@10']:.4f}"
                say(f"{done} of {len(ready)}: {tower.label}: {reached}, {remaining(seconds)}; about {left} left")
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    if failed:
        raise MolarError(f"{', '.join(failed)} failed; the same command tries again.")
    return read_log(runner.out)


def read_log(out: Path) -> list[dict]:
    """The finished towers so far."""
    return json.loads(out.read_text(encoding="utf-8"))["trials"] if out.exists() else []


def write_log(out: Path, entry: dict) -> dict:
    """Put one tower into the log, in the order of the plan, and return it."""
    key = ("label", "seed", "data_hash")
    log = [old for old in read_log(out) if [old[name] for name in key] != [entry[name] for name in key]] + [entry]
    places = {tower.label: place for place, tower in enumerate(PLAN)}
    log.sort(key=lambda old: (old["data_hash"], places.get(old["label"], len(places)), old["seed"]))
    write_json(out, {"trials": log}, one_per_line="trials")
    return entry


def chosen(only: str | None) -> list[Tower]:
    """The towers of these labels, factors or tables, separated by commas; all without. Raises MolarError for another name."""
    names = [name.strip() for name in only.split(",")] if only else []
    known = {name for tower in PLAN for name in (tower.label, tower.factor, tower.table)}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise MolarError(f"--only knows no {', '.join(unknown)}: name labels, factors or tables that --list shows.")
    return [tower for tower in PLAN if not names or {tower.label, tower.factor, tower.table} & set(names)]


def listing(runner: Runner, plan: Sequence[Tower]) -> str:
    """The plan, a tower a line: its state, table, factor, and what makes it."""
    lines = []
    for tower in plan:
        waits = runner.waits_for(tower)
        state = (
            "finished" if runner.finished(tower) else f"waits for {', '.join(map(str, waits))}" if waits else "ready"
        )
        lines.append(f"{tower.label:18} {tower.table:10} {tower.factor:11} {state}\n    {runner.command(tower)}")
    return "\n".join(lines)


def main() -> int:
    """Train, or list. Returns the exit code: 0; 2 for an error the user can mend; 130 when stopped."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--work", type=Path, required=True, help="folder for the towers")
    parser.add_argument("--vectors", type=Path, required=True, help="folder with vectors.safetensors and others")
    parser.add_argument("--id-models", type=Path, required=True, help="folder with sasrec, fpmc, gru4rec and duorec")
    parser.add_argument("--out", type=Path, required=True, help="the log, such as results/ablations.json")
    parser.add_argument("--only", help="labels, factors or tables, separated by commas")
    parser.add_argument(
        "--jobs", type=int, default=1, help="how many trainings at a time; they share the cores (default: 1)"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, help="at most this many epochs of every tower")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        dest="settings",
        help="a setting of every tower, before its own; may be repeated",
    )
    parser.add_argument("--list", action="store_true", help="print the plan and train nothing")
    options = parser.parse_args()
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
    try:
        plan = chosen(options.only)
        if options.list:
            print(listing(runner, plan))
        else:
            ablate(runner, plan, jobs=max(1, options.jobs))
    except MolarError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped; the same command resumes", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
