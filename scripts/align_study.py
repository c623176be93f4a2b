"""Where does alignment pay? Few training users, short histories, weights, kinds: trained, ranked and logged.

    python -m scripts.align_study DATASET --work build/study --vectors FILE --out results/alignment-study.json \\
        [--interactions FILE] [--only alpha,users] [--seeds 0,1,2] [--jobs 2] [--list] [--test]

`scripts.alignment_plan` says what is trained: on 1 to 100 % of the users, aligned to an ID model of the same users or of
all; every model is asked about everybody, told of the last 1, 2, 3, 5 or all items of each history. What is aligned is held
against content of the same users and seed. Validation chooses, its epochs on every fourth user or so; the test split is read
by --test alone, once, of the study "users". Killed, the same command goes on; a finished model is neither trained nor
ranked again.
"""

import argparse
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, cached_property
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save

from molar.cli.options import listed
from molar.core.errors import MolarError
from molar.core.hashing import sha16
from molar.core.io import write_atomically, write_json
from molar.core.progress import Terminal
from molar.core.schema import ID
from molar.data.dataset import load_dataset
from molar.data.lists import UserList
from molar.data.splits import Split, leave_one_out, of_asked_users, of_train_users
from molar.encoder.vectors import load_vectors, vectors_fingerprint
from molar.evaluation.ranking import ModelScorer, evaluate_ranks
from molar.evaluation.short_histories import ShortHistories
from molar.experiments.curves import curve_of, write_curves
from molar.experiments.evaluate import dataset_label
from molar.experiments.results import KEY, read_rows, run_metadata
from molar.storage.checkpoint import load_trained, weights_sha256
from molar.training.settings import content_settings, id_settings
from molar.training.train import train_id_model, train_molar
from scripts import entry
from scripts.alignment_gains import Ranked, gain_rows, own_rows
from scripts.alignment_plan import HISTORIES, STUDIES, Run, chosen, needed

EPOCH_USERS = 2_000  # of the validation users, evenly spread: they choose the epoch
CLAIMED = "users"  # the study whose p-values are corrected, and which the test split is asked about
NOT_ALIGNED = ("align=none",)


@dataclass(frozen=True)
class Study:
    """Where the models are trained, from what, and how."""

    dataset: Path
    interactions: str
    vectors: Path
    work: Path
    command: str
    epochs: int
    id_epochs: int
    settings: tuple[str, ...] = ()  # of every content model, before its own
    id_settings: tuple[str, ...] = ()

    @cached_property
    def split(self) -> Split:
        """Of everybody."""
        return leave_one_out(load_dataset(self.dataset, interactions=self.interactions, decode_pictures=False))

    @cached_property
    def item_vectors(self) -> np.ndarray:
        return load_vectors(self.vectors, self.split.dataset, read_pictures=False)

    def folder(self, run: Run, seed: int) -> Path:
        return self.work / run.name / f"seed-{seed}"

    def train(self, run: Run, seed: int) -> None:
        """Train one model, or find it trained."""
        out, split = self.folder(run, seed), self.part(run)
        shared = {"seed": seed, "out": out, "command": self.command, "report": Terminal(f"{run.name}, seed {seed}")}
        if run.model == ID:
            settings = id_settings(ID, split, self.id_settings)
            train_id_model(split, ID, epochs=run.epochs(self.id_epochs), **shared, **settings)
            return
        teacher = load_trained(self.folder(run.teacher, seed), self.split, self.item_vectors) if run.ids else None
        given = (*self.settings, *(run.align if run.ids else NOT_ALIGNED))
        train_molar(
            split,
            self.item_vectors,
            teacher,
            epochs=run.epochs(self.epochs),
            label=run.model,
            encoder=vectors_fingerprint(self.vectors),
            vectors_file=self.vectors.name,
            **shared,
            **content_settings(self.item_vectors.shape[1], given),
        )

    def part(self, run: Run) -> Split:
        """The users who train, of whom some choose the epoch."""
        part = of_train_users(self.split, run.users)
        users = part.evaluation_users("validation")
        some = users[:: -(-len(users) // EPOCH_USERS)]
        return of_asked_users(part, UserList("the validation split", some, sha16([some])))

    def rank(self, run: Run, seed: int, subset: str) -> None:
        """Rank everybody's targets by one trained model, by how much of each history is told, unless that is done."""
        if self.ranked(run, seed, subset):
            return
        folder = self.folder(run, seed)
        scorer = ModelScorer(run.model, load_trained(folder, self.split, self.item_vectors), self.split)
        ranks = {
            str(history): evaluate_ranks(ShortHistories(scorer, history) if history else scorer, self.split, subset)
            for history in HISTORIES
        }
        told = {"weights": weights_sha256(folder)}
        write_atomically(
            _ranks_file(folder, subset), save({name: one.astype(np.int32) for name, one in ranks.items()}, told)
        )

    def ranked(self, run: Run, seed: int, subset: str) -> Ranked | None:
        """What `rank` has found; None where that is not done for the weights that are there."""
        folder = self.folder(run, seed)
        try:
            weights = weights_sha256(folder)
            with safe_open(_ranks_file(folder, subset), "np") as file:
                if (file.metadata() or {}).get("weights") != weights:
                    return None
                return Ranked({history: file.get_tensor(str(history)) for history in HISTORIES}, weights)
        except (MolarError, OSError):
            return None


def _ranks_file(folder: Path, subset: str) -> Path:
    return folder / f"ranks-{subset}.safetensors"


def do(study: Study, run: Run, seed: int) -> str:
    """Train and rank one model; what there is to say of it."""
    study.train(run, seed)
    study.rank(run, seed, "validation")
    found = study.ranked(run, seed, "validation")
    reached = np.mean(1 / np.log2(found.ranks[0] + 1.0) * (found.ranks[0] <= 10)) if found else float("nan")
    return f"{run.name}, seed {seed}: validation NDCG@10 {reached:.4f}"


def do_all(study: Study, runs: list[Run], seeds: list[int], jobs: int, say=print) -> None:
    """Train and rank, `jobs` at a time; every ID model before what is aligned to one. The first failure ends it."""
    for ids in (True, False):
        tasks = [(run, seed) for seed in seeds for run in runs if (run.model == ID) == ids]
        if jobs == 1:
            for run, seed in tasks:
                say(do(study, run, seed))
            continue
        with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
            for told in pool.map(do, *zip(*((study, run, seed) for run, seed in tasks), strict=True)):
                say(told)


def write(study: Study, out: Path, seeds: list[int], subset: str) -> list[dict]:
    """Rows of all that is trained and ranked, of any study, in place of those of the same dataset and subset."""
    label = dataset_label(study.split, study.interactions)
    metadata = run_metadata(study.split.dataset, subset, study.command, label=label)

    @cache
    def find(run: Run, seed: int) -> Ranked | None:
        return study.ranked(run, seed, subset)

    made = own_rows(needed(STUDIES), seeds, find, study.split, metadata)
    for name, runs in STUDIES.items():
        made += gain_rows(runs, seeds, find, study.split, metadata, claimed=name == CLAIMED)
    made = list({tuple(row[name] for name in KEY): row for row in made}.values())  # the claimed ones come last
    others = [row for row in read_rows(out) if (row["dataset"], row["split"]) != (label, subset)]
    write_json(out, {"rows": others + made}, one_per_line="rows")
    trained = [(run, seed) for run in needed({CLAIMED: STUDIES[CLAIMED]}) for seed in seeds if find(run, seed)]
    write_curves(out, [curve_of(study.folder(run, seed), label, f"{run.model} {run.setting}") for run, seed in trained])
    return made


def listing(study: Study, runs: list[Run], seeds: list[int]) -> str:
    """The plan, a training a line."""
    lines = []
    for run, seed in ((run, seed) for run in runs for seed in seeds):
        state = "finished" if study.ranked(run, seed, "validation") else "ready"
        lines.append(f"{run.model:8} {run.setting:44} seed {seed}  {state}")
    return "\n".join(lines)


def main() -> int:
    """Train and measure, or list. Returns the exit code."""
    parser = entry.parser("scripts.align_study", __doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--interactions", default="interactions.csv", metavar="FILE", help="another file of histories")
    parser.add_argument("--work", type=Path, required=True, help="folder for the trained models")
    parser.add_argument("--vectors", type=Path, required=True, help="item vectors")
    parser.add_argument("--out", type=Path, required=True, help="results, such as results/alignment-study.json")
    parser.add_argument("--only", help=f"studies, separated by commas: {', '.join(STUDIES)}")
    parser.add_argument("--seeds", default="0", help="separated by commas (default: 0)")
    parser.add_argument("--epochs", type=int, default=8, help="of a content model of all users (default: 8)")
    parser.add_argument("--id-epochs", type=int, default=12, help="of an ID model of all users (default: 12)")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", dest="settings", help="of content models"
    )
    parser.add_argument("--set-id", action="append", default=[], metavar="NAME=VALUE", help="of ID models")
    parser.add_argument("--jobs", type=int, default=1, help="how many trainings at a time (default: 1)")
    parser.add_argument("--list", action="store_true", help="print the plan and train nothing")
    parser.add_argument(
        "--test", action="store_true", help=f'read the test split, of the study "{CLAIMED}", which is trained'
    )
    return entry.run(parser, _study)


def _study(options: argparse.Namespace) -> None:
    names = (options.dataset, options.interactions, options.vectors, options.work, options.command)
    sizes = (options.epochs, options.id_epochs, tuple(options.settings), tuple(options.set_id))
    study, seeds = Study(*names, *sizes), [int(seed) for seed in listed(options.seeds)]
    runs = needed(chosen(options.only))
    if options.list:
        print(listing(study, runs, seeds))
    elif options.test:
        for run in needed({CLAIMED: STUDIES[CLAIMED]}):
            for seed in seeds:
                study.rank(run, seed, "test")
        write(study, options.out, seeds, "test")
    else:
        do_all(study, runs, seeds, max(1, options.jobs))
        write(study, options.out, seeds, "validation")


if __name__ == "__main__":
    raise SystemExit(main())
