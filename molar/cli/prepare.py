"""From a dataset folder to item vectors: check, subset, fetch-backbone, finetune-encoder, encode."""

from argparse import Namespace
from pathlib import Path

from molar.cli import finetune_options
from molar.cli import options as o
from molar.core.errors import MolarError
from molar.core.progress import Terminal


def add_check(verbs: o.Verbs) -> None:
    """`check`."""
    verb = o.new_verb(verbs, "check", check, "check a dataset folder and report all problems together")
    o.dataset(verb)
    verb.add_argument("--no-interactions", action="store_true", help="check a catalogue without histories")


def check(options: Namespace) -> None:
    """Print every problem of a dataset folder, and what was loaded."""
    from molar.data.dataset import describe_dataset, open_dataset
    from molar.data.problems import describe

    interactions = None if options.no_interactions else options.interactions
    dataset, problems = open_dataset(options.dataset, interactions=interactions)
    if problems:
        print(describe(problems))
    if dataset is None:
        raise MolarError(f"{options.dataset} cannot be used yet; fix the errors above")
    print(describe_dataset(dataset))


def add_subset(verbs: o.Verbs) -> None:
    """`subset`."""
    verb = o.new_verb(verbs, "subset", subset, "make a frozen variant of a dataset: a part of it, or one of cold items")
    o.dataset(verb, interactions=False)
    verb.add_argument("out", type=Path, help="the folder to write")
    verb.add_argument("--users", type=int, help="how many users, chosen by a hash of their id")
    verb.add_argument(
        "--items", "--films", dest="items", type=int, help="how many items, the most popular among these users"
    )
    verb.add_argument(
        "--cold-items",
        type=float,
        metavar="SHARE",
        help="this share of the items, chosen by a hash, out of all training prefixes; by itself",
    )


def subset(options: Namespace) -> None:
    """Write a part of a dataset, or the whole with some of its items made cold."""
    from molar.data.subsets import make_cold_variant, make_subset

    part = (options.users is not None) + (options.items is not None)
    if (part, options.cold_items is not None) not in ((2, False), (0, True)):
        raise MolarError("name either --users and --items, or --cold-items")
    if part:
        print(make_subset(options.dataset, options.out, users=options.users, films=options.items))
    else:
        print(make_cold_variant(options.dataset, options.out, share=options.cold_items))


def add_fetch_backbone(verbs: o.Verbs) -> None:
    """`fetch-backbone`."""
    summary = "get a backbone once, offline afterwards (default: nano, 170 MB)"
    verb = o.new_verb(verbs, "fetch-backbone", fetch_backbone, summary)
    verb.add_argument("name", nargs="?", default="nano", help=o.BACKBONES)
    verb.add_argument("--folder", type=Path, help="where to put nano (default: $MOLAR_HOME, else ~/.cache/molar)")


def fetch_backbone(options: Namespace) -> None:
    """Get `nano`, the offline backbone, and assemble it, or get a model of the hub into the hub's own folder."""
    from molar.backbones.hub import fetch_backbone
    from molar.backbones.registry import fetch_hub_model, hub_model, refuse_unknown

    model, report = hub_model(options.name), Terminal("fetching")
    if model is None and options.name != "nano":
        raise refuse_unknown(options.name)
    if model and options.folder:
        raise MolarError(
            "--folder is for nano alone: models of the hub lie in the hub's own folder (HF_HOME moves it)."
        )
    print(fetch_hub_model(model, report=report) if model else fetch_backbone(options.folder, report=report))


def add_finetune_encoder(verbs: o.Verbs) -> None:
    """`finetune-encoder`, which was `tune-encoder`."""
    summary = "train what lets the item encoder see and read, before any recommender"
    verb = o.new_verb(verbs, "finetune-encoder", finetune_encoder, summary, "tune-encoder")
    o.dataset(verb, split=True, optional=True)
    verb.add_argument(
        "--out", type=Path, required=True, help="folder for the trained parts, such as CHECKPOINT/encoder"
    )
    verb.add_argument(
        "--pairs",
        default="",
        metavar="MODULE:FUNCTION",
        help="besides or instead: function(seed, count) that yields captioned pictures",
    )
    o.backbone(verb)
    finetune_options.add(verb)
    o.seed(verb)


def finetune_encoder(options: Namespace) -> None:
    """Train what lets the item encoder see and read."""
    from molar.finetune.finetune import finetune_encoder
    from molar.finetune.tasks import open_split

    split = options.dataset and open_split(options.dataset, options.interactions, options.split)
    settings = finetune_options.settings(options, dataset=split is not None)
    print(
        finetune_encoder(
            split, options.out, pairs=options.pairs, command=options.command, report=Terminal("fine-tuning"), **settings
        )
    )


def add_encode(verbs: o.Verbs) -> None:
    """`encode`."""
    verb = o.new_verb(verbs, "encode", encode, "encode every item once: CHECKPOINT/vectors.safetensors")
    o.dataset(verb, interactions=False)
    o.checkpoint(verb)
    o.backbone(verb)
    o.encoder(verb)
    verb.add_argument(
        "--precision", default="nf4", help="of the language model: float32, bfloat16, int8 or nf4 (default: nf4)"
    )
    verb.add_argument(
        "--no-feature-concatenation",
        "--no-gate",  # its older name
        dest="gate",
        action="store_false",
        help="the language model's state alone, without the image features that are concatenated to it",
    )
    verb.add_argument(
        "--ablation",
        "--probe",  # its older name
        dest="ablation",
        metavar="NAME",
        help="shuffled-pictures, no-picture, no-text or no-title: CHECKPOINT/vectors-NAME.safetensors",
    )


def encode(options: Namespace) -> None:
    """Encode every item of a dataset."""
    from molar.encoder.encode import encode_items

    print(
        encode_items(
            options.dataset,
            options.checkpoint,
            backbone=options.backbone,
            precision=options.precision,
            gate=options.gate,
            encoder=options.encoder,
            ablation=options.ablation,
            report=Terminal("encoding"),
        )
    )


def add_baseline_vectors(verbs: o.Verbs) -> None:
    """`baseline-vectors`."""
    summary = "item vectors that know less, to train content models over: words of the texts alone, and nothing at all"
    verb = o.new_verb(verbs, "baseline-vectors", baseline_vectors, summary)
    o.dataset(verb, split=True)
    what = "folder for tf-idf.safetensors and random.safetensors, such as CHECKPOINT/baselines, where evaluate looks for them"
    verb.add_argument("--out", type=Path, required=True, help=what)


def baseline_vectors(options: Namespace) -> None:
    """Write vectors of the words of the texts, and random ones."""
    from molar.encoder.baseline_vectors import write_baseline_vectors

    for path in write_baseline_vectors(o.open_split(options), options.out):
        print(path)


VERBS = (add_check, add_subset, add_fetch_backbone, add_finetune_encoder, add_encode, add_baseline_vectors)
