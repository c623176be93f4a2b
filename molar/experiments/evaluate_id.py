"""Trained ID models side by side, some in several seeds, beside the baselines that know no content.

Nothing is encoded, so this needs neither a backbone nor item vectors.
"""

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import numpy as np

from molar.evaluation.metrics import ndcg
from molar.experiments.entries import baselines, trained
from molar.experiments.evaluate import Options, evaluate, open_split
from molar.experiments.rows import Pairs, Run
from molar.models.baselines import Popularity, Random
from molar.storage.trained import find_id_models, load_id_model


def evaluate_id_models(
    dataset_dir: str | Path, folders: Sequence[str | Path], out: str | Path, options: Options | None = None
) -> list[dict]:
    """Measure random, popularity, item-knn and the trained ID models in `folders`; merge into `out`, return the rows.

    folders: each a trained ID model, or a folder that holds such at any depth. A model's name is its label, and seeds of
    one label are one model's. Rows of models that an earlier run measured stay; differences, their p-values and the
    correction are those of this run's models alone, and those of earlier runs go, so that the last command of a series
    names all folders. Learning curves go beside `out`.

    Raises MolarError where a folder holds no trained ID model, where one was trained on other data or another split,
    where two are of the same label and seed, and as `molar.experiments.evaluate.open_split` does.
    """
    options, out = options or Options(), Path(out)
    split = open_split(dataset_dir, out, options)
    found = find_id_models(folders)
    models = {folder: load_id_model(folder, split) for folder in found}  # all are checked before any is measured
    entries = [trained(folder, *found[folder], model, split) for folder, model in models.items()]
    return evaluate(split, [*baselines(split), *entries], out, options, compare=comparisons, more_rows=lambda part: [])


def comparisons(runs: Sequence[Run]) -> Pairs:
    """Which models are compared, from their validation runs: every pair of trained ones, and each with item-knn.

    The first of a pair is the better one by validation NDCG@10, averaged over its seeds, so that the choice of the
    question does not look at the test split.
    """
    gains: dict[str, list[float]] = {}
    for run in runs:
        if run.model not in (Random.name, Popularity.name):
            gains.setdefault(run.model, []).append(float(ndcg(run.ranks, 10).mean()) if len(run.ranks) else 0.0)
    best_first = sorted(gains, key=lambda model: -np.mean(gains[model]))  # stable: equals as they came
    return list(combinations(best_first, 2))
