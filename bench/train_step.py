"""Training steps of our SASRec against a plain PyTorch one, in targets a second: same sizes, batches, optimizer and loss.

    python -m bench.train_step [DATASET] [--dim 128] [--length 200] [--batch 32] [--steps 12] [--rounds 5]

The plain one is what a textbook gives: `nn.TransformerEncoder`, `nn.Dropout`, every position a target, `F.cross_entropy`
over the logits of all items. Both run in float32 and in bfloat16 (autocast). They take turns on the same batches, each
for a few steps, so that a busy machine is busy for all; ratios are taken within a round.
"""

import argparse
import itertools
import json
import os
import shlex
import statistics
import sys
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from molar.core.schema import PAD
from molar.data.dataset import load_dataset
from molar.data.splits import leave_one_out
from molar.models.sasrec import SASRec, SASRecConfig
from molar.training.batches import epoch_batches
from molar.training.losses import LossConfig, NextItemLoss

RUNS = ("plain float32", "plain bfloat16", "ours float32", "ours bfloat16")


class Plain(nn.Module):
    """SASRec from PyTorch's own parts."""

    def __init__(self, config: SASRecConfig):
        super().__init__()
        self.config = config
        self.items = nn.Embedding(config.n_items + 1, config.dim, padding_idx=PAD)
        self.positions = nn.Parameter(torch.zeros(config.max_length, config.dim))
        self.dropout = nn.Dropout(config.dropout)
        layer = nn.TransformerEncoderLayer(
            config.dim, config.heads, 4 * config.dim, config.dropout, "gelu", batch_first=True, norm_first=True
        )
        self.blocks = nn.TransformerEncoder(layer, config.blocks, nn.LayerNorm(config.dim), enable_nested_tensor=False)

    def loss(self, items: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Cross-entropy of every position's next item, (batch, length) both."""
        length = items.shape[1]
        later = nn.Transformer.generate_square_subsequent_mask(length)
        embedded = self.dropout(self.items(items) * self.config.dim**0.5 + self.positions[:length])
        states = self.blocks(embedded, later, is_causal=True)[targets != PAD]
        return F.cross_entropy(states @ self.items.weight.T, targets[targets != PAD])


def trainers(split, config: SASRecConfig) -> dict:
    """Name of RUNS → a function that takes one step over a batch."""
    ours, next_item = SASRec(config).train(), NextItemLoss(split, LossConfig("full"))
    plain, rng = Plain(config).train(), np.random.default_rng(0)

    def our_loss(batch):
        return next_item(ours, batch, rng)[0]

    def plain_loss(batch):
        return plain.loss(torch.from_numpy(batch.items), torch.from_numpy(batch.targets))

    def trainer(model, loss, precision):
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)

        def step(batch):
            optimizer.zero_grad(set_to_none=True)
            with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
                value = loss(batch)
            value.backward()
            optimizer.step()

        return step

    kinds = {"plain": (plain, plain_loss), "ours": (ours, our_loss)}
    return {name: trainer(*kinds[name.split()[0]], name.split()[1]) for name in RUNS}


def measure(steps: dict, batches, count: int, rounds: int) -> list[dict[str, float]]:
    """Targets a second of each in each round, after one that does not count."""
    seen = []
    for _ in range(rounds + 1):
        some, rates = list(itertools.islice(batches, count)), {}
        for name, step in steps.items():
            began = time.perf_counter()
            for batch in some:
                step(batch)
            rates[name] = sum(int((batch.targets != PAD).sum()) for batch in some) / (time.perf_counter() - began)
        seen.append(rates)
    return seen[1:]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset", nargs="?", type=Path, default=os.environ.get("MOLAR_DATA", "assets/demo"))
    for name, default in (("dim", 128), ("length", 200), ("batch", 32), ("steps", 12), ("rounds", 5)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--out", type=Path, default=Path("bench/results/train_step.json"))
    wanted = parser.parse_args()
    split = leave_one_out(load_dataset(wanted.dataset, decode_pictures=False))
    torch.manual_seed(0)
    config = SASRecConfig(split.dataset.n_items, dim=wanted.dim, max_length=wanted.length, dropout=0.2)
    load = os.getloadavg()[0]
    epochs = (
        epoch_batches(split, seed=0, epoch=epoch, batch_size=wanted.batch, max_length=wanted.length)
        for epoch in itertools.count(1)
    )
    rounds = measure(trainers(split, config), itertools.chain.from_iterable(epochs), wanted.steps, wanted.rounds)
    ratios = {name: [rates[name] / rates["plain float32"] for rates in rounds] for name in RUNS[1:]}
    arguments = ["DATASET" if argument == str(wanted.dataset) else argument for argument in sys.argv[1:]]
    found = {
        "command": shlex.join(["python", "-m", "bench.train_step", *arguments]),
        "data_hash": split.dataset.data_hash,
        "items": split.dataset.n_items,
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "load_before": load,
        "load_after": os.getloadavg()[0],
        "targets_per_second": {name: round(statistics.median(rates[name] for rates in rounds)) for name in RUNS},
        "times_plain_float32": {
            name: {"median": round(statistics.median(each), 2), "in_each_round": [round(ratio, 2) for ratio in each]}
            for name, each in ratios.items()
        },
    }
    wanted.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
