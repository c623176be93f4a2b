"""A checkpoint with everything the page reads, made in a second: random vectors, untrained models, invented numbers."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from molar.core.hashing import sha16
from molar.data.dataset import Dataset, load_dataset
from molar.data.splits import Split, leave_one_out
from molar.encoder.vectors import load_vectors, save_vectors
from molar.models.content import ContentConfig, ContentUserEncoder
from molar.models.sasrec import SASRec, SASRecConfig
from molar.storage.checkpoint import save_model
from molar.storage.everything import EverythingConfig, save_everything
from molar.training.closed_form.item_to_item import fit_item_to_item

DIM = 16


def write_checkpoint(folder: Path, dataset_dir: Path, *, everything: bool = True) -> Path:
    """Write the stand-in for a dataset folder; every model has its own seed, so the rows differ. everything: joined, too."""
    import torch

    dataset = load_dataset(dataset_dir)
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(dataset.n_items + 1, DIM)).astype(np.float32)
    vectors[0] = 0
    save_vectors(folder / "vectors.safetensors", vectors, dataset, {"backbone": "none"})
    vectors = load_vectors(folder / "vectors.safetensors", dataset)
    meta = {"command": "stand-in", "data_hash": dataset.data_hash, "split_hash": leave_one_out(dataset).split_hash}
    meta["vectors"] = sha16([vectors])
    for seed, name in enumerate(("content", "molar", "sasrec")):
        torch.manual_seed(seed)
        if name == "sasrec":
            model = SASRec(SASRecConfig(n_items=dataset.n_items, dim=16, blocks=1))
        else:
            model = ContentUserEncoder(ContentConfig(dim_in=DIM, dim=16, blocks=1))
        save_model(folder / name, model, meta)
    if everything:
        write_everything(folder, leave_one_out(dataset), meta)
    write_maps(folder, dataset, rng)
    write_numbers(folder / "metrics.json", dataset)
    return folder


def write_everything(folder: Path, split: Split, meta: dict) -> None:
    """A content model with an untrained residual, a real SLIST, and invented weights."""
    import torch

    torch.manual_seed(3)
    config = ContentConfig(DIM, dim=16, blocks=1, residual="free", catalogue_size=split.dataset.n_items)
    save_model(folder / "everything" / "content", ContentUserEncoder(config), meta)
    fit_item_to_item(split, choose=(), out=folder / "slist", command="stand-in")
    joined = EverythingConfig("slist", weights=(0.5, 0.5, 0.4), new_items_offset=0.25)
    save_everything(folder, joined, meta | {"content": "not aligned", "validation": {}})


def write_maps(folder: Path, dataset: Dataset, rng: np.random.Generator) -> None:
    """Blobs by an invented room, tighter after than before."""
    from molar.serving.user_maps import maps_key

    split = leave_one_out(dataset)
    chosen = split.evaluation_users("test")
    histories = [split.history_for(user, "test") for user in chosen]
    key = maps_key(folder, dataset.user_ids[chosen])
    (folder / "maps.json").write_text(json.dumps({"key": key}), encoding="utf-8")
    rooms = np.array(["kitchen", "study", "nursery", "hall"])[np.arange(len(chosen)) % 4]
    centres = {room: rng.normal(size=2) * 4 for room in np.unique(rooms)}
    table = {"user_id": dataset.user_ids[chosen]}
    for view, spread in (("before", 3.0), ("after", 1.0), ("id", 0.7)):
        points = (np.array([centres[room] for room in rooms]) + rng.normal(size=(len(chosen), 2)) * spread) / 16
        table[f"{view}_x"], table[f"{view}_y"] = points.round(3).T
    table |= {"history": [len(history) for history in histories]}
    for pair in ("before_id", "after_id", "before_after"):
        table[f"overlap_{pair}"] = rng.integers(0, 11, len(chosen)) / 10
    pd.DataFrame(table | {"room": rooms}).to_csv(folder / "maps.csv", index=False)


def write_numbers(path: Path, dataset) -> None:
    """The numbers of a finished evaluation, in the shape that `molar evaluate` writes."""
    slices = ("all", "warm", "cold")
    ci = {"ndcg@10": [0.01, 0.09]}
    models = {
        model: {slice_: {"ndcg@10": value, "ci": ci, "n": 20} for slice_ in slices}
        for model, value in (("content", 0.05), ("molar", 0.07), ("sasrec", 0.06), ("random", 0.01))
    }
    differences = {"molar minus content": {slice_: {"ndcg@10": 0.02, "ci": ci, "n": 20} for slice_ in slices}}
    alignment = {}
    for moment, high in (("before", 0.2), ("after", 0.6)):
        found = {
            "procrustes_paired_cosine": high,
            "procrustes_shuffled_cosine": 0.01,
            "retrieval_r@10": high / 2,
            "retrieval_r@10_chance": 0.05,
            "mutual_knn@10": high / 3,
            "mutual_knn@10_chance": 0.05,
            "debiased_cka": high,
        }
        alignment[moment] = {"n": 20} | {f"align/{name}": value for name, value in found.items()}
    alignment["after"]["delta_ndcg@10"] = 0.02
    numbers = {
        "dataset": dataset.name,
        "split": "test",
        "models": models,
        "differences": differences,
        "alignment": alignment,
    }
    path.write_text(json.dumps(numbers), encoding="utf-8")
