"""What does a trained tower live on? One part of its input is taken away or exchanged when it is asked; nothing is trained.

Of items: other pictures, no picture, no text, no title. The catalogue is encoded anew without that part
(`python -m molar encode --probe`), and the tower, with all that it has learnt, reads those vectors. Of users: the history in
another order, the ID tower blanked.
"""

import dataclasses
from pathlib import Path

import numpy as np

from molar.core import schema as c
from molar.core.errors import MolarError
from molar.data.dataset import Dataset

ITEM_ABLATIONS = ("shuffled-pictures", "no-picture", "no-text", "no-title")


def ablated_items(dataset: Dataset, probe: str, *, seed: int = 0) -> tuple[list[str], list[Path | None]]:
    """What the encoder reads of each item under a probe of `ITEM_ABLATIONS`: texts and pictures, in item order.

    "shuffled-pictures": every item that has a picture has another item's, by one random circle through all of them.
    Raises MolarError for another probe, or where there is nothing to exchange or take away."""
    from molar.data.item_text import item_pictures, item_texts

    if probe not in ITEM_ABLATIONS:
        raise MolarError(f"There is no probe of items named {probe}: known are {', '.join(ITEM_ABLATIONS)}.")
    if probe == "no-title":
        if c.TITLE not in dataset.encoded_columns:
            raise MolarError(f"The title is not among the encoded columns of {dataset.root}: there is nothing to mask.")
        dataset = dataclasses.replace(
            dataset, encoded_columns=tuple(name for name in dataset.encoded_columns if name != c.TITLE)
        )
    texts = item_texts(dataset)
    pictures = item_pictures(dataset)
    if probe == "no-text":
        texts = [""] * len(texts)
    if probe == "no-picture":
        pictures = [None] * len(texts)
    if probe == "shuffled-pictures":
        having = np.flatnonzero([picture is not None for picture in pictures])
        if len(having) < 2:
            raise MolarError(f"{dataset.root} has {len(having)} pictures: there are none to exchange.")
        circle = np.random.default_rng([seed, 3]).permutation(having)
        moved = dict(zip(circle.tolist(), np.roll(circle, 1).tolist(), strict=True))
        pictures = [pictures[moved[item]] if item in moved else None for item in range(len(pictures))]
    return texts, pictures


def ablation_path(vectors: Path, probe: str) -> Path:
    """Where the vectors of a probe lie: beside those that the tower was trained on."""
    return vectors.with_name(f"{vectors.stem}-{probe}{vectors.suffix}")
