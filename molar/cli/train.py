"""Train recommenders: train-id, train, train-content."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from molar.cli import options as o
from molar.core import schema as c
from molar.core.progress import Terminal

if TYPE_CHECKING:
    import numpy as np

    from molar.data.splits import Split


def add_train_id(verbs: o.Verbs) -> None:
    """`train-id`."""
    verb = o.new_verb(verbs, "train-id", train_id, "train an ID model: CHECKPOINT/NAME (default: CHECKPOINT/sasrec)")
    o.dataset(verb, split=True)
    o.checkpoint(verb)
    what = "sasrec, gru4rec, fpmc or duorec; slist or ease, which are solved in closed form (default: sasrec)"
    verb.add_argument("--model", default="sasrec", help=what)
    _name(verb, "(default: the model's)")
    verb.add_argument("--epochs", type=o.whole(1), help="at most this many epochs")
    o.train_users(verb)
    o.settings(verb, "a size, a loss or a part of the training config, such as dim=64, kind=bce, lr=0.001")
    o.validation_users(verb)
    o.seed(verb)


def train_id(options: Namespace) -> None:
    """Train an ID model; an item-to-item model is solved instead, and has neither epochs nor a seed."""
    from molar.data.splits import of_train_users
    from molar.models.zoo import ITEM_TO_ITEM
    from molar.training.settings import id_settings
    from molar.training.train import train_id_model

    split = of_train_users(o.open_split(options), options.train_users)
    name = options.name or options.model
    out = options.checkpoint / name
    if options.model in ITEM_TO_ITEM:
        _fit_item_to_item(options, split, name)
        return
    train_id_model(
        split,
        options.model,
        out=out,
        label=name.split("/")[0],
        command=options.command,
        report=Terminal(f"training {name}"),
        **id_settings(options.model, split, options.settings),
        **o.given(options, "seed", "epochs"),
    )
    _tell(out)


def _fit_item_to_item(options: Namespace, split: "Split", name: str) -> None:
    from molar.core.errors import MolarError
    from molar.training.closed_form.item_to_item import describe_fit, fit_item_to_item
    from molar.training.settings import item_to_item_settings

    if options.epochs is not None:
        raise MolarError(f"{options.model} is solved in closed form and has no epochs: leave --epochs out.")
    out = options.checkpoint / name
    fit_item_to_item(
        split,
        options.model,
        out=out,
        label=name.split("/")[0],
        command=options.command,
        report=Terminal(f"fitting {name}"),
        **item_to_item_settings(options.model, split, options.settings),
    )
    print(describe_fit(out), file=sys.stderr)
    print(out)


def add_choose_content(verbs: o.Verbs) -> None:
    """`choose-content`."""
    summary = "try how content is best read, on validation, for train: CHECKPOINT/content-choice.json"
    verb = o.new_verb(verbs, "choose-content", choose, summary)
    o.dataset(verb, split=True)
    o.checkpoint(verb)
    verb.add_argument("--epochs", type=o.whole(1), help="epochs of each combination (default: 5)")
    o.train_users(verb)
    o.validation_users(verb)
    o.settings(verb, "a setting that all combinations share, as of train-content")
    o.seed(verb)


def choose(options: Namespace) -> None:
    """Choose adapter, scaling and user encoder on validation."""
    from molar.data.splits import of_train_users
    from molar.training.joined.choose_content import CHOICE, choose_content

    split = of_train_users(o.open_split(options), options.train_users)
    vectors, _ = _vectors(options.checkpoint / "vectors.safetensors", split)
    chosen = choose_content(
        split,
        vectors,
        options.checkpoint,
        given=tuple(options.settings),
        command=options.command,
        report=Terminal("choosing"),
        **o.given(options, "seed", "epochs"),
    )
    for settings in chosen.values():
        print(" ".join(settings), file=sys.stderr)
    print(options.checkpoint / CHOICE)


def add_train(verbs: o.Verbs) -> None:
    """`train`."""
    summary = (
        "train the content model, the aligned one, and what joins everything: CHECKPOINT/content, /molar, /everything"
    )
    verb = o.new_verb(verbs, "train", train, summary)
    o.dataset(verb, split=True)
    o.checkpoint(verb)
    verb.add_argument("--alpha", type=o.number(0), help="weight of the alignment loss (Eq. 5) of the aligned model")
    verb.add_argument("--tau", type=o.number(0, above=True), help="temperature of the alignment loss (Eq. 4)")
    verb.add_argument("--epochs", type=o.whole(1), help="epochs of each model")
    what = "also content models that know less, of the same training: CHECKPOINT/content-tf-idf, /content-random"
    verb.add_argument("--baselines", action="store_true", help=what)
    o.settings(verb, "a setting of all three, as of train-content, over what choose-content has chosen")
    o.validation_users(verb)
    o.seed(verb)


def train(options: Namespace) -> None:
    """Train the content model twice, without and with alignment, and over vectors that know less where that is asked; then
    everything joined, with weights by validation."""
    from molar.encoder.baseline_vectors import FOLDER, write_baseline_vectors
    from molar.storage.trained import load_alignment_target
    from molar.training.alignment import AlignConfig
    from molar.training.distributed import Distributed
    from molar.training.joined.choose_content import chosen_settings
    from molar.training.joined.everything import WITH_RESIDUAL, describe_everything, train_everything
    from molar.training.settings import content_settings
    from molar.training.train import CONTENT_ALONE, train_molar

    split = o.open_split(options)
    vectors, made = _vectors(options.checkpoint / "vectors.safetensors", split)
    id_model = load_alignment_target(options.checkpoint / c.ID, split)
    aligned = AlignConfig(**o.given(options, "alpha", "tau"))

    def settings(residual: str, read: "np.ndarray", default: Sequence[str] = ()) -> dict:
        chosen = chosen_settings(options.checkpoint, split, vectors, residual)
        parts = content_settings(read.shape[1], [*(chosen or default), *options.settings])
        return {name: part for name, part in parts.items() if name != "align"}

    plain = [(c.CONTENT, CONTENT_ALONE, vectors, made), (c.ALIGNED, aligned, vectors, made)]
    if options.baselines:
        written = write_baseline_vectors(split, options.checkpoint / FOLDER)
        for name, path in zip((c.CONTENT_TFIDF, c.CONTENT_RANDOM), written, strict=True):
            plain.append((name, CONTENT_ALONE, *_vectors(path, split)))
    for name, align, read, told in plain:
        out = options.checkpoint / name
        train_molar(
            split,
            read,
            id_model,
            align=align,
            out=out,
            label=name,
            command=options.command,
            report=Terminal(f"training {name}"),
            **settings("none", read),
            **told,
            **o.given(options, "seed", "epochs"),
        )
        print(out)
    train_everything(
        split,
        vectors,
        id_model,
        options.checkpoint,
        align=aligned,
        command=options.command,
        report_for=lambda name: Terminal(f"training {name}"),
        **settings("free", vectors, WITH_RESIDUAL),
        **made,
        **o.given(options, "seed", "epochs"),
    )
    if Distributed().is_main_process:
        print(describe_everything(options.checkpoint), file=sys.stderr)
        print(options.checkpoint / c.EVERYTHING)


def add_train_content(verbs: o.Verbs) -> None:
    """`train-content`."""
    summary = "train one content model with any settings: CHECKPOINT/NAME"
    verb = o.new_verb(verbs, "train-content", train_content, summary)
    o.dataset(verb, split=True)
    o.checkpoint(verb)
    _name(verb, required=True)
    verb.add_argument(
        "--id-model",
        type=Path,
        metavar="FOLDER",
        help="the trained ID model that it is aligned to (default: CHECKPOINT/sasrec)",
    )
    verb.add_argument(
        "--vectors", type=Path, metavar="FILE", help="item vectors (default: CHECKPOINT/vectors.safetensors)"
    )
    verb.add_argument("--epochs", type=o.whole(1), help="at most this many epochs")
    o.train_users(verb)
    what = "a size, the alignment (align, on, alpha, tau, schedule, …), the loss or the training config"
    o.settings(verb, what)
    o.validation_users(verb)
    o.seed(verb)


def train_content(options: Namespace) -> None:
    """Train one content model with any settings. Whom the ID model was trained on is its own affair."""
    from molar.data.splits import of_train_users
    from molar.storage.trained import load_alignment_target
    from molar.training.settings import content_settings
    from molar.training.train import train_molar

    split = o.open_split(options)
    vectors, made = _vectors(options.vectors or options.checkpoint / "vectors.safetensors", split)
    parts = content_settings(vectors.shape[1], options.settings)
    id_model = None
    if parts["align"].active or parts["config"].fusion != "none":
        id_model = load_alignment_target(options.id_model or options.checkpoint / c.ID, split)
    out = options.checkpoint / options.name
    train_molar(
        of_train_users(split, options.train_users),
        vectors,
        id_model,
        out=out,
        label=options.name.split("/")[0],
        command=options.command,
        report=Terminal(f"training {options.name}"),
        **parts,
        **made,
        **o.given(options, "seed", "epochs"),
    )
    _tell(out)


def _name(verb: ArgumentParser, default: str = "", *, required: bool = False) -> None:
    what = f"folder in CHECKPOINT; its first part is the model's name in results {default}".rstrip()
    verb.add_argument("--name", required=required, help=what)


def _vectors(path: Path, split: "Split") -> "tuple[np.ndarray, dict]":
    """Item vectors for a split's dataset, and how they were made."""
    from molar.encoder.vectors import load_vectors, vectors_fingerprint

    vectors = load_vectors(path, split.dataset)
    return vectors, {"encoder": vectors_fingerprint(path), "vectors_file": path.name}


def _tell(out: Path) -> None:
    """Where the trained model is, and how its training went; once, however many processes have trained it."""
    from molar.training.distributed import Distributed
    from molar.training.run import describe_training

    if Distributed().is_main_process:
        print(describe_training(out), file=sys.stderr)
        print(out)


VERBS = (add_train_id, add_choose_content, add_train, add_train_content)
