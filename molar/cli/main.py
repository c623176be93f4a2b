"""`python -m molar VERB`: how the verbs are called; `molar.cli.verbs` is what they do."""

import argparse
import os
import shlex
import sys
from math import isfinite, nan
from pathlib import Path

from molar.backbones.registry import NAMES
from molar.cli import finetune_options as tune_options
from molar.cli import verbs as do
from molar.core.errors import Cancelled, MolarError

DESCRIPTION = """\
Next-item recommendation from text and pictures, post-aligned with collaborative filtering.

In order:  check → fetch-backbone → tune-encoder → encode → fidelity → train-id → train →
           train-content → evaluate → evaluate-id → evaluate-content → draw-maps → recommend
Every long command can be stopped; the same command resumes."""


METHODS = ("leave-one-out", "temporal")  # those of molar.data.splits, which is imported when a verb is run
BACKBONES = f"{', '.join(NAMES)} or ORG/MODEL@COMMIT"


def main(arguments: list[str] | None = None) -> int:
    """Run one verb. Returns the exit code: 0; 2 for an error the user can mend; 130 when stopped."""
    arguments = sys.argv[1:] if arguments is None else arguments
    options = build_parser().parse_args(arguments)
    options.command = shlex.join(["python", "-m", "molar", *arguments])  # results and checkpoints name it
    try:
        options.run(options)
    except (KeyboardInterrupt, Cancelled):
        print("stopped; the same command resumes", file=sys.stderr)
        return 130
    except MolarError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # `python -m molar check … | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def build_parser() -> argparse.ArgumentParser:
    """The parser of all verbs; each sets `run`, the function that does it."""
    parser = argparse.ArgumentParser(
        prog="python -m molar", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    verbs = parser.add_subparsers(metavar="VERB", required=True)

    _preparing(verbs)
    _training(verbs)
    _measuring(verbs)
    return parser


def _preparing(verbs) -> None:
    """From a dataset folder to item vectors."""
    verb = _verb(verbs, "check", do.check, "check a dataset folder and tell all problems together")
    _dataset(verb)
    verb.add_argument("--no-interactions", action="store_true", help="check a catalogue without histories")

    verb = _verb(
        verbs, "fetch-backbone", do.fetch_backbone, "get a backbone once, offline afterwards (default: nano, 170 MB)"
    )
    verb.add_argument("name", nargs="?", default="nano", help=BACKBONES)
    verb.add_argument("--folder", type=Path, help="where to put nano (default: $MOLAR_HOME, else ~/.cache/molar)")

    verb = _verb(verbs, "tune-encoder", do.tune_encoder, "stage 1: train what lets the item encoder see and read")
    _dataset(verb, split=True, optional=True)
    verb.add_argument(
        "--out", type=Path, required=True, help="folder for the trained parts, such as CHECKPOINT/encoder"
    )
    verb.add_argument(
        "--pairs",
        default="",
        metavar="MODULE:FUNCTION",
        help="besides or instead: function(seed, count) that yields captioned pictures",
    )
    _backbone(verb)
    tune_options.add(verb)
    _seed(verb)

    verb = _verb(verbs, "encode", do.encode, "encode every item once: CHECKPOINT/vectors.safetensors")
    _dataset(verb, interactions=False)
    _checkpoint(verb)
    _backbone(verb)
    verb.add_argument("--encoder", type=Path, help="folder of a tuned encoder (default: CHECKPOINT/encoder)")
    verb.add_argument(
        "--precision", default="nf4", help="of the language model: float32, bfloat16, int8 or nf4 (default: nf4)"
    )
    verb.add_argument(
        "--no-gate",
        dest="gate",
        action="store_false",
        help="the language model's state alone, without the features that the late gate carries past it",
    )
    verb.add_argument(
        "--probe",
        metavar="NAME",
        help="shuffled-pictures, no-picture, no-text or no-title: CHECKPOINT/vectors-NAME.safetensors",
    )


def _training(verbs) -> None:
    """The two towers."""
    verb = _verb(verbs, "train-id", do.train_id, "train an ID model: CHECKPOINT/NAME (default: CHECKPOINT/sasrec)")
    _dataset(verb, split=True)
    _checkpoint(verb)
    verb.add_argument("--model", default="sasrec", help="sasrec, gru4rec, fpmc or duorec (default: sasrec)")
    verb.add_argument(
        "--name", help="folder in CHECKPOINT; its first part is the model's name in results (default: the model's)"
    )
    verb.add_argument("--epochs", type=whole(1), help="at most this many epochs")
    verb.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        dest="settings",
        help="a size, a loss or a part of the recipe, such as dim=64, kind=bce, lr=0.001; may be repeated",
    )
    _seed(verb)

    verb = _verb(verbs, "train", do.train, "train the content model and the aligned one: CHECKPOINT/content and /molar")
    _dataset(verb, split=True)
    _checkpoint(verb)
    verb.add_argument("--alpha", type=number(0), help="weight of the alignment loss (Eq. 5) of the aligned model")
    verb.add_argument("--tau", type=number(0, above=True), help="temperature of the alignment loss (Eq. 4)")
    verb.add_argument("--epochs", type=whole(1), help="epochs of each model")
    _seed(verb)

    verb = _verb(verbs, "train-content", do.train_content, "train one content tower with any settings: CHECKPOINT/NAME")
    _dataset(verb, split=True)
    _checkpoint(verb)
    verb.add_argument(
        "--name", required=True, help="folder in CHECKPOINT; its first part is the model's name in results"
    )
    verb.add_argument(
        "--id-model",
        type=Path,
        metavar="FOLDER",
        help="the trained ID model that it is aligned to (default: CHECKPOINT/sasrec)",
    )
    verb.add_argument(
        "--vectors", type=Path, metavar="FILE", help="item vectors (default: CHECKPOINT/vectors.safetensors)"
    )
    verb.add_argument("--epochs", type=whole(1), help="at most this many epochs")
    verb.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        dest="settings",
        help="a size, the alignment (align, on, alpha, tau, id_tower, targets), the loss or the recipe; may be repeated",
    )
    _seed(verb)


def _measuring(verbs) -> None:
    """What trained towers are good for."""
    verb = _verb(verbs, "evaluate", do.evaluate, "rank the whole catalogue for every user, write a results file")
    _dataset(verb, split=True)
    _checkpoint(verb)
    _results(verb)

    verb = _verb(verbs, "evaluate-id", do.evaluate_id, "the same for trained ID models, which need no item vectors")
    _dataset(verb, split=True)
    verb.add_argument(
        "folders",
        type=Path,
        nargs="+",
        metavar="FOLDER",
        help="a trained ID model, or a folder of several; seeds of one label are one model's",
    )
    _results(verb)

    verb = _verb(
        verbs,
        "evaluate-content",
        do.evaluate_content,
        "the same for content towers, the ID models beside them, both fused",
    )
    _dataset(verb, split=True)
    verb.add_argument(
        "folders",
        type=Path,
        nargs="+",
        metavar="FOLDER",
        help="a trained content tower, or a folder of several; seeds of one label are one model's",
    )
    verb.add_argument(
        "--id-model",
        type=Path,
        nargs="+",
        required=True,
        metavar="FOLDER",
        help="the ID models that they were aligned to, or folders of such",
    )
    verb.add_argument(
        "--vectors",
        type=Path,
        nargs="+",
        required=True,
        metavar="FILE",
        help="the item vectors that they were trained on, or folders of such",
    )
    verb.add_argument("--default", metavar="LABEL", help="the label that others are compared with (default: molar)")
    verb.add_argument(
        "--fused",
        nargs="*",
        metavar="LABEL",
        help="labels whose score is joined with their ID model's (default: molar content)",
    )
    verb.add_argument(
        "--probes",
        nargs="+",
        default=[],
        metavar="LABEL",
        help="labels that are asked again with a part of their input taken away or exchanged",
    )
    verb.add_argument(
        "--brief", action="store_true", help="NDCG@10 and Recall@10 of all users, for tables of many towers"
    )
    _results(verb)

    verb = _verb(verbs, "fidelity", do.fidelity, "what fewer bits cost: vectors in every precision beside bfloat16")
    _dataset(verb)
    _checkpoint(verb)
    _backbone(verb)
    verb.add_argument("--encoder", type=Path, help="folder of a tuned encoder (default: CHECKPOINT/encoder)")
    verb.add_argument("--items", type=whole(11), help="how many items, chosen by a hash (default: 300)")
    verb.add_argument(
        "--precisions",
        type=lambda names: tuple(names.split(",")),
        help="separated by commas (default: all; bfloat16 is always among them)",
    )
    verb.add_argument("--out", type=Path, required=True, help="results file, such as results/fidelity-nano.json")

    verb = _verb(verbs, "draw-maps", do.draw_maps, "the users' maps before and after alignment: CHECKPOINT/maps.csv")
    _dataset(verb)
    _checkpoint(verb)
    verb.add_argument("--users", type=whole(1), help="how many users, chosen by a hash")
    _seed(verb)

    verb = _verb(verbs, "recommend", do.recommend, "the next items after a history")
    _dataset(verb, interactions=False)
    _checkpoint(verb)
    verb.add_argument("--history", required=True, help="item ids, oldest first, separated by commas")
    verb.add_argument("--model", default="molar", help="molar, content or sasrec (default: molar)")
    verb.add_argument("--k", type=whole(1, 100), default=10, help="how many items (default: 10)")


def _verb(verbs, name: str, run, summary: str) -> argparse.ArgumentParser:
    verb = verbs.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
    verb.set_defaults(run=run)
    return verb


def _dataset(
    verb: argparse.ArgumentParser, interactions: bool = True, split: bool = False, optional: bool = False
) -> None:
    verb.add_argument(
        "dataset",
        type=Path,
        nargs="?" if optional else None,
        help="dataset folder: items.csv, interactions.csv, images/",
    )
    if interactions:
        verb.add_argument(
            "--interactions",
            default="interactions.csv",
            metavar="FILE",
            help="another file of histories in that folder",
        )
    if split:
        verb.add_argument(
            "--split",
            choices=METHODS,
            default=METHODS[0],
            help=f"how histories are split; {METHODS[1]} needs timestamps (default: {METHODS[0]})",
        )


def _results(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--out", type=Path, required=True, help="results file, such as results/demo.json")
    verb.add_argument(
        "--subset",
        "--which",  # its older name
        dest="subset",
        choices=("validation", "test"),
        default="test",
        help="validation alone, to choose by, or both; test is the default",
    )


def _checkpoint(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--checkpoint", type=Path, required=True, help="folder of vectors and trained models")


def _backbone(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--backbone", default="nano", help=f"{BACKBONES}, or a folder (default: nano)")


def _seed(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--seed", type=whole(0, 2**32 - 1), default=0, help="seed of everything random (default: 0)")


def whole(least: int, most: int | None = None):
    """An argparse type: a whole number from `least`, up to `most` if given."""
    span = f"a whole number from {least}" + (f" to {most}" if most is not None else "")

    def read(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = None
        if value is None or value < least or (most is not None and value > most):
            raise argparse.ArgumentTypeError(f"{text!r} is not {span}")
        return value

    return read


def number(least: float, *, above: bool = False):
    """An argparse type: a finite number from `least`, or above it."""
    span = f"a number above {least}" if above else f"a number from {least}"

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = nan
        if not isfinite(value) or value < least or (above and value == least):
            raise argparse.ArgumentTypeError(f"{text!r} is not {span}")
        return value

    return read
