"""Does alignment forget cold items, or does it only rank them lower among warm ones? On validation alone.

    python -m scripts.cold_offsets DATASET MODELS… --vectors FILE --out results/cold-offsets.json

Every content model under the folders MODELS is asked again with each of OFFSETS added to the logits of cold items, and with
all warm items left out. Where a model can buy back on cold items what it gives up on warm ones, its offset is another
point of one trade; what is left at equal accuracy on cold items is what the model knows more. The test split is never
read. The file holds a line for every model; those of other data stay as they are.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from molar.core.errors import MolarError
from molar.core.io import write_json
from molar.core.progress import Terminal
from molar.data.dataset import load_dataset
from molar.data.splits import Split, leave_one_out
from molar.encoder.vectors import load_vectors
from molar.evaluation.metrics import ndcg
from molar.evaluation.ranking import ModelScorer, ranks_of, score_blocks
from molar.experiments.evaluate import dataset_label
from molar.experiments.results import read_entries
from molar.models.content import ContentUserEncoder
from molar.storage.checkpoint import weights_sha256
from molar.storage.trained import find_content_models, load_content_model
from scripts import entry

OFFSETS = tuple(quarter / 4 for quarter in range(-8, 9))  # logits
SUBSET = "validation"
LIST = "towers"  # the name on disk of the list of lines, one a model


def offset_curve(model: ContentUserEncoder, split: Split) -> dict:
    """NDCG@10 of a content model under every offset, of all users and of those whose target is warm or cold, each a list;
    and "among_cold", that of cold targets where cold items are the only candidates. MolarError where no target is cold."""
    scorer, scale = ModelScorer("", model, split), model.logit_scale()
    users = split.evaluation_users(SUBSET)
    asked_cold = split.cold[split.targets_of(users, SUBSET)]
    if not asked_cold.any() or asked_cold.all():
        raise MolarError(
            f"{split.dataset.name} has no users of both kinds, with cold and with warm {SUBSET} items, to compare."
        )
    ranks, among = np.empty((len(OFFSETS), len(users)), np.int64), np.empty(len(users), np.int64)
    for part, scores, places, targets in score_blocks(scorer, split, SUBSET, users):
        logits = scores * np.float32(scale)
        for place, offset in enumerate(OFFSETS):
            shifted = np.where(split.cold, logits + np.float32(offset), logits)
            ranks[place, part] = ranks_of(shifted, places, targets)
        among[part] = ranks_of(np.where(split.cold, logits, -np.inf), places, targets)
    gains = np.array([ndcg(row, 10) for row in ranks])
    parts = {"all": gains, "warm": gains[:, ~asked_cold], "cold": gains[:, asked_cold]}
    means = {name: [round(float(value), 6) for value in part.mean(1)] for name, part in parts.items()}
    return means | {
        "among_cold": round(float(ndcg(among[asked_cold], 10).mean()), 6),
        "n": len(users),
        "n_cold": int(asked_cold.sum()),
    }


def write_offset_curves(
    dataset: Path, folders: Sequence[Path], vectors: Path, out: Path, *, interactions: str, command: str
) -> list[dict]:
    """Measure every model, replace what the file says of this dataset, and return its lines of it."""
    split = leave_one_out(load_dataset(dataset, interactions=interactions, decode_pictures=False))
    array = load_vectors(vectors, split.dataset, read_pictures=False)
    shared = {"dataset": dataset_label(split, interactions), "data_hash": split.dataset.data_hash, "split": SUBSET}
    made: list[dict] = []
    report, found = Terminal("offsets"), find_content_models(folders)
    for folder, (name, seed) in found.items():
        report(len(made), len(found), f"{name}, seed {seed}")
        curve = offset_curve(load_content_model(folder, split, array), split)
        line = shared | {"model": name, "seed": seed, "offsets": list(OFFSETS)} | curve
        made.append(line | {"command": command, "weights_sha256": weights_sha256(folder)})
    others = [line for line in read_entries(out, LIST) if line["dataset"] != shared["dataset"]]
    lines = sorted(others + made, key=lambda line: (line["dataset"], line["model"], line["seed"]))
    write_json(out, {LIST: lines}, one_per_line=LIST)
    return made


def main() -> int:
    """Returns the exit code."""
    parser = entry.parser("scripts.cold_offsets", __doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("models", type=Path, nargs="+", help="folders that hold trained content models, at any depth")
    parser.add_argument("--vectors", type=Path, required=True, help="the item vectors that they were trained on")
    parser.add_argument(
        "--interactions", default="interactions.csv", metavar="FILE", help="another file of histories in the dataset"
    )
    parser.add_argument("--out", type=Path, required=True)
    return entry.run(parser, _measure)


def _measure(options: argparse.Namespace) -> None:
    write_offset_curves(
        options.dataset,
        options.models,
        options.vectors,
        options.out,
        interactions=options.interactions,
        command=options.command,
    )


if __name__ == "__main__":
    raise SystemExit(main())
