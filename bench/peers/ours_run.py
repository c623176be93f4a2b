"""This project's SASRec, trained by `train_id_model`; started by `bench.id_peers`."""

import time
from collections.abc import Iterator

import numpy as np
from torch.optim.optimizer import register_optimizer_step_post_hook

from bench.peers.exchange import Histories, Settings
from bench.peers.worker import Clock, work
from molar.data.dataset import load_dataset
from molar.data.splits import leave_one_out
from molar.evaluation.metrics import ndcg
from molar.evaluation.ranking import ModelScorer, evaluate_ranks
from molar.models.sasrec import SASRec, SASRecConfig
from molar.training.batches import training_targets
from molar.training.config import TrainingConfig
from molar.training.losses import LossConfig
from molar.training.train import train_id_model

BLOCK = 512  # users whose scores are held at a time


class Ours:
    """Every item of a training prefix but the first is a target once an epoch."""

    leaves_out_seen = True

    def __init__(self, histories: Histories, settings: Settings, dataset: str, epochs: str):
        self.split = leave_one_out(load_dataset(dataset, decode_pictures=False))
        self.settings, self.epochs = settings, int(epochs)
        self.users = np.arange(histories.n_users)

    def train(self, clock: Clock) -> None:
        """`train_id_model`; its report tells the targets. Between an epoch's last step and its end lies validation."""
        s, total, last = self.settings, training_targets(self.split), {"done": 0, "step": 0.0}
        register_optimizer_step_post_hook(lambda *_: last.update(step=time.perf_counter()))

        def report(done: int, _total: int, _note: str) -> None:
            clock.begin()
            targets, last["done"] = done - last["done"], done
            if targets:
                clock.step(targets, at=last["step"] if done % total == 0 else None)

        self.model = remembered(SASRec)
        config = SASRecConfig(self.split.dataset.n_items, s.dim, s.blocks, s.heads, s.max_length, s.dropout)
        training = TrainingConfig(
            self.epochs, s.batch, s.lr, weight_decay=0.01, patience=self.epochs, precision="bfloat16"
        )
        loss = LossConfig("full")
        train_id_model(self.split, "sasrec", config=config, loss=loss, training=training, seed=s.seed, report=report)

    def scorer(self) -> ModelScorer:
        """The model as it is just now."""
        return ModelScorer("ours", self.model[-1], self.split)

    def scores(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Blocks of users in order."""
        scorer = self.scorer()
        for start in range(0, len(self.users), BLOCK):
            users = self.users[start : start + BLOCK]
            yield users, scorer.scores([self.split.history_for(user, "validation") for user in users])

    def evaluate(self) -> float:
        """`evaluate_ranks` on all users."""
        return float(ndcg(evaluate_ranks(self.scorer(), self.split, "validation"), 10).mean())


def remembered(kind: type) -> list:
    """A list that takes in every model of this kind from now on: training gives its model away only at the end."""
    models, init = [], kind.__init__

    def remember(self, *arguments, **named):
        init(self, *arguments, **named)
        models.append(self)

    kind.__init__ = remember
    return models


if __name__ == "__main__":
    work(Ours)
