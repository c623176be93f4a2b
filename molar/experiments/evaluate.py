"""The one evaluation: whatever ranks is measured by full ranking on validation and test (docs/evaluation.md).

What is measured is a list of entries. `evaluate_checkpoint`, `evaluate_id` and `evaluate_content` gather them and say which
are compared.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from molar.core.errors import MolarError
from molar.core.progress import Report, silent
from molar.data.dataset import load_dataset
from molar.data.lists import read_groups, read_user_list
from molar.data.oracles import read_oracles
from molar.data.segments import is_bucket, slices
from molar.data.splits import (
    LEAVE_ONE_OUT,
    SUBSETS,
    TEMPORAL,
    Split,
    describe_asked,
    of_asked_users,
    split_dataset,
)
from molar.evaluation import metrics
from molar.evaluation.new_items import OffsetCurve
from molar.experiments.curves import curve_of, write_curves
from molar.experiments.entries import Entry, Trained, measure
from molar.experiments.offsets import offset_line, offsets_path, write_offsets
from molar.experiments.results import read_rows, run_metadata, write_rows
from molar.experiments.rows import BUCKET_METRICS, Pairs, Run, among_cold_rows, rows_for


@dataclass(frozen=True)
class Options:
    """The options that all evaluations share.

    interactions: another file of histories in the dataset. subset: "validation" measures that part alone, to choose by;
    "test" measures both. strategy: how histories are split, of `molar.data.splits.STRATEGIES`. command: stands in every row.
    users: a file of the users who are asked (`molar.data.lists.read_user_list`); all when not given. groups: a file of items
    that are variants of one another (`read_groups` there), for two more slices.
    """

    interactions: str = "interactions.csv"
    subset: str = "test"
    strategy: str = LEAVE_ONE_OUT
    command: str = ""
    report: Report = silent
    users: str | Path | None = None
    groups: str | Path | None = None


@dataclass(frozen=True, eq=False)
class Part:
    """All entries measured on the users of one subset of a split."""

    split: Split
    subset: str
    users: np.ndarray  # (n,) rows of the dataset
    runs: Sequence[Run]  # one an entry, in their order
    metadata: Mapping  # what all rows share
    groups: np.ndarray | None = None  # (n_items + 1,) of `molar.data.lists.read_groups`

    def slices(self, *, buckets: bool) -> dict[str, np.ndarray]:
        """Slice → mask (n,)."""
        found = slices(self.split, self.subset, self.users, self.groups)
        return {name: mask for name, mask in found.items() if buckets or not is_bucket(name)}

    def run_of(self, one: Trained) -> Run:
        """The run of a trained model."""
        return next(run for run in self.runs if (run.model, run.source.seed) == (one.label, one.seed))


def open_split(dataset_dir: str | Path, out: Path, options: Options, *, decode_pictures: bool = False) -> Split:
    """The dataset, split as the options say; of a list of users, who has no target is reported.

    Raises MolarError for another subset, and where validation rows alone would go into a file that holds test rows: two
    states of the models would stand side by side."""
    if options.subset not in SUBSETS:
        raise MolarError(f"subset must be {' or '.join(SUBSETS)}, not {options.subset!r}.")
    if options.subset == "validation" and any(row["split"] == "test" for row in read_rows(out)):
        raise MolarError(f"{out} holds test results: write those of validation alone to another file.")
    dataset = load_dataset(dataset_dir, interactions=options.interactions, decode_pictures=decode_pictures)
    split = split_dataset(dataset, options.strategy)
    if options.users is None:
        return split
    asked = read_user_list(options.users, dataset)
    split = of_asked_users(split, asked)
    for subset in asked_subsets(options):
        options.report(0, 0, describe_asked(asked, split, subset))
    return split


def asked_subsets(options: Options) -> Sequence[str]:
    """What is measured, in order: what is chosen on before what is reported."""
    return SUBSETS[: 1 + SUBSETS.index(options.subset)]


def evaluate(
    split: Split,
    entries: Sequence[Entry],
    out: Path,
    options: Options,
    *,
    compare: Callable[[Sequence[Run]], Pairs],
    more_rows: Callable[[Part], list[dict]],
    brief: bool = False,
    full_validation: bool = False,
    whole_families: bool = True,
) -> list[dict]:
    """Measure the entries, merge rows into `out`, learning curves and curves over offsets into the files beside it, and
    return the rows. An entry of logits is measured at the offset of cold items that validation chooses.

    compare: pairs of models to compare, from the validation runs, so that the choice of the question does not look at the
    test split. more_rows: rows about a measured part besides accuracy and differences. brief: slice "all" alone, NDCG@10
    and Recall@10. full_validation: a test run tells as much of validation as of test, but for the buckets; without it one
    number an entry, as what the test run was chosen by. whole_families: `molar.experiments.results.write_rows`.
    """
    subsets = asked_subsets(options)
    groups = None if options.groups is None else read_groups(options.groups, split.dataset)
    list_hash = split.asked.sha if split.asked else ""
    label = dataset_label(split, options.interactions)
    offsets = [_offset_curve(entry, split, options.report) for entry in entries]
    kept = BUCKET_METRICS if brief else metrics.NAMES
    rows: list[dict] = []
    pairs: Pairs | None = None
    for step, subset in enumerate(subsets):
        users = split.evaluation_users(subset)
        runs = []
        for done, (entry, curve) in enumerate(zip(entries, offsets, strict=True)):
            note = f"{entry.scorer.name}, seed {entry.source.seed}, {subset}"
            options.report(step * len(entries) + done, len(subsets) * len(entries), note)
            runs.append(measure(entry, split, subset, users, offset=curve.best if curve else None))
        metadata = run_metadata(split.dataset, subset, options.command, label=label, users=list_hash)
        part = Part(split, subset, users, runs, metadata, groups)
        pairs = compare(runs) if pairs is None else pairs
        full, asked = full_validation or subset == options.subset, subset == options.subset
        masks = part.slices(buckets=asked)
        if brief or not full:
            masks = {"all": masks["all"]}
        known = [*runs, *oracle_runs(part, options.interactions)]
        rows += rows_for(known, masks, part.metadata, pairs if full else (), kept)
        if full and not brief:
            rows += among_cold_rows(known, part.slices(buckets=False)["cold"], part.metadata, pairs, kept)
        rows += more_rows(part) if full else []
    write_rows(out, rows, whole_families=whole_families)
    about = run_metadata(split.dataset, "validation", options.command, label=label)
    lines = [
        offset_line(about | vars(one.source), one.scorer.name, curve) for one, curve in zip(entries, offsets) if curve
    ]
    write_offsets(offsets_path(out), lines)
    write_curves(out, [curve_of(one.training, label, one.scorer.name) for one in entries if one.training])
    return rows


def _offset_curve(entry: Entry, split: Split, report: Report) -> OffsetCurve | None:
    report(0, 0, f"{entry.scorer.name}, seed {entry.source.seed}, offsets of new items")
    return entry.offset_curve(split)


def oracle_runs(part: Part, interactions: str) -> list[Run]:
    """The oracles that the dataset brings along; they know the targets of leave-one-out alone."""
    if part.split.strategy != LEAVE_ONE_OUT:
        return []
    targets = part.split.targets_of(part.users, part.subset)
    found = read_oracles(part.split.dataset, interactions, part.subset, part.users, targets)
    return [Run(name, one.ranks, among_cold=one.among_cold) for name, one in found.items()]


def dataset_label(split: Split, interactions: str) -> str:
    """The dataset's name in a results file; other histories over the same items, another split and a list of users are named
    beside it."""
    name = split.dataset.name
    name = name if interactions == "interactions.csv" else f"{name} ({Path(interactions).stem})"
    name = f"{name}, split by time" if split.strategy == TEMPORAL else name
    return f"{name} ({split.asked})" if split.asked else name
