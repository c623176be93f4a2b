"""What does an item vector know of the picture? Linear probes on `e_i`, the text held constant.

    python -m scripts.probe_encoder DATASET --checkpoint DIR --truth DATASET/truth/items.csv --out results/NAME.json

Four kinds of vectors: the `[Cur_Item]` state alone, the whole vector with the image features that are concatenated to it,
the image tower's own pooled features (the limit), and the whole vector of shuffled pictures (must fall to chance).
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from molar.core.hashing import sha256_of
from molar.core.io import cache_folder
from molar.core.progress import Terminal
from molar.data.dataset import Dataset, load_dataset
from molar.encoder.encode import encode_catalogue
from molar.encoder.item_encoder import EncoderConfig, ItemEncoder
from molar.experiments.results import row, run_metadata, write_rows
from scripts import entry

if TYPE_CHECKING:
    import pandas as pd

CONSTANT_TEXT = "Art print."


def picture_vectors(encoder: ItemEncoder, pictures: list) -> dict[str, np.ndarray]:
    """Kinds of vectors of pictures under one constant text; name → (n, width)."""
    whole = encode_catalogue(
        encoder, [CONSTANT_TEXT] * len(pictures), pictures, cache_folder(), report=Terminal("probe")
    )
    hidden, image_dim = encoder.hidden, encoder.image_dim
    return {
        "[Cur_Item] alone": whole[:, :hidden],
        "with the late gate": whole,
        "the image tower": whole[:, hidden : hidden + image_dim],
    }


def probe_accuracy(vectors: np.ndarray, labels: np.ndarray, seed: int = 0) -> np.ndarray:
    """Correct (1) or not (0) for every item, by logistic regression in five stratified folds; (n,)."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    folds = StratifiedKFold(5, shuffle=True, random_state=seed)
    probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=300, C=0.01))
    return cross_val_predict(probe, vectors.astype(np.float32), labels, cv=folds) == labels


def main() -> int:
    """Probe, print, and write the rows. Returns the exit code."""
    parser = entry.parser("scripts.probe_encoder", __doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--truth", type=Path, required=True, help="csv with item_id and the columns to probe")
    parser.add_argument("--columns", default="palette,technique")
    parser.add_argument("--precision", default="nf4")
    parser.add_argument("--out", type=Path, required=True)
    return entry.run(parser, _probe)


def _probe(options: argparse.Namespace) -> None:
    dataset = load_dataset(options.dataset, interactions=None)
    truth = read_truth(options.truth, dataset)
    encoder = ItemEncoder.load(EncoderConfig(precision=options.precision), options.checkpoint / "encoder")
    kinds = picture_vectors(encoder, [dataset.image_path(number) for number in range(1, dataset.n_items + 1)])
    shuffled = np.random.default_rng(0).permutation(dataset.n_items)
    kinds["shuffled pictures"] = kinds["with the late gate"][shuffled]
    weights = sha256_of(options.checkpoint / "encoder" / "adapter.safetensors")
    metadata = run_metadata(dataset, "five folds", options.command, weights_sha256=weights)
    rows = []
    for column in options.columns.split(","):
        labels = truth[column].to_numpy()
        chance = np.unique(labels, return_counts=True)[1].max() / len(labels)
        for kind, vectors in kinds.items():
            hits = probe_accuracy(vectors, labels)
            spread = 1.96 * hits.std() / len(hits) ** 0.5
            values = {"probe_accuracy": hits.mean(), "chance": chance}
            ci = {"probe_accuracy": [round(float(hits.mean() - spread), 6), round(float(hits.mean() + spread), 6)]}
            rows.append(row(metadata, slice=column, model="content", setting=kind, n=len(labels), values=values, ci=ci))
            print(f"{column:10} {kind:20} {hits.mean():.3f}  (chance {chance:.3f})", flush=True)
    write_rows(options.out, rows)


def read_truth(path: Path, dataset: Dataset) -> "pd.DataFrame":
    """What is true of every item, in item order: text columns of a csv with item_id."""
    import pandas as pd

    return pd.read_csv(path, dtype=str).set_index("item_id").loc[list(dataset.item_ids[1:])]


if __name__ == "__main__":
    raise SystemExit(main())
