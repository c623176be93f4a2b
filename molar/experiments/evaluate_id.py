"""Trained ID models side by side, some in several seeds, beside the baselines that know no content.

Nothing is encoded, so this needs neither a backbone nor item vectors. See docs/evaluation.md.
"""

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import numpy as np

from molar.core.progress import Report, silent
from molar.data.dataset import load_dataset
from molar.data.splits import LEAVE_ONE_OUT, split_dataset
from molar.evaluation.metrics import ndcg
from molar.evaluation.ranking import ModelScorer
from molar.experiments.curves import curve_of, write_curves
from molar.experiments.evaluate import choose_half_life, facts_of, measure, oracle_runs, parts_measured, slices_shown
from molar.experiments.results import Run, Source, rows_for, write_rows
from molar.models.baselines import ItemKNN, Popularity, Random
from molar.storage.checkpoint import weights_sha256
from molar.storage.trained import find_id_models, load_id_model


def evaluate_id_models(
    dataset_dir: str | Path,
    folders: Sequence[str | Path],
    out: str | Path,
    *,
    interactions: str = "interactions.csv",
    subset: str = "test",
    strategy: str = LEAVE_ONE_OUT,
    command: str = "",
    report: Report = silent,
) -> list[dict]:
    """Measure random, popularity, item-knn and the trained ID models in `folders`; merge into `out`, return the rows.

    folders: each a trained ID model, or a folder that holds such at any depth. A model's name is its label, and seeds of
    one label are one model's. subset, strategy: `molar.experiments.evaluate.evaluate_checkpoint`. Rows of models that an earlier run
    measured stay; differences, their p-values and the correction are those of this run's models alone, and those of
    earlier runs go, so that the last command of a series names all folders. Learning curves go beside `out`.

    Raises MolarError where a folder holds no trained ID model, where one was trained on other data or another split,
    and where two are of the same label and seed.
    """
    parts, out = parts_measured(subset, Path(out)), Path(out)
    split = split_dataset(load_dataset(dataset_dir, interactions=interactions, decode_pictures=False), strategy)
    trained = find_id_models(folders)
    models = {folder: load_id_model(folder, split) for folder in trained}  # all are checked before any is measured
    item_knn = ItemKNN(split)
    half_life = choose_half_life(item_knn, split)

    scorers = [(Random(split), Source(), {}), (Popularity(split), Source(), {})]
    scorers.append((item_knn, Source(), {} if half_life is None else {"half_life": half_life}))
    for folder, model in models.items():
        label, seed = trained[folder]
        scorers.append((ModelScorer(label, model, split), Source(seed, weights_sha256(folder)), {}))

    rows, pairs = [], []
    for step, part in enumerate(parts):
        users = split.evaluation_users(part)
        runs = []
        for done, (scorer, source, noted) in enumerate(scorers):
            note = f"{scorer.name}, seed {source.seed}, {part}"
            report(step * len(scorers) + done, len(parts) * len(scorers), note)
            runs.append(measure(scorer, split, part, users, source, noted))
        if part == "validation":
            pairs = comparisons(runs)
        runs += oracle_runs(split, interactions, part, users)
        masks = slices_shown(split, part, users, subset)
        if part != subset:  # what the test run was chosen by: one number a model will do
            masks = {"all": masks["all"]}
        facts = facts_of(split, interactions, part, command)
        rows += rows_for(runs, masks, facts, pairs if part == subset else [])
    write_rows(out, rows, whole_families=True)
    write_curves(out, [curve_of(folder, facts["dataset"], label) for folder, (label, _) in trained.items()])
    return rows


def comparisons(runs: Sequence[Run]) -> list[tuple[str, str]]:
    """Which models are compared, from their validation runs: every pair of trained ones, and each with item-knn.

    The first of a pair is the better one by validation NDCG@10, averaged over its seeds, so that the choice of the
    question does not look at the test split.
    """
    gains = {}
    for run in runs:
        if run.model not in (Random.name, Popularity.name):
            gains.setdefault(run.model, []).append(float(ndcg(run.ranks, 10).mean()) if len(run.ranks) else 0.0)
    best_first = sorted(gains, key=lambda model: -np.mean(gains[model]))  # stable: equals as they came
    return list(combinations(best_first, 2))
