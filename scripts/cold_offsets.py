"""Do content models know little of cold items, or do they only rank them lower among warm ones? On validation alone.

    python -m scripts.cold_offsets DATASET MODELS… --vectors FILE --out results/cold-offsets.json

Every content model under the folders MODELS is asked again with each offset of `molar.evaluation.new_items` added to the
logits of cold items, and with all warm items left out. Where a model can buy back on cold items what it gives up on warm
ones, its offset is another point of one trade; what is left at equal accuracy on cold items is what the model knows more.
The test split is never read. Every evaluation writes the same beside its results (`molar.experiments.offsets`); here it can be had
without measuring anything else. The file holds a line for every model; those of other data stay as they are.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from molar.core.errors import MolarError
from molar.core.progress import Terminal
from molar.data.dataset import load_dataset
from molar.data.splits import leave_one_out
from molar.encoder.vectors import load_vectors
from molar.evaluation.new_items import offset_curve
from molar.evaluation.ranking import ModelScorer
from molar.experiments.evaluate import dataset_label
from molar.experiments.offsets import offset_line, write_offsets
from molar.experiments.results import run_metadata
from molar.storage.checkpoint import weights_sha256
from molar.storage.trained import find_content_models, load_content_model
from scripts import entry

SUBSET = "validation"


def write_offset_curves(
    dataset: Path, folders: Sequence[Path], vectors: Path, out: Path, *, interactions: str, command: str
) -> list[dict]:
    """Measure every model, merge its line into the file, and return the lines. MolarError where there is nothing to trade."""
    split = leave_one_out(load_dataset(dataset, interactions=interactions, decode_pictures=False))
    array = load_vectors(vectors, split.dataset, read_pictures=False)
    label = dataset_label(split, interactions)
    made: list[dict] = []
    report, found = Terminal("offsets"), find_content_models(folders)
    for folder, (name, seed) in found.items():
        report(len(made), len(found), f"{name}, seed {seed}")
        curve = offset_curve(ModelScorer(name, load_content_model(folder, split, array), split), split, SUBSET)
        if curve is None:
            raise MolarError(
                f"{split.dataset.name} has no users of both kinds, with cold and with warm {SUBSET} items, to compare."
            )
        about = {"label": label, "seed": seed, "weights_sha256": weights_sha256(folder)}
        made.append(offset_line(run_metadata(split.dataset, SUBSET, command, **about), name, curve))
    write_offsets(out, made)
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
