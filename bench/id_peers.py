"""Our SASRec against RecBole's and RecTools': targets a second, minutes to a validation NDCG@10, evaluation, memory.

    bench/peers/environments.sh
    python -m bench.id_peers DATASET [--target 0.15] [--cap 6] [--window 20] [--out bench/results/id_peers.json]

DATASET (or MOLAR_DATA) is a dataset folder of histories of at least five items. All three have the same sizes and the same
loss (`bench/peers/exchange.py`), two threads on two cores, and an environment of their own. They take turns: each trains for a
window, and its validation NDCG@10 is measured by our evaluator, with its clock stopped; so a busy machine is busy for all. Who
has reached the target rests; the others stop at --cap times our seconds of training. Ratios of speed are taken within a
round. What one library does otherwise and cannot be told to do alike stands in the results under "differences".
"""

import argparse
import dataclasses
import json
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from bench.peers.exchange import Histories, Settings, write_exchange
from molar.data import load_dataset
from molar.errors import MolarError
from molar.split import Split, leave_one_out

ROOT = Path(__file__).parent.parent
OURS, PEERS = "ours", ("recbole", "rectools")
GOALS = {
    "recbole": {"targets_per_second": 20, "minutes_to_target": 5, "evaluation": 3},
    "rectools": {"targets_per_second": 1.8, "minutes_to_target": 1.8},
}
DIFFERENCES = {
    "ours": "AdamW, weight decay .01, warm-up and cosine over --epochs, gradients clipped at 1; windows over whole histories",
    "recbole": "Adam, constant rate; post-norm blocks; one training sample a prefix, so a batch is counted in prefixes; "
               "its own evaluation ranks what a user has bought as well",
    "rectools": "Adam, constant rate; feed-forward layers as wide as the model, not four times as wide; only the last "
                "targets of each history, as many as a window holds, are learnt from",
}  # fmt: skip
VERSIONS = {"recbole": ("recbole", "torch", "numpy"), "rectools": ("rectools", "torch", "numpy", "pytorch-lightning")}


class Runner:
    """One library in a process of its own, and what it has told."""

    def __init__(self, name: str, python: Path | str, folder: Path, arguments: list[str], threads: int):
        self.name, self.log = name, folder / f"{name}.log"
        self.seconds, self.targets, self.finished, self.curve = 0.0, 0, False, []
        scratch = folder / name
        scratch.mkdir()
        write = (scratch / "histories.npz", scratch / "settings.json")
        for path in write:
            path.symlink_to(folder / path.name)
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
        self.process = subprocess.Popen(
            [str(python), "-m", f"bench.peers.{name}_run", str(scratch), *arguments], cwd=ROOT, env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log.open("w"),
        )  # fmt: skip
        self.facts = self._heard()

    def ask(self, command: str) -> dict:
        """Give a command, wait for the answer. Raises MolarError when the process has died."""
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


def seconds_to(curve: list[tuple[float, float]], target: float) -> float | None:
    """Seconds of training at the first look that saw `target`; None where none did. `curve`: (seconds, NDCG@10) in order."""
    return next((seconds for seconds, value in curve if value >= target), None)


def rests(runner: Runner, ours: Runner, target: float, cap: float) -> bool:
    """Is there nothing more to learn from this one: finished, target reached, or `cap` times our time spent?"""
    ended = ours.finished or seconds_to(ours.curve, target) is not None
    return runner.finished or seconds_to(runner.curve, target) is not None or (ended and runner.seconds >= cap * ours.seconds)


def race(runners: list[Runner], target: float, cap: float, window: float) -> list[dict]:
    """Take turns until all rest; what each round saw, by name of the runner, with the load beside it."""
    rounds = []
    while active := [runner for runner in runners if not rests(runner, runners[0], target, cap)]:
        seen = {"load": round(os.getloadavg()[0], 2)} | {runner.name: runner.train(window) for runner in active}
        rounds.append(seen)
        print(f"round {len(rounds)}:", json.dumps(seen), file=sys.stderr, flush=True)
    return rounds


def rate(seen: dict) -> float:
    """Targets a second of one window."""
    return seen["targets"] / seen["seconds"]


def speed_ratios(rounds: list[dict], peer: str) -> list[float]:
    """Our targets a second over the peer's in each round where both trained; the first round warms up, where there are others."""
    both = [seen for seen in rounds if OURS in seen and peer in seen and seen[OURS]["seconds"] and seen[peer]["seconds"]]
    return [rate(seen[OURS]) / rate(seen[peer]) for seen in both[1:] or both]


def time_row(curve: list[tuple[float, float]], target: float) -> dict:
    """Minutes to the target, or that it was not reached, after how long, and the best that was seen."""
    reached, spent = seconds_to(curve, target), curve[-1][0]
    best = max(value for _, value in curve)
    minutes = None if reached is None else round(reached / 60, 2)
    verdict = f"reached after {minutes} min" if minutes is not None else f"not reached after {spent / 60:.1f} min"
    return {"minutes_to_target": minutes, "verdict": f"{verdict}, best seen {best:.4f}", "minutes_trained": round(spent / 60, 2)}


def ratios(curves: dict[str, list], rounds: list[dict], evaluations: dict[str, list[float]], target: float) -> dict:
    """How many times faster we are than each peer. Where a peer has not reached the target, the ratio is "at least"."""
    ours, table = seconds_to(curves[OURS], target), {}
    for peer in (name for name in curves if name != OURS):
        theirs = seconds_to(curves[peer], target)
        speeds = speed_ratios(rounds, peer)
        taken = [b / a for a, b in zip(evaluations[OURS], evaluations[peer], strict=True)]
        row = {"targets_per_second": round(statistics.median(speeds), 2), "evaluation": round(statistics.median(taken), 2)}
        row["minutes_to_target"] = round((theirs or curves[peer][-1][0]) / ours, 2) if ours else None
        row["peer_reached_target"] = theirs is not None
        row["spread"] = {"targets_per_second": [round(min(speeds), 2), round(max(speeds), 2)],
                         "evaluation": [round(min(taken), 2), round(max(taken), 2)]}  # fmt: skip
        row["reached"] = {name: row[name] is not None and row[name] >= goal for name, goal in GOALS.get(peer, {}).items()}
        table[peer] = row
    return table


def histories_of(split: Split) -> Histories:
    """What the peers read. Raises MolarError where a history is too short for all of them to split alike."""
    shortest = int(np.diff(split.dataset.offsets).min())
    if shortest < 5:
        raise MolarError(f"{split.dataset.name} has a history of {shortest} items; this comparison needs five or more of each user.")
    return Histories(split.dataset.sequence, split.dataset.offsets, split.dataset.n_items)


def python_of(peer: str) -> Path:
    """The interpreter of a peer's environment. Raises MolarError where it is not built."""
    python = ROOT / "build" / "peers" / peer / "bin" / "python"
    if not python.exists():
        raise MolarError(f"there is no environment for {peer} in {python.parent.parent}; bench/peers/environments.sh builds it.")
    return python


def versions(python: Path | str, packages: tuple[str, ...]) -> dict[str, str]:
    """The installed versions of these packages."""
    code = f"import json; from importlib.metadata import version; print(json.dumps({{p: version(p) for p in {packages!r}}}))"
    return json.loads(subprocess.run([str(python), "-c", code], capture_output=True, text=True, check=True).stdout)


def measure(wanted: argparse.Namespace, split: Split, settings: Settings) -> dict:
    """Everything, for the results file."""
    peers = {peer: python_of(peer) for peer in wanted.peers.split(",")}
    runners = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_exchange(folder, histories_of(split), settings)
        try:
            ours = [str(Path(wanted.dataset).resolve()), str(wanted.epochs)]
            runners.append(Runner(OURS, sys.executable, folder, ours, settings.threads))
            runners += [Runner(peer, python, folder, [], settings.threads) for peer, python in peers.items()]
            rounds = race(runners, wanted.target, wanted.cap, wanted.window)
            looks = [{runner.name: runner.ask("evaluate") for runner in runners} for _ in range(wanted.evaluations)]
            for runner in runners:
                runner.stop()
        finally:
            for runner in runners:
                runner.process.kill()
    evaluations = {runner.name: [look[runner.name]["seconds"] for look in looks] for runner in runners}
    models = {}
    for runner in runners:
        windows = [seen[runner.name] for seen in rounds if runner.name in seen and seen[runner.name]["seconds"]]
        own = looks[-1][runner.name]
        models[runner.name] = {
            "targets_per_second": round(statistics.median(map(rate, windows[1:] or windows))), "targets": runner.targets,
            **time_row(runner.curve, wanted.target),
            "evaluation_seconds": round(statistics.median(evaluations[runner.name]), 3),
            "own_ndcg@10": own["ndcg@10"], "ours_by_its_rules": own["checked"], **runner.facts,
        }  # fmt: skip
    curves = {runner.name: runner.curve for runner in runners}
    packages = {OURS: versions(sys.executable, ("torch", "numpy"))} | {
        peer: versions(python, VERSIONS[peer]) for peer, python in peers.items()
    }
    table = ratios(curves, rounds, evaluations, wanted.target)
    return {"models": models, "ratios": table, "versions": packages, "rounds": rounds}


def written(found: dict) -> str:
    """JSON with one round a line."""
    rounds = ",\n".join("  " + json.dumps(seen) for seen in found["rounds"])
    rest = {name: value for name, value in found.items() if name != "rounds"}
    return json.dumps(rest, indent=1)[:-2] + f',\n "rounds": [\n{rounds}\n ]\n}}\n'


def main() -> int:
    """Measure, print and write. Returns the exit code: 0, or 2 for an error that a user can mend."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset", nargs="?", default=os.environ.get("MOLAR_DATA"), help="a dataset folder; else MOLAR_DATA")
    parser.add_argument("--target", type=float, default=0.15, help="the validation NDCG@10 to reach")
    parser.add_argument("--cap", type=float, default=6, help="a peer stops at so many times our training time")
    parser.add_argument("--window", type=float, default=20, help="seconds of training before it is the next one's turn")
    parser.add_argument("--epochs", type=int, default=30, help="epochs over which our rate falls")
    parser.add_argument("--evaluations", type=int, default=5, help="how often the evaluation is timed")
    parser.add_argument("--peers", default=",".join(PEERS), help="which peers, with commas")
    for field in dataclasses.fields(Settings):
        parser.add_argument("--" + field.name.replace("_", "-"), type=field.type, default=field.default)
    parser.add_argument("--out", type=Path, default=Path("bench/results/id_peers.json"))
    wanted = parser.parse_args()
    settings = Settings(**{field.name: getattr(wanted, field.name) for field in dataclasses.fields(Settings)})
    cores = os.cpu_count()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: settings.threads])  # what is started from here inherits it
        cores = len(os.sched_getaffinity(0))
    try:
        if not wanted.dataset:
            raise MolarError("name the dataset folder, or set MOLAR_DATA.")
        split = leave_one_out(load_dataset(wanted.dataset, decode_pictures=False))
        targets = int((split.train_ends - 1).sum())
        about = {
            "command": shlex.join(["python", "-m", "bench.id_peers", *sys.argv[1:]]).replace(str(wanted.dataset), "DATASET"),
            "data_hash": split.dataset.data_hash, "split_hash": split.split_hash, "users": split.dataset.n_users,
            "items": split.dataset.n_items, "targets_of_an_epoch": targets, "settings": dataclasses.asdict(settings),
            "target": wanted.target, "cap": wanted.cap, "cores": cores, "goals": GOALS, "differences": DIFFERENCES,
            "load_before": os.getloadavg()[0],
        }  # fmt: skip
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
