"""Held-out losses of the encoder's fine-tuning, task by task and step by step, of several encoders side by side.

    python -m scripts.stage1_losses checkpoints/demo/encoder --out results/stage-1.json

Training wrote them into each encoder's config.json; here they are put beside one another with what made them. An encoder
replaces the one of the same name and dataset, so that those of several data can share a file.
"""

from pathlib import Path

from molar.core.errors import MolarError
from molar.core.io import write_json
from molar.encoder.adapter import adapter_sha256, read_metadata
from molar.experiments.results import read_entries
from scripts import entry

LIST = "encoders"


def losses_of(folder: Path) -> dict:
    """What fine-tuning wrote down of one encoder. Raises MolarError where there is none, or one of captioned pictures alone."""
    metadata = read_metadata(folder)
    if "dataset" not in metadata:
        raise MolarError(f"{folder} was tuned on no dataset: name an encoder that `tune-encoder DATASET` made.")
    return {
        "name": folder.name,
        "dataset": metadata["dataset"],
        "data_hash": metadata["data_hash"],
        "split_hash": metadata["split_hash"],
        "samples": metadata["samples"],
        "form": metadata["config"]["form"],
        "seed": metadata["config"]["seed"],
        "weights_sha256": adapter_sha256(folder, metadata),
        "command": metadata["command"],
        "curve": metadata["curve"],
    }


def collect(folders: list[Path], out: Path) -> list[dict]:
    """Put the encoders of these folders into `out`, and return all that it holds. Errors: `losses_of`."""
    new = [losses_of(folder) for folder in folders]
    named = {(one["dataset"], one["name"]) for one in new}
    kept = [one for one in read_entries(out, LIST) if (one["dataset"], one["name"]) not in named]
    found = sorted(kept + new, key=lambda one: (one["dataset"], one["name"]))
    write_json(out, {LIST: found}, one_per_line=LIST)
    return found


def main() -> int:
    """Returns the exit code."""
    parser = entry.parser("scripts.stage1_losses", __doc__)
    parser.add_argument("encoders", nargs="+", type=Path, help="folders that tune-encoder wrote")
    parser.add_argument("--out", type=Path, required=True)
    return entry.run(
        parser, lambda options: print(f"{len(collect(options.encoders, options.out))} encoders in {options.out}")
    )


if __name__ == "__main__":
    raise SystemExit(main())
