"""Our SASRec against RecBole's and RecTools': targets a second, minutes to a validation NDCG@10, evaluation, memory.

    bench/peers/environments.sh
    python -m bench.id_peers DATASET [--target 0.15] [--cap 6] [--window 10] [--out bench/results/id_peers.json]

DATASET (or MOLAR_DATA) is a dataset folder of histories of at least five items. All three have the same sizes and the
same loss (`bench/peers/exchange.py`), two threads on two cores, and an environment of their own. They take turns: each
trains for a window, and then its validation NDCG@10 is measured by our evaluator, with its clock stopped; so a busy
machine is busy for all. Who has reached the target rests; the others stop at --cap times our seconds of training.
Ratios of speed are taken within a round. Memory is each process's own peak. What a library does otherwise and cannot be
told to do alike stands in the results under "differences".
"""

import argparse
import contextlib
import dataclasses
import json
import os
import shlex
import signal
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from bench.peers.exchange import Histories, Settings, write_exchange
from bench.peers.report import GOALS, OURS, rate, ratios, seconds_to, time_row, written
from molar.core.errors import MolarError
from molar.data.dataset import load_dataset
from molar.data.splits import Split, leave_one_out

ROOT = Path(__file__).parent.parent
PEERS = ("recbole", "rectools")
DIFFERENCES = {
    OURS: "matrix products in bfloat16; AdamW, weight decay .01, warm-up and cosine over --epochs, gradients clipped at "
    "1; a row of a batch is a window of up to max_length targets, and windows cover whole histories",
    "recbole": "Adam, constant rate; post-norm blocks; a row of a batch is a prefix with one target; its own "
    "evaluation ranks what a user has bought as well",
    "rectools": "Adam, constant rate; feed-forward layers as wide as the model, not four times as wide; a row of a "
    "batch is a user, of whom only the last max_length targets are ever learnt from",
}
VERSIONS = {
    OURS: ("torch", "numpy"),
    "recbole": ("recbole", "torch", "numpy"),
    "rectools": ("rectools", "torch", "numpy", "pytorch-lightning"),
}


class Runner:
    """One library in a process of its own, and what it has told."""

    def __init__(self, name: str, python: Path | str, folder: Path, arguments: list[str], threads: int):
        self.name, self.log = name, folder / f"{name}.log"
        self.seconds, self.targets, self.finished, self.curve = 0.0, 0, False, []
        command = [str(python), "-m", f"bench.peers.{name}_run", str(folder), *arguments]
        own = {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=os.environ | own,
                text=True,
                stderr=log,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
        self.facts = self._heard()

    def ask(self, command: str) -> dict:
        """Give a command, wait for the answer. Raises MolarError when the process has died."""
        with contextlib.suppress(BrokenPipeError):  # it has died, and hearing nothing says so
            self.process.stdin.write(command + "\n")
            self.process.stdin.flush()
        return self._heard()

    def train(self, window: float) -> dict:
        """One window and one look at validation: targets, seconds and NDCG@10 of this round."""
        trained = self.ask(f"train {window}")
        self.seconds, self.targets = self.seconds + trained["seconds"], self.targets + trained["targets"]
        self.finished = trained["finished"]
        value = self.ask("validate")["ndcg@10"]
        self.curve.append((self.seconds, value))
        return {"targets": trained["targets"], "seconds": round(trained["seconds"], 2), "ndcg@10": round(value, 5)}

    def stop(self) -> None:
        """End the process; its peak memory is one of the facts then."""
        self.facts |= self.ask("stop")
        self.process.wait(60)

    def _heard(self) -> dict:
        line = self.process.stdout.readline()
        if not line:
            tail = "".join(self.log.read_text(errors="replace").splitlines(keepends=True)[-15:])
            raise MolarError(f"the run of {self.name} has died; the end of what it said:\n{tail}")
        return json.loads(line)


def rests(runner: Runner, ours: Runner, target: float, cap: float) -> bool:
    """Is there nothing more to learn from this one: finished, target reached, or `cap` times our time spent?"""
    ended = ours.finished or seconds_to(ours.curve, target) is not None
    spent = ended and runner.seconds >= cap * ours.seconds
    return runner.finished or spent or seconds_to(runner.curve, target) is not None


def race(runners: list[Runner], target: float, cap: float, window: float) -> list[dict]:
    """Take turns until all rest; what each round saw, by name of the runner, with the load beside it."""
    rounds = []
    while active := [runner for runner in runners if not rests(runner, runners[0], target, cap)]:
        seen = {"load": round(os.getloadavg()[0], 2)} | {runner.name: runner.train(window) for runner in active}
        rounds.append(seen)
        print(f"round {len(rounds)}:", json.dumps(seen), file=sys.stderr, flush=True)
    return rounds


def histories_of(split: Split) -> Histories:
    """What the peers read. Raises MolarError where a history is too short for all of them to split alike."""
    shortest = int(np.diff(split.dataset.offsets).min())
    if shortest < 5:
        raise MolarError(f"{split.dataset.name} has a history of {shortest} items; five of each user are needed.")
    return Histories(split.dataset.sequence, split.dataset.offsets, split.dataset.n_items)


def python_of(peer: str) -> Path:
    """The interpreter of a peer's environment. Raises MolarError where it is not built."""
    python = ROOT / "build" / "peers" / peer / "bin" / "python"
    if not python.exists():
        raise MolarError(f"{python.parent.parent} holds no environment; bench/peers/environments.sh builds it.")
    return python


def versions(python: Path | str, packages: tuple[str, ...]) -> dict[str, str]:
    """The installed versions of these packages."""
    code = "import sys; from importlib.metadata import version; print(*map(version, sys.argv[1:]))"
    found = subprocess.run([str(python), "-c", code, *packages], capture_output=True, text=True, check=True).stdout
    return dict(zip(packages, found.split(), strict=True))


def measure(wanted: argparse.Namespace, split: Split, settings: Settings) -> dict:
    """Everything that is measured, for the results file."""
    pythons = {OURS: Path(sys.executable)} | {peer: python_of(peer) for peer in wanted.peers.split(",")}
    arguments, runners = {OURS: [str(Path(wanted.dataset).resolve()), str(wanted.epochs)]}, []
    with tempfile.TemporaryDirectory() as name:
        write_exchange(Path(name), histories_of(split), settings)
        try:
            for each, python in pythons.items():
                runners.append(Runner(each, python, Path(name), arguments.get(each, []), settings.threads))
            rounds = race(runners, wanted.target, wanted.cap, wanted.window)
            looks = [{runner.name: runner.ask("evaluate") for runner in runners} for _ in range(wanted.evaluations)]
            for runner in runners:
                runner.stop()
        finally:
            for runner in runners:
                runner.process.kill()
                runner.process.wait()
    evaluations = {runner.name: [look[runner.name]["seconds"] for look in looks] for runner in runners}
    models = {runner.name: model_row(runner, rounds, looks, wanted.target) for runner in runners}
    table = ratios({runner.name: runner.curve for runner in runners}, rounds, evaluations, wanted.target)
    packages = {each: versions(python, VERSIONS[each]) for each, python in pythons.items()}
    return {"models": models, "ratios": table, "versions": packages, "rounds": rounds}


def model_row(runner: Runner, rounds: list[dict], looks: list[dict], target: float) -> dict:
    """The numbers of one library. `own_ndcg@10` is its own, of its last evaluation, and beside it ours by its rules."""
    windows = [seen[runner.name] for seen in rounds if runner.name in seen and seen[runner.name]["seconds"]]
    own = looks[-1][runner.name]
    return {
        "targets_per_second": round(statistics.median(map(rate, windows[1:] or windows))),
        "targets": runner.targets,
        **time_row(runner.curve, target),
        "evaluation_seconds": round(statistics.median(look[runner.name]["seconds"] for look in looks), 3),
        "own_ndcg@10": own["ndcg@10"],
        "ours_by_its_rules": own["checked"],
        **runner.facts,
    }


def main() -> int:
    """Measure, print and write. Returns the exit code: 0, or 2 for an error that a user can fix."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset", nargs="?", default=os.environ.get("MOLAR_DATA"), help="a folder; else MOLAR_DATA")
    parser.add_argument("--target", type=float, default=0.15, help="the validation NDCG@10 to reach")
    parser.add_argument("--cap", type=float, default=6, help="a peer stops at so many times our training time")
    parser.add_argument("--window", type=float, default=10, help="seconds of training before it is the next one's turn")
    parser.add_argument("--epochs", type=int, default=30, help="epochs over which our rate falls")
    parser.add_argument("--evaluations", type=int, default=5, help="how often the evaluation is timed")
    parser.add_argument("--peers", default=",".join(PEERS), help="which peers, with commas")
    for field in dataclasses.fields(Settings):
        parser.add_argument("--" + field.name.replace("_", "-"), type=field.type, default=field.default)
    parser.add_argument("--out", type=Path, default=Path("bench/results/id_peers.json"))
    wanted = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the runners are ended too
    settings = Settings(**{field.name: getattr(wanted, field.name) for field in dataclasses.fields(Settings)})
    cores = os.cpu_count()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: settings.threads])  # the runners inherit it
        cores = len(os.sched_getaffinity(0))
    try:
        if not wanted.dataset:
            raise MolarError("name the dataset folder, or set MOLAR_DATA.")
        split = leave_one_out(load_dataset(wanted.dataset, decode_pictures=False))
        targets = int((split.train_ends - 1).sum())
        arguments = ["DATASET" if argument == wanted.dataset else argument for argument in sys.argv[1:]]
        about = {
            "command": shlex.join(["python", "-m", "bench.id_peers", *arguments]),
            "data_hash": split.dataset.data_hash,
            "split_hash": split.split_hash,
            "users": split.dataset.n_users,
            "items": split.dataset.n_items,
            "targets_of_an_epoch": targets,
            "settings": dataclasses.asdict(settings),
            "target": wanted.target,
            "cap": wanted.cap,
            "cores": cores,
            "goals": GOALS,
            "differences": DIFFERENCES,
            "load_before": os.getloadavg()[0],
        }
        found = about | measure(wanted, split, settings)
    except MolarError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    wanted.out.parent.mkdir(parents=True, exist_ok=True)
    wanted.out.write_text(written(found | {"load_after": os.getloadavg()[0]}), encoding="utf-8")
    print(json.dumps({"models": found["models"], "ratios": found["ratios"]}, indent=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
