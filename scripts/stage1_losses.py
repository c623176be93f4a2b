"""Held-out losses of stage 1, task by task and step by step, of tuned encoders side by side.

    python -m scripts.stage1_losses checkpoints/demo/encoder --out results/stage-1.json

Training wrote them into each encoder's config.json; here they are put beside one another with what made them. An encoder
replaces the one of the same name and dataset, so that those of several data can share a file.
"""

import argparse
import json
import sys
from pathlib import Path

from molar.core.errors import MolarError
from molar.encoder.adapter import adapter_sha256, read_metadata
from molar.experiments.results import write_json

LIST = "encoders"


def read_losses(out: Path) -> list[dict]:
    """The encoders of a file so far; [] without one."""
    return json.loads(out.read_text(encoding="utf-8"))[LIST] if out.exists() else []


def losses_of(folder: Path) -> dict:
    """What stage 1 wrote down of one encoder. Raises MolarError where there is none, or one of captioned pictures alone."""
    about = read_metadata(folder)
    if "dataset" not in about:
        raise MolarError(f"{folder} was tuned on no dataset: name an encoder that `tune-encoder DATASET` made.")
    return {
        "name": folder.name,
        "dataset": about["dataset"],
        "data_hash": about["data_hash"],
        "split_hash": about["split_hash"],
        "samples": about["samples"],
        "form": about["config"]["form"],
        "seed": about["config"]["seed"],
        "weights_sha256": adapter_sha256(folder, about),
        "command": about["command"],
        "curve": about["curve"],
    }


def collect(folders: list[Path], out: Path) -> list[dict]:
    """Put the encoders of these folders into `out`, and return all that it holds. Errors: `losses_of`."""
    new = [losses_of(folder) for folder in folders]
    named = {(one["dataset"], one["name"]) for one in new}
    kept = [one for one in read_losses(out) if (one["dataset"], one["name"]) not in named]
    found = sorted(kept + new, key=lambda one: (one["dataset"], one["name"]))
    write_json(out, {LIST: found}, one_per_line=LIST)
    return found


def main() -> int:
    """Returns the exit code: 0, or 2 for an error the user can mend."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("encoders", nargs="+", type=Path, help="folders that tune-encoder wrote")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    try:
        print(f"{len(collect(options.encoders, options.out))} encoders in {options.out}")
    except MolarError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
