"""Rows of the alignment study: what models reach on validation or test, and what alignment gains, with intervals."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from molar.core.schema import ALIGNED, CONTENT
from molar.data.segments import MAIN, slices
from molar.data.splits import Split
from molar.evaluation import metrics
from molar.evaluation.significance import crossed_means, holm, interval, resampled_means, sign_flip_p_values
from molar.experiments.results import DIFFERENCE, row
from molar.experiments.rows import BUCKET_METRICS
from scripts.alignment_plan import HISTORIES, Run

COLUMN = metrics.NAMES.index("ndcg@10")


class Ranked(NamedTuple):
    """What is known of one trained model of one seed: ranks (n,) by how many items of the history were told, 0 for all."""

    ranks: Mapping[int, np.ndarray]
    weights_sha256: str


Find = Callable[[Run, int], Ranked | None]  # of a run and a seed; None where that is not trained and ranked


def told(setting: str, history: int) -> str:
    """The setting of a row that is told so many items of each history."""
    return f"{setting} history={history}" if history else setting


def own_rows(runs: Sequence[Run], seeds: Sequence[int], find: Find, split: Split, metadata: Mapping) -> list[dict]:
    """NDCG@10 and Recall@10 of every model and seed, by how much is told; of whole histories also warm and cold."""
    users = split.evaluation_users(metadata["split"])
    masks = {name: mask for name, mask in slices(split, metadata["split"], users).items() if name in MAIN}
    rows = []
    for run, seed in ((run, seed) for run in runs for seed in seeds):
        found = find(run, seed)
        for history, ranks in found.ranks.items() if found else ():
            for name, mask in masks.items():
                if mask.any() and (name == "all" or not history):
                    table = metrics.per_user(ranks[mask])
                    draws = resampled_means(table)
                    values, ci = {}, {}
                    for metric in BUCKET_METRICS:
                        place = metrics.NAMES.index(metric)
                        values[metric], ci[metric] = table[:, place].mean(), interval(draws[:, place])
                    shared = {**metadata, "seed": seed, "weights_sha256": found.weights_sha256}
                    setting = told(run.setting, history)
                    rows.append(
                        row(shared, slice=name, model=run.model, setting=setting, n=mask.sum(), values=values, ci=ci)
                    )
    return rows


def gain_rows(
    runs: Sequence[Run], seeds: Sequence[int], find: Find, split: Split, metadata: Mapping, *, claimed: bool
) -> list[dict]:
    """NDCG@10 of every aligned model minus that of the same before alignment, user by user, the mean over the seeds that
    both have. Intervals are over users and seeds (`crossed_means`), p-values over users; `claimed` ones are corrected by
    Holm's method, over all runs and histories of a slice."""
    users = split.evaluation_users(metadata["split"])
    masks = {name: mask for name, mask in slices(split, metadata["split"], users).items() if name in MAIN}
    rows = []
    for name, mask in masks.items():
        asked, tables = [], []
        for run, history in ((run, history) for run in runs for history in HISTORIES):
            if (history and name != "all") or not mask.any():
                continue
            pairs = [(find(run, seed), find(run.before, seed)) for seed in seeds]
            both = [(one.ranks[history], other.ranks[history]) for one, other in pairs if one and other]
            if both:
                asked.append((told(run.setting, history), len(both)))
                tables.append(
                    np.stack([metrics.ndcg(one[mask], 10) - metrics.ndcg(other[mask], 10) for one, other in both])
                )
        if not tables:
            continue
        p_values = sign_flip_p_values(np.stack([table.mean(0) for table in tables], axis=1))
        corrected = holm(p_values)
        for place, ((setting, count), table) in enumerate(zip(asked, tables, strict=True)):
            of_seeds = table.mean(1)
            values = {"ndcg@10": of_seeds.mean(), "p_value": p_values[place], "seeds": count, "seeds_other": count}
            values |= {"least_seed": of_seeds.min(), "most_seed": of_seeds.max()}
            if claimed:
                values["p_holm"] = corrected[place]
            ci = {"ndcg@10": interval(crossed_means(table[..., None])[:, 0])}
            fields = {"kind": DIFFERENCE, "model": ALIGNED, "other": CONTENT, "setting": setting}
            shared = {**metadata, "seed": min(seeds), "weights_sha256": ""}
            rows.append(row(shared, slice=name, **fields, n=mask.sum(), values=values, ci=ci))
    return rows
