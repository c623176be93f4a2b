"""`python -m molar VERB`: each verb is a thin layer over one function, which is imported when the verb is run."""

import argparse
import os
import shlex
import sys
from math import isfinite, nan
from pathlib import Path

from molar import tune_options
from molar.errors import Cancelled, MolarError
from molar.progress import Terminal
from molar.registry import NAMES

DESCRIPTION = """\
Next-item recommendation from text and pictures, post-aligned with collaborative filtering.

In order:  check → fetch-backbone → tune-encoder → encode → fidelity → train-id → train →
           evaluate → evaluate-id → draw-maps → recommend
Every long command can be stopped; the same command resumes."""


METHODS = ("leave-one-out", "temporal")  # those of molar.split, which is imported when a verb is run
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

    verb = _verb(verbs, "check", check, "check a dataset folder and tell all problems together")
    _dataset(verb)
    verb.add_argument("--no-interactions", action="store_true", help="check a catalogue without histories")

    verb = _verb(verbs, "fetch-backbone", fetch_backbone, "get a backbone once, offline afterwards (default: nano, 170 MB)")
    verb.add_argument("name", nargs="?", default="nano", help=BACKBONES)
    verb.add_argument("--folder", type=Path, help="where to put nano (default: $MOLAR_HOME, else ~/.cache/molar)")

    verb = _verb(verbs, "tune-encoder", tune_encoder, "stage 1: train what lets the item encoder see and read")
    _dataset(verb, split=True, optional=True)
    verb.add_argument("--out", type=Path, required=True, help="folder for the trained parts, such as CHECKPOINT/encoder")
    verb.add_argument("--pairs", default="", metavar="MODULE:FUNCTION",
                      help="besides or instead: function(seed, count) that yields captioned pictures")  # fmt: skip
    _backbone(verb)
    tune_options.add(verb)
    _seed(verb)

    verb = _verb(verbs, "encode", encode, "encode every item once: CHECKPOINT/vectors.safetensors")
    _dataset(verb, interactions=False)
    _checkpoint(verb)
    _backbone(verb)
    verb.add_argument("--encoder", type=Path, help="folder of a tuned encoder (default: CHECKPOINT/encoder)")
    verb.add_argument("--precision", default="nf4", help="of the language model: float32, bfloat16, int8 or nf4 (default: nf4)")
    verb.add_argument("--no-gate", dest="gate", action="store_false",
                      help="the language model's state alone, without the features that the late gate carries past it")  # fmt: skip

    verb = _verb(verbs, "train-id", train_id, "train an ID model: CHECKPOINT/NAME (default: CHECKPOINT/sasrec)")
    _dataset(verb, split=True)
    _checkpoint(verb)
    verb.add_argument("--model", default="sasrec", help="sasrec, gru4rec, fpmc or duorec (default: sasrec)")
    verb.add_argument("--name", help="folder in CHECKPOINT; its first part is the model's name in results (default: the model's)")
    verb.add_argument("--epochs", type=whole(1), help="at most this many epochs")
    verb.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", dest="settings",
                      help="a size, a loss or a part of the recipe, such as dim=64, kind=bce, lr=0.001; may be repeated")  # fmt: skip
    _seed(verb)

    verb = _verb(verbs, "train", train, "train the content model and the aligned one: CHECKPOINT/content and /molar")
    _dataset(verb, split=True)
    _checkpoint(verb)
    verb.add_argument("--alpha", type=number(0), help="weight of the alignment loss (Eq. 5) of the aligned model")
    verb.add_argument("--tau", type=number(0, above=True), help="temperature of the alignment loss (Eq. 4)")
    verb.add_argument("--epochs", type=whole(1), help="epochs of each model")
    _seed(verb)

    verb = _verb(verbs, "evaluate", evaluate, "rank the whole catalogue for every user, write a results file")
    _dataset(verb, split=True)
    _checkpoint(verb)
    _results(verb)

    verb = _verb(verbs, "evaluate-id", evaluate_id, "the same for trained ID models, which need no item vectors")
    _dataset(verb, split=True)
    verb.add_argument("folders", type=Path, nargs="+", metavar="FOLDER",
                      help="a trained ID model, or a folder of several; seeds of one label are one model's")  # fmt: skip
    _results(verb)

    verb = _verb(verbs, "fidelity", fidelity, "what fewer bits cost: vectors in every precision beside bfloat16")
    _dataset(verb)
    _checkpoint(verb)
    _backbone(verb)
    verb.add_argument("--encoder", type=Path, help="folder of a tuned encoder (default: CHECKPOINT/encoder)")
    verb.add_argument("--items", type=whole(11), help="how many items, chosen by a hash (default: 300)")
    verb.add_argument("--precisions", type=lambda names: tuple(names.split(",")),
                      help="separated by commas (default: all; bfloat16 is always among them)")  # fmt: skip
    verb.add_argument("--out", type=Path, required=True, help="results file, such as results/fidelity-nano.json")

    verb = _verb(verbs, "draw-maps", draw_maps, "the users' maps before and after alignment: CHECKPOINT/maps.csv")
    _dataset(verb)
    _checkpoint(verb)
    verb.add_argument("--users", type=whole(1), help="how many users, chosen by a hash")
    _seed(verb)

    verb = _verb(verbs, "recommend", recommend, "the next items after a history")
    _dataset(verb, interactions=False)
    _checkpoint(verb)
    verb.add_argument("--history", required=True, help="item ids, oldest first, separated by commas")
    verb.add_argument("--model", default="molar", help="molar, content or sasrec (default: molar)")
    verb.add_argument("--k", type=whole(1, 100), default=10, help="how many items (default: 10)")
    return parser


def _verb(verbs, name: str, run, summary: str) -> argparse.ArgumentParser:
    verb = verbs.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
    verb.set_defaults(run=run)
    return verb


def _dataset(verb: argparse.ArgumentParser, interactions: bool = True, split: bool = False, optional: bool = False) -> None:
    verb.add_argument("dataset", type=Path, nargs="?" if optional else None,
                      help="dataset folder: items.csv, interactions.csv, images/")  # fmt: skip
    if interactions:
        verb.add_argument("--interactions", default="interactions.csv", metavar="FILE",
                          help="another file of histories in that folder")  # fmt: skip
    if split:
        verb.add_argument("--split", choices=METHODS, default=METHODS[0],
                          help=f"how histories are split; {METHODS[1]} needs timestamps (default: {METHODS[0]})")  # fmt: skip


def _results(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--out", type=Path, required=True, help="results file, such as results/demo.json")
    verb.add_argument("--which", choices=("validation", "test"), default="test",
                      help="validation alone, to choose by, or both; test is the default")  # fmt: skip


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


def _given(options, *names: str) -> dict:
    """The options that were given, so that each default has its one home in the function itself."""
    return {name: getattr(options, name) for name in names if getattr(options, name) is not None}


def _split(options):
    """The dataset of the options, split as they say."""
    from molar.data import load_dataset
    from molar.split import split_dataset

    return split_dataset(load_dataset(options.dataset, interactions=options.interactions), options.split)


def check(options) -> None:
    """Print every problem of a dataset folder, and what was loaded."""
    from molar.check import describe
    from molar.data import describe_dataset, open_dataset

    interactions = None if options.no_interactions else options.interactions
    dataset, problems = open_dataset(options.dataset, interactions=interactions)
    if problems:
        print(describe(problems))
    if dataset is None:
        raise MolarError(f"{options.dataset} cannot be used yet; mend the errors above")
    print(describe_dataset(dataset))


def fetch_backbone(options) -> None:
    """Get `nano`, the offline backbone, and assemble it, or get a model of the hub into the hub's own folder."""
    from molar.backbone import fetch_backbone
    from molar.registry import fetch_hub_model, hub_model, refuse_unknown

    model, report = hub_model(options.name), Terminal("fetching")
    if model is None and options.name != "nano":
        raise refuse_unknown(options.name)
    if model and options.folder:
        raise MolarError("--folder is for nano alone: models of the hub lie in the hub's own folder (HF_HOME moves it).")
    print(fetch_hub_model(model, report=report) if model else fetch_backbone(options.folder, report=report))


def tune_encoder(options) -> None:
    """Train what lets the item encoder see and read: stage 1."""
    from molar.tune import tune_encoder
    from molar.tune_tasks import open_split

    split = options.dataset and open_split(options.dataset, options.interactions, options.split)
    settings = tune_options.settings(options, dataset=split is not None)
    print(tune_encoder(split, options.out, pairs=options.pairs, command=options.command, report=Terminal("tuning"),
                       **settings))  # fmt: skip


def encode(options) -> None:
    """Encode every item of a dataset."""
    from molar.encode import encode_items

    print(encode_items(options.dataset, options.checkpoint, backbone=options.backbone, precision=options.precision,
                       gate=options.gate, encoder=options.encoder, report=Terminal("encoding")))  # fmt: skip


def train_id(options) -> None:
    """Train an ID model."""
    from molar.crew import Crew
    from molar.settings import id_settings
    from molar.train import describe_training, train_id_model

    split = _split(options)
    name = options.name or options.model
    out = options.checkpoint / name
    train_id_model(split, options.model, out=out, label=name.split("/")[0], command=options.command,
                   report=Terminal(f"training {name}"), **id_settings(options.model, split, options.settings),
                   **_given(options, "seed", "epochs"))  # fmt: skip
    if Crew().first:
        print(describe_training(out), file=sys.stderr)
        print(out)


def train(options) -> None:
    """Train the content tower twice, without and with alignment."""
    from molar.checkpoint import load_tower
    from molar.train import train_molar
    from molar.vectors import load_vectors, vectors_fingerprint

    split, path = _split(options), options.checkpoint / "vectors.safetensors"
    vectors = load_vectors(path, split.dataset)
    id_model = load_tower(options.checkpoint / "sasrec", split, vectors)
    given = _given(options, "tau", "seed", "epochs")
    given |= {"command": options.command, "encoder": vectors_fingerprint(path)}
    for name, alpha in (("content", {"alpha": 0.0}), ("molar", _given(options, "alpha"))):
        out = options.checkpoint / name
        train_molar(split, vectors, id_model, out=out, report=Terminal(f"training {name}"), **alpha, **given)
        print(out)


def evaluate(options) -> None:
    """Measure a checkpoint and write the results file."""
    from molar.evaluate import evaluate_checkpoint

    evaluate_checkpoint(options.dataset, options.checkpoint, options.out, **_measured(options))
    print(options.out if options.which == "test" else f"{options.out} (validation alone)")


def evaluate_id(options) -> None:
    """Measure trained ID models and write the results file."""
    from molar.evaluate_id import evaluate_id_models

    evaluate_id_models(options.dataset, options.folders, options.out, **_measured(options))
    print(options.out if options.which == "test" else f"{options.out} (validation alone)")


def _measured(options) -> dict:
    """What both evaluations are told alike."""
    same = {"interactions": options.interactions, "which": options.which, "method": options.split}
    return same | {"command": options.command, "report": Terminal("evaluating")}


def fidelity(options) -> None:
    """Measure what fewer bits cost and write the results file."""
    from molar.fidelity import measure_fidelity

    measure_fidelity(options.dataset, options.checkpoint, options.out, backbone=options.backbone,
                     encoder=options.encoder, interactions=options.interactions, command=options.command,
                     report=Terminal("measuring"), **_given(options, "items", "precisions"))  # fmt: skip
    print(options.out)


def draw_maps(options) -> None:
    """Draw the users' maps."""
    from molar.maps import draw_maps

    print(draw_maps(options.dataset, options.checkpoint, interactions=options.interactions,
                    report=Terminal("drawing maps"), **_given(options, "users", "seed")))  # fmt: skip


def recommend(options) -> None:
    """Print what a model recommends after a history."""
    from molar.recommend import Recommender

    shop = Recommender.load(options.dataset, options.checkpoint)
    history = [item_id.strip() for item_id in options.history.split(",") if item_id.strip()]
    for item in shop.recommend(history, model=options.model, k=options.k):
        print(f"{item.rank:3}  {item.item_id}  {item.title}")
