"""Alignment of content models with ID models on held-out users, and beside it what became of their accuracy."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from molar.evaluation import metrics
from molar.evaluation.alignment_metrics import LEAST_USERS, Alignment, measure_alignment
from molar.evaluation.significance import interval, resampled_means
from molar.experiments.evaluate import Part
from molar.experiments.results import ALIGNMENT, OWN, row
from molar.experiments.rows import DIFFERENCES, Pairs, Run, rows_for
from molar.models.interface import NextItemModel

HELD_OUT = "held-out"
MOST_POOLED, MOST_FITTING = 2000, 4000  # users whose alignment is measured, and users who fit the rotation
CHANGE = "delta_ndcg@10"


@dataclass(frozen=True, eq=False)
class Pairing:
    """A content model, the ID model that it is held against, and the run of the content model before alignment, if any.

    against: the ID model's name where the content model is held against several; then the pairing has a row of its own,
    of the kind "alignment"."""

    run: Run
    model: NextItemModel
    id_model: NextItemModel
    before: Run | None = None
    against: str = ""


def alignment_rows(
    pairings: Sequence[Pairing],
    runs: Sequence[Run],
    part: Part,
    comparisons: Pairs = DIFFERENCES,
    kept: Sequence[str] = metrics.NAMES,
) -> list[dict]:
    """Rows of the slice "held-out": accuracy of `runs` on users that no alignment loss saw, and alignment of `pairings`.

    runs: those of all trained models. Metrics named align/… are those of `molar.evaluation.alignment_metrics`; NDCG@10
    minus that of the model before alignment, of the same seed, stands beside them (`CHANGE`). [] without pairings, or with
    too few held-out users."""
    held_out = part.split.held_out[part.users]
    pool = np.flatnonzero(held_out)[:MOST_POOLED]
    if len(pool) < LEAST_USERS or not pairings:
        return []
    in_pool = np.zeros(len(held_out), bool)
    in_pool[pool] = True
    rows = rows_for(runs, {HELD_OUT: in_pool}, part.metadata, comparisons, kept)
    of = {(one["model"], one["seed"]): one for one in rows if one["kind"] == OWN}
    vectors = _UserVectors(part, (part.users[pool], part.users[~held_out][:MOST_FITTING]))
    for pairing in pairings:
        contents, ids = vectors.of(pairing.model), vectors.of(pairing.id_model)
        values, ci = _numbers(measure_alignment(contents[0], ids[0], (contents[1], ids[1])))
        if pairing.before is not None:
            change = metrics.ndcg(pairing.run.ranks[pool], 10) - metrics.ndcg(pairing.before.ranks[pool], 10)
            values[CHANGE] = round(float(change.mean()), 6)
            ci[CHANGE] = interval(resampled_means(change[:, None])[:, 0])
        run = pairing.run
        if pairing.against:
            fields = {"kind": ALIGNMENT, "other": pairing.against}
            shared = {**part.metadata, **vars(run.source)}
            rows.append(row(shared, slice=HELD_OUT, model=run.model, **fields, n=len(pool), values=values, ci=ci))
        else:
            own = of[run.model, run.source.seed]
            own["metrics"] |= values
            own["ci"] |= ci
    return rows


class _UserVectors:
    """User vectors of models after the same histories, computed once a model."""

    def __init__(self, part: Part, groups: Sequence[np.ndarray]):
        self.groups = [(part.split.histories_of(users, part.subset), users) for users in groups]
        self.known: dict[int, list[np.ndarray]] = {}

    def of(self, model: NextItemModel) -> list[np.ndarray]:
        """(n, dim) for each group of users."""
        if id(model) not in self.known:
            self.known[id(model)] = [model.user_vectors(histories, users) for histories, users in self.groups]
        return self.known[id(model)]


def _numbers(found: Alignment) -> tuple[dict, dict]:
    """Metrics align/… and the intervals of those that are means over users."""
    drawn = resampled_means(np.stack(list(found.per_user.values()), axis=1))
    values = {f"align/{metric}": round(number, 6) for metric, number in found.numbers().items()}
    return values, {f"align/{metric}": interval(drawn[:, place]) for place, metric in enumerate(found.per_user)}
