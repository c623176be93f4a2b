"""From ranks to rows of results: means, intervals, paired differences and their p-values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from molar.core.schema import ALIGNED, ATTAINABLE_ORACLE, CONTENT, CONTENT_RANDOM, CONTENT_TFIDF, EVERYTHING, ID
from molar.data.segments import AMONG_COLD, MAIN, is_bucket
from molar.evaluation import metrics
from molar.evaluation.new_items import NEW_ITEMS_OFFSET
from molar.evaluation.significance import holm, interval, resampled_means, sign_flip_p_values
from molar.experiments.results import ABLATION, DIFFERENCE, NORMALISED_NDCG, OWN, row

OFFSET = (
    NEW_ITEMS_OFFSET  # in rows of MAIN: the logits that are added to cold items, where validation could choose them
)
BUCKET_METRICS = ("ndcg@10", "recall@10")
Pairs = Sequence[tuple[str, str]]  # (model, other), or (model, ablation)
DIFFERENCES: Pairs = (
    *((EVERYTHING, other) for other in (ALIGNED, CONTENT, ID)),
    (ALIGNED, CONTENT),
    (ALIGNED, ID),
    (CONTENT, CONTENT_TFIDF),
    (CONTENT, CONTENT_RANDOM),
    *(
        (model, base)
        for model in (EVERYTHING, ID, CONTENT, ALIGNED)
        for base in ("popularity", "item-knn", "content-knn", "content-knn, tf-idf")
    ),
)


@dataclass(frozen=True)
class Source:
    """Where a model's numbers come from: its training seed and the sha256 of its weights ("" when it has none)."""

    seed: int = 0
    weights_sha256: str = ""


NO_TRAINING = Source()


@dataclass(frozen=True, eq=False)
class Run:
    """One model of one seed, measured on the users of one split; under an input ablation, if one is named."""

    model: str
    ranks: np.ndarray  # (n,) the rank of each user's target, from 1
    source: Source = NO_TRAINING
    of_lists: Mapping[str, float] = field(default_factory=dict)  # of all lists together; slice "all" alone
    ablation: str = ""
    among_cold: np.ndarray | None = None  # (n,) `molar.evaluation.ranking.Ranked`
    offset: float | None = None  # logits that were added to cold items; None where there was nothing to choose by


def rows_for(
    runs: Sequence[Run],
    masks: Mapping[str, np.ndarray],
    metadata: Mapping,
    comparisons: Pairs = DIFFERENCES,
    kept: Sequence[str] = metrics.NAMES,
    ablations: Pairs = (),
) -> list[dict]:
    """Rows of all runs on all slices of one split, with paired differences and NDCG as a share of what is attainable.

    runs: models, each in one seed or more, all of the same users in the same order; masks: slice → (n,) bool. A slice
    without users has no row. metadata: what all rows share (`molar.experiments.results.row`). comparisons: pairs (model,
    other) of names, which are passed over where one is absent; ablations: pairs (model, ablation), a model less itself
    under it; a model of several seeds is compared by its users' means over seeds. kept: the metrics of users that rows
    hold. Slices that are buckets have neither differences nor metrics beyond 10. The differences of one slice are the
    family of `p_holm`.
    """
    rows = []
    for name, mask in masks.items():
        if not mask.any():
            continue
        measured = _Measured(runs, mask, BUCKET_METRICS if is_bucket(name) else kept)
        rows += _own_rows(measured, name, metadata)
        if not is_bucket(name):
            asked = [((model, ""), (other, "")) for model, other in comparisons]
            asked += [((model, ""), (model, ablation)) for model, ablation in ablations]
            rows += _difference_rows(measured, name, metadata, asked)
    return rows


def among_cold_rows(
    runs: Sequence[Run],
    cold: np.ndarray,
    metadata: Mapping,
    comparisons: Pairs = DIFFERENCES,
    kept: Sequence[str] = metrics.NAMES,
) -> list[dict]:
    """Rows of the slice "among cold": cold targets ranked among cold items alone, by the runs that rank any.

    cold: (n,) bool, the users with a cold target. No model gains here by ranking all cold items higher."""
    asked = [replace(run, ranks=np.maximum(run.among_cold, 1)) for run in runs if run.among_cold is not None]
    return rows_for(asked, {AMONG_COLD: cold}, metadata, comparisons, kept) if asked else []


Asked = tuple[str, str]  # a model and its ablation, "" for none


class _Measured:
    """All metrics of all runs on the users of one slice: per user, their means, and bootstraps of the means."""

    def __init__(self, runs: Sequence[Run], mask: np.ndarray, kept: Sequence[str]):
        self.runs, self.n, self.kept = runs, int(mask.sum()), kept
        self.tables = [metrics.per_user(run.ranks[mask]) for run in runs]  # (n, metrics) each
        values = np.concatenate(self.tables, axis=1)
        self.means = np.split(values.mean(axis=0), len(runs))
        self.draws = np.split(resampled_means(values), len(runs), axis=1)  # (resamples, metrics) each

    def of(self, asked: Asked) -> list[int]:
        """The places of a model's runs, one a seed."""
        return [place for place, run in enumerate(self.runs) if (run.model, run.ablation) == asked]

    def over_seeds(self, parts: Sequence[np.ndarray], asked: Asked) -> np.ndarray:
        """The mean over a model's seeds of its tables, means or draws."""
        return np.mean([parts[place] for place in self.of(asked)], axis=0)

    def numbers(self, means: np.ndarray, draws: np.ndarray) -> tuple[dict, dict]:
        """Metric → value and metric → interval, for the metrics that are kept."""
        columns = {metric: metrics.NAMES.index(metric) for metric in self.kept}
        values = {metric: means[i] for metric, i in columns.items()}
        return values, {metric: interval(draws[:, i]) for metric, i in columns.items()}

    def normalised_ndcg(self, place: int) -> tuple[float, list[float]] | None:
        """NDCG@10 divided by the attainable oracle's on the same users, with its interval."""
        oracle = self.of((ATTAINABLE_ORACLE, ""))
        if not oracle:
            return None
        column = metrics.NAMES.index("ndcg@10")
        limit, limits = self.means[oracle[0]][column], self.draws[oracle[0]][:, column]
        if not limits.min() > 0:  # so few users that the oracle itself never hits in some resample
            return None
        return self.means[place][column] / limit, interval(self.draws[place][:, column] / limits)


def _own_rows(measured: _Measured, name: str, metadata: Mapping) -> list[dict]:
    rows = []
    for place, run in enumerate(measured.runs):
        values, ci = measured.numbers(measured.means[place], measured.draws[place])
        normalised = None if is_bucket(name) else measured.normalised_ndcg(place)
        if normalised is not None:
            values[NORMALISED_NDCG], ci[NORMALISED_NDCG] = normalised
        if name == "all":
            values |= run.of_lists
        if name in MAIN and run.offset is not None:
            values[OFFSET] = run.offset
        fields = {"kind": ABLATION if run.ablation else OWN, "ablation": run.ablation}
        shared = {**metadata, **vars(run.source)}
        rows.append(row(shared, slice=name, model=run.model, **fields, n=measured.n, values=values, ci=ci))
    return rows


def _difference_rows(
    measured: _Measured, name: str, metadata: Mapping, asked: Sequence[tuple[Asked, Asked]]
) -> list[dict]:
    pairs = [pair for pair in asked if all(map(measured.of, pair))]
    if not pairs:
        return []
    tables, means, draws = (
        [measured.over_seeds(parts, one) - measured.over_seeds(parts, other) for one, other in pairs]
        for parts in (measured.tables, measured.means, measured.draws)
    )
    column = metrics.NAMES.index("ndcg@10")
    p_values = sign_flip_p_values(np.stack([table[:, column] for table in tables], axis=1))
    rows = []
    for place, ((one, other), p_value, p_holm) in enumerate(zip(pairs, p_values, holm(p_values), strict=True)):
        values, ci = measured.numbers(means[place], draws[place])
        values |= {"p_value": p_value, "p_holm": p_holm}
        seeds = {"seeds": len(measured.of(one)), "seeds_other": len(measured.of(other))}
        source = measured.runs[measured.of(one)[0]].source
        if max(seeds.values()) > 1:
            values |= seeds
        if seeds["seeds"] > 1:  # no one file of weights stands behind a mean over seeds
            source = Source(source.seed)
        model, (less, ablation) = one[0], other
        fields = {"kind": DIFFERENCE, "other": "" if ablation else less, "ablation": ablation}
        shared = {**metadata, **vars(source)}
        rows.append(row(shared, slice=name, model=model, **fields, n=measured.n, values=values, ci=ci))
    return rows
