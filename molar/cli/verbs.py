"""What each verb of `python -m molar` does: a thin layer over one function, which is imported when the verb is run."""

import sys
from pathlib import Path

from molar.core.errors import MolarError
from molar.core.progress import Terminal


def _given(options, *names: str) -> dict:
    """The options that were given, so that each default has its one home in the function itself."""
    return {name: getattr(options, name) for name in names if getattr(options, name) is not None}


def _split(options):
    """The dataset of the options, split as they say."""
    from molar.data.dataset import load_dataset
    from molar.data.splits import split_dataset

    return split_dataset(load_dataset(options.dataset, interactions=options.interactions), options.split)


def check(options) -> None:
    """Print every problem of a dataset folder, and what was loaded."""
    from molar.data.dataset import describe_dataset, open_dataset
    from molar.data.validation import describe

    interactions = None if options.no_interactions else options.interactions
    dataset, problems = open_dataset(options.dataset, interactions=interactions)
    if problems:
        print(describe(problems))
    if dataset is None:
        raise MolarError(f"{options.dataset} cannot be used yet; mend the errors above")
    print(describe_dataset(dataset))


def fetch_backbone(options) -> None:
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


def tune_encoder(options) -> None:
    """Train what lets the item encoder see and read: stage 1."""
    from molar.cli import finetune_options as tune_options
    from molar.finetune.finetune import tune_encoder
    from molar.finetune.tasks import open_split

    split = options.dataset and open_split(options.dataset, options.interactions, options.split)
    settings = tune_options.settings(options, dataset=split is not None)
    print(
        tune_encoder(
            split, options.out, pairs=options.pairs, command=options.command, report=Terminal("tuning"), **settings
        )
    )


def encode(options) -> None:
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
            probe=options.probe,
            report=Terminal("encoding"),
        )
    )


def train_id(options) -> None:
    """Train an ID model."""
    from molar.training.distributed import Distributed
    from molar.training.run import describe_training
    from molar.training.settings import id_settings
    from molar.training.train import train_id_model

    split = _split(options)
    name = options.name or options.model
    out = options.checkpoint / name
    train_id_model(
        split,
        options.model,
        out=out,
        label=name.split("/")[0],
        command=options.command,
        report=Terminal(f"training {name}"),
        **id_settings(options.model, split, options.settings),
        **_given(options, "seed", "epochs"),
    )
    if Distributed().first:
        print(describe_training(out), file=sys.stderr)
        print(out)


def train(options) -> None:
    """Train the content tower twice, without and with alignment."""
    from molar.storage.checkpoint import load_trained
    from molar.training.alignment import AlignConfig
    from molar.training.train import CONTENT_ALONE, train_molar

    split = _split(options)
    vectors, made = _vectors(options.checkpoint / "vectors.safetensors", split)
    id_model = load_trained(options.checkpoint / "sasrec", split, vectors)
    aligned = AlignConfig(**_given(options, "alpha", "tau"))
    for name, align in (("content", CONTENT_ALONE), ("molar", aligned)):
        out = options.checkpoint / name
        train_molar(
            split,
            vectors,
            id_model,
            align=align,
            out=out,
            label=name,
            command=options.command,
            report=Terminal(f"training {name}"),
            **made,
            **_given(options, "seed", "epochs"),
        )
        print(out)


def train_content(options) -> None:
    """Train one content tower with any settings."""
    from molar.storage.checkpoint import load_trained
    from molar.training.distributed import Distributed
    from molar.training.run import describe_training
    from molar.training.settings import content_settings
    from molar.training.train import train_molar

    split = _split(options)
    vectors, made = _vectors(options.vectors or options.checkpoint / "vectors.safetensors", split)
    parts = content_settings(vectors.shape[1], options.settings)
    id_model = None
    if parts["align"].active or parts["config"].fusion != "none":
        id_model = load_trained(options.id_model or options.checkpoint / "sasrec", split, vectors)
    out = options.checkpoint / options.name
    train_molar(
        split,
        vectors,
        id_model,
        out=out,
        label=options.name.split("/")[0],
        command=options.command,
        report=Terminal(f"training {options.name}"),
        **parts,
        **made,
        **_given(options, "seed", "epochs"),
    )
    if Distributed().first:
        print(describe_training(out), file=sys.stderr)
        print(out)


def _vectors(path: Path, split) -> tuple:
    """Item vectors for a split's dataset, and what `train_molar` is told of their making."""
    from molar.encoder.vectors import load_vectors, vectors_fingerprint

    vectors = load_vectors(path, split.dataset)
    return vectors, {"encoder": vectors_fingerprint(path), "vectors_file": path.name}


def evaluate(options) -> None:
    """Measure a checkpoint and write the results file."""
    from molar.experiments.evaluate import evaluate_checkpoint

    evaluate_checkpoint(options.dataset, options.checkpoint, options.out, **_measured(options))
    print(options.out if options.subset == "test" else f"{options.out} (validation alone)")


def evaluate_id(options) -> None:
    """Measure trained ID models and write the results file."""
    from molar.experiments.evaluate_id import evaluate_id_models

    evaluate_id_models(options.dataset, options.folders, options.out, **_measured(options))
    print(options.out if options.subset == "test" else f"{options.out} (validation alone)")


def evaluate_content(options) -> None:
    """Measure trained content towers and write the results file."""
    from molar.experiments.evaluate_content import evaluate_content_models

    evaluate_content_models(
        options.dataset,
        options.folders,
        options.out,
        id_models=options.id_model,
        vectors=options.vectors,
        probes=options.probes,
        brief=options.brief,
        **_given(options, "default", "fused"),
        **_measured(options),
    )
    print(options.out if options.subset == "test" else f"{options.out} (validation alone)")


def _measured(options) -> dict:
    """What all evaluations are told alike."""
    same = {"interactions": options.interactions, "subset": options.subset, "strategy": options.split}
    return same | {"command": options.command, "report": Terminal("evaluating")}


def fidelity(options) -> None:
    """Measure what fewer bits cost and write the results file."""
    from molar.experiments.quantisation_report import measure_fidelity

    measure_fidelity(
        options.dataset,
        options.checkpoint,
        options.out,
        backbone=options.backbone,
        encoder=options.encoder,
        interactions=options.interactions,
        command=options.command,
        report=Terminal("measuring"),
        **_given(options, "items", "precisions"),
    )
    print(options.out)


def draw_maps(options) -> None:
    """Draw the users' maps."""
    from molar.serving.user_maps import draw_maps

    print(
        draw_maps(
            options.dataset,
            options.checkpoint,
            interactions=options.interactions,
            report=Terminal("drawing maps"),
            **_given(options, "users", "seed"),
        )
    )


def recommend(options) -> None:
    """Print what a model recommends after a history."""
    from molar.serving.recommender import Recommender

    shop = Recommender.load(options.dataset, options.checkpoint)
    history = [item_id.strip() for item_id in options.history.split(",") if item_id.strip()]
    for item in shop.recommend(history, model=options.model, k=options.k):
        print(f"{item.rank:3}  {item.item_id}  {item.title}")
