"""RecTools' SASRecModel, trained by its own `fit`. Runs in build/peers/rectools; started by `bench.id_peers`."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import torch
from pytorch_lightning import Callback, seed_everything
from rectools import Columns
from rectools.dataset import Dataset
from rectools.metrics import NDCG, calc_metrics
from rectools.models import SASRecModel

from bench.peers.exchange import Histories, Settings
from bench.peers.worker import Clock, work

BLOCK = 512  # users whose scores are held at a time


class Counting(Callback):
    """Tells the clock how many targets each step had: those that are not padding."""

    def __init__(self, clock: Clock):
        self.clock = clock

    def __deepcopy__(self, memo):  # RecTools copies its trainer; there is one clock
        return self

    def on_train_epoch_start(self, trainer, module) -> None:
        """The first epoch begins: all is prepared."""
        self.clock.begin()

    def on_train_batch_end(self, trainer, module, outputs, batch, batch_idx) -> None:
        """One step is done."""
        self.clock.step(int((batch["y"] != 0).sum()))


class RecTools:
    """RecTools 0.19.0 learns from the last `max_length` targets of each user alone."""

    leaves_out_seen = True

    def __init__(self, histories: Histories, settings: Settings):
        seed_everything(settings.seed)
        self.n_items, self.users = histories.n_items, np.arange(histories.n_users)
        users, items, places = histories.train_table()
        self.dataset = Dataset.construct(self.table(users, items, places))
        self.targets = self.table(self.users, histories.targets(), np.zeros(len(self.users), np.int64))
        self.model = SASRecModel(
            n_factors=settings.dim,
            n_blocks=settings.blocks,
            n_heads=settings.heads,
            dropout_rate=settings.dropout,
            session_max_len=settings.max_length,
            lr=settings.lr,
            batch_size=settings.batch,
            loss="softmax",
            epochs=10_000,
        )

    @staticmethod
    def table(users: np.ndarray, items: np.ndarray, places: np.ndarray) -> pd.DataFrame:
        """A table of interactions in RecTools' columns; the place in a history stands for the time."""
        times = pd.to_datetime(places, unit="s")
        return pd.DataFrame({Columns.User: users, Columns.Item: items, Columns.Weight: 1.0, Columns.Datetime: times})

    def train(self, clock: Clock) -> None:
        """`fit`, with a callback that counts."""
        self.model._trainer.callbacks.append(Counting(clock))
        self.model.fit(self.dataset)

    @torch.no_grad()
    def scores(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """User times item embeddings; an item that RecTools has not kept cannot be scored."""
        prepared = self.model.data_preparator
        known = prepared.transform_dataset_u2i(self.dataset, self.users)
        loader = prepared.get_dataloader_recommend(known, self.model.recommend_batch_size)
        users, items = self.model.lightning_model._get_user_item_embeddings(loader, "cpu")
        self.model.lightning_model.train()
        rows, numbers = known.user_id_map.external_ids, prepared.get_known_item_ids().astype(np.int64)
        items = items[prepared.get_known_items_sorted_internal_ids()]
        for start in range(0, len(rows), BLOCK):
            scores = np.full((len(rows[start : start + BLOCK]), self.n_items + 1), -np.inf, np.float32)
            scores[:, numbers] = (users[start : start + BLOCK] @ items.T).numpy()
            yield rows[start : start + BLOCK], scores

    def evaluate(self) -> float:
        """`recommend` ten items to everybody, then `calc_metrics`."""
        was_fitted, self.model.is_fitted = self.model.is_fitted, True  # it refuses in the middle of a training
        listed = self.model.recommend(self.users, self.dataset, k=10, filter_viewed=True)
        found = calc_metrics({"ndcg@10": NDCG(k=10, divide_by_achievable=True)}, listed, self.targets)
        self.model.is_fitted = was_fitted
        self.model.lightning_model.train()
        return float(found["ndcg@10"])


if __name__ == "__main__":
    work(RecTools)
