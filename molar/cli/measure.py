"""What trained models are good for: evaluate, evaluate-id, evaluate-content, quantisation-report, draw-maps."""

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from molar.cli import options as o
from molar.core.progress import Terminal

if TYPE_CHECKING:
    from molar.experiments.evaluate import Options


def add_evaluate(verbs: o.Verbs) -> None:
    """`evaluate`."""
    verb = o.new_verb(verbs, "evaluate", evaluate, "rank the whole catalogue for every user, write a results file")
    o.dataset(verb, split=True)
    o.checkpoint(verb)
    o.asked(verb)
    o.results(verb)


def evaluate(options: Namespace) -> None:
    """Measure a checkpoint and write the results file."""
    from molar.experiments.evaluate_checkpoint import evaluate_checkpoint

    evaluate_checkpoint(options.dataset, options.checkpoint, options.out, _asked(options))
    _tell(options)


def add_evaluate_id(verbs: o.Verbs) -> None:
    """`evaluate-id`."""
    summary = "the same for trained ID models, which need no item vectors"
    verb = o.new_verb(verbs, "evaluate-id", evaluate_id, summary)
    o.dataset(verb, split=True)
    what = "a trained ID model, or a folder of several; seeds of one label are one model's"
    verb.add_argument("folders", type=Path, nargs="+", metavar="FOLDER", help=what)
    o.asked(verb)
    o.results(verb)


def evaluate_id(options: Namespace) -> None:
    """Measure trained ID models and write the results file."""
    from molar.experiments.evaluate_id import evaluate_id_models

    evaluate_id_models(options.dataset, options.folders, options.out, _asked(options))
    _tell(options)


def add_evaluate_content(verbs: o.Verbs) -> None:
    """`evaluate-content`."""
    summary = "the same for content models, the ID models beside them, both fused"
    verb = o.new_verb(verbs, "evaluate-content", evaluate_content, summary)
    o.dataset(verb, split=True)
    what = "a trained content model, or a folder of several; seeds of one label are one model's"
    verb.add_argument("folders", type=Path, nargs="+", metavar="FOLDER", help=what)
    what = "the ID models that they were aligned to, or folders of such"
    verb.add_argument("--id-model", type=Path, nargs="+", required=True, metavar="FOLDER", help=what)
    what = "the item vectors that they were trained on, or folders of such"
    verb.add_argument("--vectors", type=Path, nargs="+", required=True, metavar="FILE", help=what)
    verb.add_argument("--default", metavar="LABEL", help="the label that others are compared with (default: molar)")
    what = "labels whose score is joined with their ID model's (default: molar content)"
    verb.add_argument("--fused", nargs="*", metavar="LABEL", help=what)
    verb.add_argument(
        "--ablations",
        "--probes",  # its older name
        dest="ablations",
        nargs="+",
        default=[],
        metavar="LABEL",
        help="labels that are asked again with a part of their input taken away or exchanged",
    )
    what = "NDCG@10 and Recall@10 of all users, for tables of many models"
    verb.add_argument("--brief", action="store_true", help=what)
    o.asked(verb)
    o.results(verb)


def evaluate_content(options: Namespace) -> None:
    """Measure trained content models and write the results file."""
    from molar.experiments.evaluate_content import evaluate_content_models

    evaluate_content_models(
        options.dataset,
        options.folders,
        options.out,
        _asked(options),
        id_models=options.id_model,
        vectors=options.vectors,
        ablations=options.ablations,
        brief=options.brief,
        **o.given(options, "default", "fused"),
    )
    _tell(options)


def _asked(options: Namespace) -> "Options":
    """The options that all evaluations share."""
    from molar.experiments.evaluate import Options

    report, lists = Terminal("evaluating"), {"users": options.users, "groups": options.groups}
    return Options(options.interactions, options.subset, options.split, options.command, report, **lists)


def _tell(options: Namespace) -> None:
    print(options.out if options.subset == "test" else f"{options.out} (validation alone)")


def add_quantisation_report(verbs: o.Verbs) -> None:
    """`quantisation-report`, which was `fidelity`."""
    summary = "what fewer bits cost: vectors in every precision beside bfloat16"
    verb = o.new_verb(verbs, "quantisation-report", quantisation_report, summary, "fidelity")
    o.dataset(verb)
    o.checkpoint(verb)
    o.backbone(verb)
    o.encoder(verb)
    verb.add_argument("--items", type=o.whole(11), help="how many items, chosen by a hash (default: 300)")
    verb.add_argument(
        "--precisions",
        type=lambda names: tuple(names.split(",")),
        help="separated by commas (default: all; bfloat16 is always among them)",
    )
    verb.add_argument("--out", type=Path, required=True, help="results file, such as results/fidelity-nano.json")


def quantisation_report(options: Namespace) -> None:
    """Measure what fewer bits cost and write the results file."""
    from molar.experiments.quantisation_report import measure_quantisation

    measure_quantisation(
        options.dataset,
        options.checkpoint,
        options.out,
        backbone=options.backbone,
        encoder=options.encoder,
        interactions=options.interactions,
        command=options.command,
        report=Terminal("measuring"),
        **o.given(options, "items", "precisions"),
    )
    print(options.out)


def add_draw_maps(verbs: o.Verbs) -> None:
    """`draw-maps`."""
    summary = "the users' maps before and after alignment: CHECKPOINT/maps.csv"
    verb = o.new_verb(verbs, "draw-maps", draw_maps, summary)
    o.dataset(verb)
    o.checkpoint(verb)
    verb.add_argument("--users", type=o.whole(1), help="how many users, chosen by a hash")
    o.seed(verb)


def draw_maps(options: Namespace) -> None:
    """Draw the users' maps."""
    from molar.serving.user_maps import draw_maps

    print(
        draw_maps(
            options.dataset,
            options.checkpoint,
            interactions=options.interactions,
            report=Terminal("drawing maps"),
            **o.given(options, "users", "seed"),
        )
    )


VERBS = (add_evaluate, add_evaluate_id, add_evaluate_content, add_quantisation_report, add_draw_maps)
