"""Is the multimodal encoder worth it? The content model over its item vectors and over plainer ones, all else equal.

    python -m scripts.compare_encoders DATASET --checkpoint DIR --out results/encoders.json [--truth DATASET/truth/items.csv]

Kinds of vectors: `nano` as shipped (in nf4), in bfloat16, its `[Cur_Item]` state alone, `nano` before fine-tuning, MiniLM
over the text, CLIP over the picture (the image tower's pooled features as the vector holds them, centred), both side by
side, through a linear adapter too, and fixed random vectors: what an adapter can learn by heart. Every content model has
the same seed, batches and epochs, of which the best is kept by the same validation users whose NDCG@10 is then told: that
flatters all kinds alike, and nothing here is of the test split. Killed, it resumes: finished models are kept in the cache
folder.
"""

import argparse
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from molar.core.io import cache_folder, molar_home
from molar.core.progress import Report, Terminal
from molar.data.dataset import load_dataset
from molar.data.item_text import item_pictures, item_texts
from molar.data.segments import MAIN, slices
from molar.data.splits import Split, leave_one_out
from molar.data.subsets import with_cold_items
from molar.encoder.encode import encode_catalogue
from molar.encoder.item_encoder import EncoderConfig, ItemEncoder
from molar.evaluation.metrics import ndcg
from molar.evaluation.ranking import ModelScorer, evaluate_ranks
from molar.evaluation.significance import interval, resampled_means
from molar.experiments.results import row, run_metadata, write_rows
from molar.models.content import ContentConfig
from molar.storage.checkpoint import weights_sha256
from molar.training.train import CONTENT_ALONE, train_molar
from scripts import entry
from scripts.baseline_vectors import random_vectors, sentence_vectors
from scripts.photographs import PHOTOGRAPHS, write_photographs
from scripts.probe_encoder import probe_accuracy, read_truth

if TYPE_CHECKING:
    import pandas as pd

SUBSET = "validation"
RANDOM_WIDTH = 1024
COLD_SHARE = 0.1  # of the items of a dataset that has no cold ones
NANO, WHOLE, STATE, UNTRAINED, TEXT, PICTURE, BOTH, RANDOM = (
    "nano",
    "nano in bfloat16",
    "nano, [Cur_Item] alone",
    "nano before stage 1",
    "MiniLM",
    "CLIP",
    "MiniLM + CLIP",
    "random",
)
LINEAR = f"{BOTH}, linear adapter"


def kinds_of_vectors(texts: list[str], pictures: list, encoder: Path, report: Report) -> dict[str, np.ndarray]:
    """Kind → (n, width) float32 of n items given by text and picture."""
    tuned = ItemEncoder.load(EncoderConfig(), encoder)
    kinds = {NANO: encode_catalogue(tuned, texts, pictures, cache_folder(), report=report)}
    whole = ItemEncoder.load(EncoderConfig(precision="bfloat16"), encoder)
    kinds[WHOLE] = encode_catalogue(whole, texts, pictures, cache_folder(), report=report)
    kinds[STATE] = kinds[NANO][:, : tuned.hidden]
    kinds[UNTRAINED] = encode_catalogue(
        ItemEncoder.load(EncoderConfig()), texts, pictures, cache_folder(), report=report
    )
    kinds[TEXT] = sentence_vectors(texts)
    kinds[PICTURE] = kinds[NANO][:, tuned.hidden : tuned.hidden + tuned.image_dim]  # the image tower's own
    kinds[BOTH] = np.hstack([kinds[TEXT], kinds[PICTURE]])
    kinds[RANDOM] = random_vectors(len(texts), RANDOM_WIDTH)
    return {kind: vectors.astype(np.float32) for kind, vectors in kinds.items()}


def accuracy_rows(split: Split, kind: str, vectors: np.ndarray, epochs: int, seed: int, metadata: dict) -> list[dict]:
    """Train the content model on vectors (n_items + 1, width); its validation NDCG@10, all, warm and cold."""
    linear = {"hidden": 0} if kind == LINEAR else {}
    out = molar_home() / "compared" / f"{metadata['data_hash']}-{kind}-{seed}"
    model = train_molar(
        split,
        vectors,
        align=CONTENT_ALONE,
        config=ContentConfig(dim_in=vectors.shape[1], **linear),
        epochs=epochs,
        seed=seed,
        out=out,
        report=Terminal(f"{kind}, seed {seed}"),
    )
    metadata = metadata | {"seed": seed, "weights_sha256": weights_sha256(out)}
    users = split.evaluation_users(SUBSET)
    gains = ndcg(evaluate_ranks(ModelScorer(kind, model, split), split, SUBSET, users), 10)
    rows = []
    for name, mask in slices(split, SUBSET, users).items():
        if name in MAIN and mask.any():
            ci = {"ndcg@10": interval(resampled_means(gains[mask][:, None])[:, 0])}
            values = {"ndcg@10": gains[mask].mean()}
            rows.append(row(metadata, slice=name, model="content", setting=kind, n=mask.sum(), values=values, ci=ci))
    return rows


def probe_rows(
    kinds: dict[str, np.ndarray],
    truth: "pd.DataFrame",
    metadata: dict,
    columns: Sequence[str] = ("palette", "technique", "motif"),
) -> list[dict]:
    """How well a linear probe reads what only the picture shows, and what only the text tells, off each kind.

    truth: its rows are the items, in their order."""
    rows = []
    for column in columns:
        labels = truth[column].to_numpy()
        enough = np.isin(labels, [label for label, count in zip(*np.unique(labels, return_counts=True)) if count >= 5])
        for kind, vectors in kinds.items():
            values = {"probe_accuracy": probe_accuracy(vectors[enough], labels[enough]).mean()}
            rows.append(row(metadata, slice=column, model="probe", setting=kind, n=enough.sum(), values=values, ci={}))
    return rows


def photograph_rows(encoder: Path, metadata: dict) -> list[dict]:
    """Twelve photographs under texts that say nothing: at which rank is one cheetah among the likes of the other?"""
    with tempfile.TemporaryDirectory() as scratch:
        with zipfile.ZipFile(write_photographs(Path(scratch) / "photographs.zip")) as archive:
            archive.extractall(scratch)
        dataset = load_dataset(Path(scratch) / "photos", interactions=None)
        paths = item_pictures(dataset)
        kinds = kinds_of_vectors(item_texts(dataset), paths, encoder, Terminal("photographs"))
    cheetahs = [place for place, name in enumerate(PHOTOGRAPHS) if name.startswith("cheetah")]
    rows = []
    for kind, vectors in kinds.items():
        centred = vectors - vectors.mean(0)
        units = centred / np.linalg.norm(centred, axis=1, keepdims=True).clip(1e-12)
        likeness = units @ units.T
        np.fill_diagonal(likeness, -np.inf)
        ranks = [1 + int((likeness[a] > likeness[a, b]).sum()) for a, b in (cheetahs, cheetahs[::-1])]
        values = {"mean_rank_of_the_other_cheetah": np.mean(ranks)}
        shared = metadata | {"dataset": "twelve photographs", "data_hash": dataset.data_hash}
        fields = {"slice": "all", "model": "likeness", "setting": kind}
        rows.append(row(shared, **fields, n=len(paths), values=values, ci={}))
    return rows


def main() -> int:
    """Encode, train, probe, and write rows as they are made. Returns the exit code."""
    parser = entry.parser("scripts.compare_encoders", __doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--checkpoint", type=Path, required=True, help="folder with encoder/")
    parser.add_argument("--truth", type=Path, help="csv with item_id, palette, technique and motif, to probe")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--seeds", type=int, default=1, help="how many seeds of each content model")
    parser.add_argument("--kinds", help="only these, separated by ';', for more seeds of one kind; no probes then")
    parser.add_argument("--out", type=Path, required=True)
    return entry.run(parser, _compare)


def _compare(options: argparse.Namespace) -> None:
    encoder = options.checkpoint / "encoder"
    dataset = load_dataset(options.dataset)
    split = leave_one_out(dataset)
    if not split.cold[1:].any():
        split = leave_one_out(with_cold_items(dataset, COLD_SHARE))
    texts = item_texts(dataset)
    kinds = kinds_of_vectors(texts, item_pictures(dataset), encoder, Terminal("encoding"))
    metadata = run_metadata(split.dataset, SUBSET, options.command)
    trained = kinds | {LINEAR: kinds[BOTH]}
    if options.kinds:
        trained = {kind: trained[kind] for kind in options.kinds.split(";")}
    for seed in range(options.seeds):
        for kind, vectors in trained.items():
            padded = np.vstack([np.zeros((1, vectors.shape[1]), np.float32), vectors])
            write_rows(options.out, accuracy_rows(split, kind, padded, options.epochs, seed, metadata))
    if options.kinds:
        return
    if options.truth:
        write_rows(options.out, probe_rows(kinds, read_truth(options.truth, dataset), metadata))
    write_rows(options.out, photograph_rows(encoder, metadata))


if __name__ == "__main__":
    raise SystemExit(main())
