"""What several verbs ask for alike: each argument stands here once, with the types that refuse what cannot be meant."""

import argparse
import sys
from collections.abc import Callable
from math import isfinite, nan
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from molar.backbones.registry import NAMES

if TYPE_CHECKING:
    from molar.data.splits import Split

Verbs: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
Run: TypeAlias = Callable[[argparse.Namespace], None]

METHODS = ("leave-one-out", "temporal")  # those of molar.data.splits, which is imported when a verb is run
BACKBONES = f"{', '.join(NAMES)} or ORG/MODEL@COMMIT"


def new_verb(verbs: Verbs, name: str, run: Run, summary: str, *aliases: str) -> argparse.ArgumentParser:
    """A verb that `run` does, under its name and its older names."""
    description = summary[0].upper() + summary[1:] + "."
    verb = verbs.add_parser(name, aliases=aliases, help=summary, description=description)
    verb.set_defaults(run=run)
    return verb


def dataset(
    verb: argparse.ArgumentParser, *, interactions: bool = True, split: bool = False, optional: bool = False
) -> None:
    """The dataset folder; where the verb reads histories, which file of them, and how they are split."""
    what = "dataset folder: items.csv, interactions.csv, images/"
    verb.add_argument("dataset", type=Path, nargs="?" if optional else None, help=what)
    if interactions:
        what = "another file of histories in that folder"
        verb.add_argument("--interactions", default="interactions.csv", metavar="FILE", help=what)
    if split:
        what = f"how histories are split; {METHODS[1]} needs timestamps (default: {METHODS[0]})"
        verb.add_argument("--split", choices=METHODS, default=METHODS[0], help=what)


def checkpoint(verb: argparse.ArgumentParser) -> None:
    """The folder of vectors and trained models."""
    verb.add_argument("--checkpoint", type=Path, required=True, help="folder of vectors and trained models")


def results(verb: argparse.ArgumentParser) -> None:
    """The results file of an evaluation, and on which targets it is made."""
    verb.add_argument("--out", type=Path, required=True, help="results file, such as results/demo.json")
    verb.add_argument(
        "--subset",
        "--which",  # its older name
        dest="subset",
        choices=("validation", "test"),
        default="test",
        help="validation alone, to choose by, or both; test is the default",
    )


def asked(verb: argparse.ArgumentParser) -> None:
    """Who is asked, and what is told apart of their targets."""
    what = "ask these users alone, for validation's choices too: one user id a line (default: all)"
    verb.add_argument("--users", type=Path, metavar="FILE", help=what)
    what = "a CSV with item_id and group: two more slices, by whether the target's group is in the history"
    verb.add_argument("--groups", type=Path, metavar="FILE", help=what)


def backbone(verb: argparse.ArgumentParser) -> None:
    """The pre-trained backbone of the item encoder."""
    verb.add_argument("--backbone", default="nano", help=f"{BACKBONES}, or a folder (default: nano)")


def encoder(verb: argparse.ArgumentParser) -> None:
    """The fine-tuned parts of the item encoder."""
    what = "folder of a fine-tuned encoder (default: CHECKPOINT/encoder)"
    verb.add_argument("--encoder", type=Path, help=what)


def settings(verb: argparse.ArgumentParser, what: str) -> None:
    """Any field of the configs of a training, by name."""
    what = f"{what}; may be repeated"
    verb.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", dest="settings", help=what)


def seed(verb: argparse.ArgumentParser) -> None:
    """The seed of everything random."""
    verb.add_argument("--seed", type=whole(0, 2**32 - 1), default=0, help="seed of everything random (default: 0)")


def train_users(verb: argparse.ArgumentParser) -> None:
    """Which share of the users trains."""
    what = "share of the users who train, such as 0.1 (default: 1, all); all are asked about"
    verb.add_argument("--train-users", type=number(0, above=True), default=1.0, metavar="SHARE", help=what)


def validation_users(verb: argparse.ArgumentParser) -> None:
    """Whose validation targets choose the best epoch."""
    what = "the users whose validation targets choose the epoch: one user id a line (default: all); who trains stays"
    verb.add_argument("--validation-users", type=Path, metavar="FILE", help=what)


def whole(least: int, most: int | None = None) -> Callable[[str], int]:
    """An argparse type: a whole number from `least`, up to `most` if given."""
    span = f"a whole number from {least}" + (f" to {most}" if most is not None else "")

    def read(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = least - 1
        if value < least or (most is not None and value > most):
            raise argparse.ArgumentTypeError(f"{text!r} is not {span}")
        return value

    return read


def number(least: float, *, above: bool = False) -> Callable[[str], float]:
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


def listed(text: str) -> list[str]:
    """`a, b,c` → ["a", "b", "c"]."""
    return [part.strip() for part in text.split(",") if part.strip()]


def given(options: argparse.Namespace, *names: str) -> dict:
    """The options that were given, so that each default has its one home in the function itself."""
    return {name: getattr(options, name) for name in names if getattr(options, name) is not None}


def open_split(options: argparse.Namespace) -> "Split":
    """The dataset of the options, split as they say, of which their validation users are asked."""
    from molar.data.dataset import load_dataset
    from molar.data.lists import read_user_list
    from molar.data.splits import describe_asked, of_asked_users, split_dataset

    split = split_dataset(load_dataset(options.dataset, interactions=options.interactions), options.split)
    if options.validation_users is None:
        return split
    asked = read_user_list(options.validation_users, split.dataset)
    split = of_asked_users(split, asked)
    print(describe_asked(asked, split, "validation"), file=sys.stderr)
    return split
