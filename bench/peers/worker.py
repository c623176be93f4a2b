"""One library's side of `bench.id_peers`: it trains only while it is told to, so that all can take turns on two cores.

It reads commands, a line each, and answers each with one JSON line:

    train N     train for N seconds            {"targets", "seconds", "finished"}
    validate    NDCG@10 by molar's evaluator   {"ndcg@10", "seconds"}
    evaluate    the library's own evaluation   {"ndcg@10", "seconds", "checked"}, checked: molar's number by its rules
    stop        give up                        {"peak_mb"}

Seconds of training are those from one optimizer step to the next: reading batches counts, validation does not.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol, TextIO

import numpy as np

from bench.peers.exchange import Histories, Settings, read_exchange
from molar.core.memory import peak_memory_mb


class Stopped(Exception):
    """The command to stop came in the middle of a training."""


class Trainee(Protocol):
    """A library with a model to train."""

    leaves_out_seen: bool  # does its own evaluation leave out what a user has bought?

    def train(self, clock: "Clock") -> None:
        """Call `clock.begin()` when all is prepared and `clock.step(targets)` after each optimizer step."""

    def scores(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Blocks of users (B,) and scores (B, n_items + 1) for their validation target, in molar's item numbers."""

    def evaluate(self) -> float:
        """The library's own full-ranking evaluation of all users: its NDCG@10."""


class Clock:
    """Adds up the seconds and targets of training, and obeys commands between two steps."""

    def __init__(
        self,
        trainee: Trainee | None,
        histories: Histories,
        *,
        listen: Callable[[], str],
        say: Callable[[dict], None],
        now: Callable[[], float] = time.perf_counter,
    ):
        self.trainee, self.histories, self.listen, self.say, self.now = trainee, histories, listen, say, now
        self.started, self.begun, self.finished = now(), False, False

    def begin(self) -> None:
        """All is prepared: say so, and wait for the first command. Only the first call counts."""
        if not self.begun:
            self.begun = True
            self.say({"preparation_seconds": round(self.now() - self.started, 2)})
            self._obey()

    def step(self, targets: int, at: float | None = None) -> None:
        """A step over so many targets is done; `at` tells when, where something else has happened since."""
        self.seconds += (self.now() if at is None else at) - self.mark
        self.targets += targets
        if self.seconds >= self.wanted:
            self._answer()
        else:
            self.mark = self.now()

    def run(self) -> None:
        """Train as commanded until `stop`."""
        try:
            self.trainee.train(self)
            self.finished = True
            while True:
                self._answer()
        except Stopped:
            self.say({"peak_mb": round(peak_memory_mb())})

    def _answer(self) -> None:
        self.say({"targets": self.targets, "seconds": round(self.seconds, 3), "finished": self.finished})
        self._obey()

    def _obey(self) -> None:
        """Do what is commanded until it is to train on."""
        while True:
            verb, *rest = self.listen().split() or ["stop"]
            if verb == "train":
                self.wanted, self.targets, self.seconds = float(rest[0]), 0, 0.0
                self.mark = self.now()
                return
            if verb == "stop":
                raise Stopped
            start = self.now()
            value = self.trainee.evaluate() if verb == "evaluate" else validation_ndcg(self.trainee, self.histories)
            told = {"ndcg@10": round(value, 6), "seconds": round(self.now() - start, 3)}
            if verb == "evaluate":
                same_rules = validation_ndcg(self.trainee, self.histories, leave_out=self.trainee.leaves_out_seen)
                told["checked"] = round(same_rules, 6)
            self.say(told)


def validation_ndcg(trainee: Trainee, histories: Histories, leave_out: bool = True) -> float:
    """Validation NDCG@10 as molar defines it; `leave_out=False` ranks what a user has bought like everything else."""
    from molar.evaluation.metrics import ndcg
    from molar.evaluation.ranking import rank_targets

    targets, ranks = histories.targets(), np.zeros(histories.n_users, np.int64)
    for users, scores in trainee.scores():
        seen = [histories.train(user) if leave_out else np.zeros(0, np.int64) for user in users]
        ranks[users] = rank_targets(scores, seen, targets[users])
    return float(ndcg(ranks, 10).mean())  # a user without scores has rank 0, which ndcg refuses


def work(build: Callable[..., Trainee]) -> None:
    """Run `build(histories, settings, *arguments)` on the folder that the command line names. Returns at `stop`."""
    answers = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
    os.dup2(2, 1)  # what a library prints must not be taken for an answer
    folder, *arguments = sys.argv[1:]
    folder = Path(folder).resolve()
    sys.argv = sys.argv[:1]  # RecBole reads the command line for settings of its own
    histories, settings = read_exchange(folder)
    with tempfile.TemporaryDirectory() as scratch:
        os.chdir(scratch)  # and writes logs where it stands
        _work(build, histories, settings, arguments, answers)
        os.chdir(folder)


def _work(build, histories: Histories, settings: Settings, arguments: list[str], answers: TextIO) -> None:
    import torch

    torch.set_num_threads(settings.threads)
    torch.manual_seed(settings.seed)
    clock = Clock(None, histories, listen=sys.stdin.readline, say=lambda told: print(json.dumps(told), file=answers))
    clock.trainee = build(histories, settings, *arguments)
    clock.run()
