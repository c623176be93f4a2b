"""Alignment of content towers with ID towers on held-out users, and beside it what became of their accuracy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from torch import nn

from molar.data.splits import Split
from molar.evaluation import metrics
from molar.evaluation.alignment_metrics import LEAST_USERS, measure_alignment
from molar.experiments.results import ALIGNMENT, DIFFERENCES, OWN, Run, interval, resampled_means, row, rows_for

HELD_OUT = "held-out"
MOST_POOLED, MOST_FITTING = 2000, 4000  # users whose alignment is measured, and users who fit the rotation
CHANGE = "delta_ndcg@10"


@dataclass(frozen=True, eq=False)
class Pairing:
    """A content tower, the ID tower that it is held against, and the content tower before alignment, if it has one.

    against: the ID tower's name where the content tower is held against several; then the pairing has a row of its own,
    of the kind "alignment"."""

    run: Run
    tower: nn.Module
    id_tower: nn.Module
    before: Run | None = None
    against: str = ""


def alignment_rows(
    pairings: Sequence[Pairing],
    runs: Sequence[Run],
    split: Split,
    subset: str,
    users: np.ndarray,
    facts: Mapping,
    comparisons: Sequence[tuple[str, str]] = DIFFERENCES,
    kept: Sequence[str] = metrics.NAMES,
) -> list[dict]:
    """Rows of the slice "held-out": accuracy of `runs` on users that no alignment loss saw, and alignment of `pairings`.

    runs: those of all towers, on the same `users`. Metrics named align/… are those of `molar.evaluation.alignment_metrics`; NDCG@10
    minus that of the tower before alignment, of the same seed, stands beside them (`CHANGE`). [] without pairings, or with
    too few held-out users."""
    pool = np.flatnonzero(split.held_out[users])[:MOST_POOLED]
    if len(pool) < LEAST_USERS or not pairings:
        return []
    in_pool = np.zeros(len(users), bool)
    in_pool[pool] = True
    rows = rows_for(runs, {HELD_OUT: in_pool}, facts, comparisons, kept)
    of = {(one["model"], one["seed"]): one for one in rows if one["kind"] == OWN}
    fitting = users[~split.held_out[users]][:MOST_FITTING]
    vectors = _UserVectors(split, subset, (users[pool], fitting))
    for pairing in pairings:
        contents, ids = vectors.of(pairing.tower), vectors.of(pairing.id_tower)
        found = measure_alignment(contents[0], ids[0], (contents[1], ids[1]))
        values, ci = _numbers(found)
        if pairing.before is not None:
            change = metrics.ndcg(pairing.run.ranks[pool], 10) - metrics.ndcg(pairing.before.ranks[pool], 10)
            values[CHANGE], ci[CHANGE] = (
                round(float(change.mean()), 6),
                interval(resampled_means(change[:, None])[:, 0]),
            )
        if pairing.against:
            told = {**facts, **vars(pairing.run.source)}
            rows.append(
                row(
                    told,
                    slice=HELD_OUT,
                    model=pairing.run.model,
                    kind=ALIGNMENT,
                    other=pairing.against,
                    n=len(pool),
                    values=values,
                    ci=ci,
                )
            )
        else:
            own = of[pairing.run.model, pairing.run.source.seed]
            own["metrics"] |= values
            own["ci"] |= ci
    return rows


class _UserVectors:
    """User vectors of towers after the same histories, computed once a tower."""

    def __init__(self, split: Split, subset: str, groups: Sequence[np.ndarray]):
        self.groups = [(split.histories_of(users, subset), users) for users in groups]
        self.known: dict[int, list[np.ndarray]] = {}

    def of(self, tower: nn.Module) -> list[np.ndarray]:
        """(n, dim) for each group of users."""
        if id(tower) not in self.known:
            self.known[id(tower)] = [tower.user_vectors(histories, users) for histories, users in self.groups]
        return self.known[id(tower)]


def _numbers(found) -> tuple[dict, dict]:
    """Metrics align/… and the intervals of those that are means over users."""
    drawn = resampled_means(np.stack(list(found.per_user.values()), axis=1))
    values = {f"align/{metric}": round(number, 6) for metric, number in found.numbers().items()}
    return values, {f"align/{metric}": interval(drawn[:, place]) for place, metric in enumerate(found.per_user)}
