"""RecBole's SASRec, trained by RecBole's own Trainer.fit. Runs in build/peers/recbole; started by `bench.id_peers`."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from recbole.config import Config
from recbole.data import create_dataset, data_preparation
from recbole.model.sequential_recommender import SASRec
from recbole.trainer import Trainer
from recbole.utils import init_seed
from torch.optim.optimizer import register_optimizer_step_post_hook

from bench.peers.exchange import Histories, Settings
from bench.peers.worker import Clock, work

NAME = "exchange"


class RecBole:
    """RecBole 1.2.1 makes one training sample a prefix: a sample is a target. It ranks what a user has bought, too."""

    leaves_out_seen = False

    def __init__(self, histories: Histories, settings: Settings):
        self.n_items = histories.n_items
        write_inter(Path(NAME) / f"{NAME}.inter", histories)
        config = Config(model="SASRec", dataset=NAME, config_dict=as_config(settings))
        init_seed(settings.seed, reproducibility=False)
        dataset = create_dataset(config)
        self.train_data, self.valid_data, _ = data_preparation(config, dataset)
        self.model = SASRec(config, self.train_data.dataset)
        self.trainer = Trainer(config, self.model)
        self.user = config["USER_ID_FIELD"]
        tokens = dataset.field2id_token
        self.rows = np.array([-1, *map(int, tokens[self.user][1:])])  # RecBole's user -> user row
        self.numbers = np.array([0, *map(int, tokens[config["ITEM_ID_FIELD"]][1:])])  # RecBole's item -> item number

    def train(self, clock: Clock) -> None:
        """Trainer.fit without validation, the samples of each step counted."""
        calculate_loss, sizes = self.model.calculate_loss, []

        def counted(interaction):
            sizes.append(len(interaction))
            return calculate_loss(interaction)

        self.model.calculate_loss = counted
        register_optimizer_step_post_hook(lambda *_: clock.step(sizes.pop()))
        clock.begin()
        self.trainer.fit(self.train_data, saved=False, verbose=False)

    @torch.no_grad()
    def scores(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """The loader's batches; an item that RecBole does not know cannot be scored."""
        self.model.eval()
        for interaction, *_ in self.valid_data:
            own = self.model.full_sort_predict(interaction).numpy()
            scores = np.full((len(own), self.n_items + 1), -np.inf, np.float32)
            scores[:, self.numbers] = own
            yield self.rows[interaction[self.user].numpy()], scores
        self.model.train()

    def evaluate(self) -> float:
        """Trainer.evaluate on its validation data."""
        found = self.trainer.evaluate(self.valid_data, load_best_model=False)
        self.model.train()
        return float(found["ndcg@10"])


def as_config(settings: Settings) -> dict:
    """The settings in RecBole's words; leave-one-out by time is its LS split."""
    return {
        "data_path": ".",
        "load_col": {"inter": ["user_id", "item_id", "timestamp"]},
        "use_gpu": False,
        "USER_ID_FIELD": "user_id",
        "ITEM_ID_FIELD": "item_id",
        "TIME_FIELD": "timestamp",
        "eval_args": {"split": {"LS": "valid_and_test"}, "group_by": "user", "order": "TO", "mode": "full"},
        "loss_type": "CE",
        "train_neg_sample_args": None,
        "MAX_ITEM_LIST_LENGTH": settings.max_length,
        "hidden_size": settings.dim,
        "inner_size": 4 * settings.dim,
        "n_layers": settings.blocks,
        "n_heads": settings.heads,
        "hidden_dropout_prob": settings.dropout,
        "attn_dropout_prob": settings.dropout,
        "learning_rate": settings.lr,
        "train_batch_size": settings.prefix_batch,
        "epochs": 10_000,
        "seed": settings.seed,
        "metrics": ["NDCG"],
        "topk": [10],
        "valid_metric": "NDCG@10",
        "metric_decimal_place": 6,
        "show_progress": False,
    }


def write_inter(path: Path, histories: Histories) -> None:
    """RecBole's atomic file: the place in a history stands for the time, so the order is ours."""
    lengths = np.diff(histories.offsets)
    users = np.repeat(np.arange(histories.n_users), lengths)
    places = np.arange(len(histories.sequence)) - np.repeat(histories.offsets[:-1], lengths)
    path.parent.mkdir(exist_ok=True)
    table = np.stack([users, histories.sequence, places], axis=1)
    header = "user_id:token\titem_id:token\ttimestamp:float"
    np.savetxt(path, table, fmt="%d", delimiter="\t", header=header, comments="")


if __name__ == "__main__":
    work(RecBole)
