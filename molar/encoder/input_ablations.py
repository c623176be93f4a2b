"""Input ablations of items: which part of them does a trained model live on? One is taken away or exchanged when the model
is asked; nothing is trained. The catalogue is encoded again without that part (`python -m molar encode --ablation`), and
the model, with all that it has learnt, reads those vectors. Ablations of users are in `molar.experiments.input_ablations`.
"""

import dataclasses
from pathlib import Path

import numpy as np

from molar.core import schema as c
from molar.core.errors import MolarError
from molar.data.dataset import Dataset

ITEM_ABLATIONS = ("shuffled-pictures", "no-picture", "no-text", "no-title")


def ablated_items(dataset: Dataset, ablation: str, *, seed: int = 0) -> tuple[list[str], list[Path | None]]:
    """What the encoder reads of each item under one of `ITEM_ABLATIONS`: texts and pictures, in item order.

    "shuffled-pictures": every item that has a picture has another item's, by one random circle through all of them.
    Raises MolarError for another ablation, or where there is nothing to exchange or take away."""
    from molar.data.item_text import item_pictures, item_texts

    if ablation not in ITEM_ABLATIONS:
        raise MolarError(
            f"There is no input ablation of items named {ablation}: known are {', '.join(ITEM_ABLATIONS)}."
        )
    if ablation == "no-title":
        if c.TITLE not in dataset.encoded_columns:
            raise MolarError(f"The title is not among the encoded columns of {dataset.root}: there is nothing to mask.")
        dataset = dataclasses.replace(
            dataset, encoded_columns=tuple(name for name in dataset.encoded_columns if name != c.TITLE)
        )
    texts = item_texts(dataset)
    pictures = item_pictures(dataset)
    if ablation == "no-text":
        texts = [""] * len(texts)
    if ablation == "no-picture":
        pictures = [None] * len(texts)
    if ablation == "shuffled-pictures":
        having = np.flatnonzero([picture is not None for picture in pictures])
        if len(having) < 2:
            raise MolarError(f"{dataset.root} has {len(having)} pictures: there are none to exchange.")
        circle = np.random.default_rng([seed, 3]).permutation(having)
        moved = dict(zip(circle.tolist(), np.roll(circle, 1).tolist(), strict=True))
        pictures = [pictures[moved[item]] if item in moved else None for item in range(len(pictures))]
    return texts, pictures


def ablation_path(vectors: Path, ablation: str) -> Path:
    """Where the vectors of an ablation lie: beside those that the model was trained on."""
    return vectors.with_name(f"{vectors.stem}-{ablation}{vectors.suffix}")
