"""Published methods for new items on our split, over our item vectors and one of our ID models.

    python -m scripts.new_item_peers DATASET --id-model DIR --vectors FILE --out results/NAME.json [--subset validation]

KNN, CLCRec, ALDI and GoRec (`scripts.new_item_peers`) give vectors to items without training purchases; all others are
ranked as by the ID model of DIR. Of several seeds of an ID model each is a seed of every peer. Settings are chosen on
validation, with the first seed, by equal budgets (`scripts.new_item_peers.choose`); so is the offset of new items, as for
every model (docs/evaluation.md). Rows go into the file, beside what it holds.
"""

import argparse
from pathlib import Path

from molar.core.progress import Report, Terminal
from molar.data.splits import STRATEGIES
from molar.encoder.vectors import load_vectors
from molar.experiments.entries import Entry, LogitEntry, trained
from molar.experiments.evaluate import Options, evaluate, open_split
from molar.experiments.rows import Source
from molar.storage.checkpoint import weights_sha256
from molar.storage.trained import find_id_models, load_id_model
from scripts import entry
from scripts.new_item_peers.backbone import Backbone, PeerScorer
from scripts.new_item_peers.choose import BUDGET, SPACES, Budget, Judge, choose, fit

POSITIONS = 300_000  # training positions that peers draw from


def evaluate_peers(
    dataset: Path, id_models: Path, vectors: Path, out: Path, options: Options, *, budget: Budget = BUDGET
) -> list[dict]:
    """Measure the ID models in a folder and every peer over each; merge into `out`, return the rows.

    Raises MolarError as `molar.experiments.evaluate_id` does, and where no validation target is new."""
    split = open_split(dataset, out, options)
    array = load_vectors(vectors, split.dataset, read_pictures=False)
    found = find_id_models([id_models])
    entries: list[Entry] = []
    chosen: dict[str, dict] = {}
    for folder, (label, seed) in found.items():
        model = load_id_model(folder, split)
        backbone = Backbone.build(model, split, array, positions=POSITIONS, seed=seed)
        judge = Judge(backbone)
        entries.append(trained(folder, label, seed, model, split))
        for peer in SPACES:
            if peer not in chosen:
                chosen[peer], _ = choose(peer, backbone, judge, budget=budget, report=options.report)
            made, quality = fit(peer, backbone, chosen[peer], judge, seed=seed, budget=budget)
            noted = {name: value for name, value in chosen[peer].items() if not isinstance(value, str)}
            noted |= {"validation_among_cold_ndcg@10": quality}
            entries.append(LogitEntry(PeerScorer(peer, backbone, made), Source(seed, weights_sha256(folder)), noted))
    return evaluate(
        split, entries, out, options, compare=lambda runs: (), more_rows=lambda part: [], whole_families=False
    )


def main() -> int:
    """Returns the exit code."""
    parser = entry.parser("scripts.new_item_peers", __doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--id-model", type=Path, required=True, help="a trained ID model, or a folder of its seeds")
    parser.add_argument("--vectors", type=Path, required=True, help="file of item vectors")
    parser.add_argument(
        "--interactions", default="interactions.csv", metavar="FILE", help="another file of histories in the dataset"
    )
    parser.add_argument("--split", choices=STRATEGIES, default=STRATEGIES[0], help="how histories are split")
    parser.add_argument("--subset", choices=("validation", "test"), default="test", help="validation alone, or both")
    parser.add_argument("--out", type=Path, required=True)
    return entry.run(parser, _measure)


def _measure(options: argparse.Namespace) -> None:
    report: Report = Terminal("new items")
    asked = Options(options.interactions, options.subset, options.split, options.command, report)
    evaluate_peers(options.dataset, options.id_model, options.vectors, options.out, asked)


if __name__ == "__main__":
    raise SystemExit(main())
