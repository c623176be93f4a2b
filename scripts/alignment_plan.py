"""The plan of the alignment study: which models are trained, on whom, and how they are aligned."""

from dataclasses import dataclass
from math import isclose

from molar.core.errors import MolarError
from molar.core.schema import ALIGNED, CONTENT, ID

SHARES = (0.01, 0.03, 0.1, 0.3, 1.0)  # of the users, who train
FEW, ALL = 0.1, 1.0
ALPHAS, TAUS = (0.02, 0.05, 0.1, 0.3, 1.0), (0.05, 0.2)
BEST = ("alpha=0.3",)  # what the search of α chose, on validation
HISTORIES = (1, 2, 3, 5, 0)  # items of a history that are told at ranking; 0: all
MORE_EPOCHS = 0.35  # a share s of the users trains for s^-0.35 times as many epochs, since an epoch of fewer is shorter


@dataclass(frozen=True)
class Run:
    """One training of one seed: an ID model, content before alignment, or aligned.

    users: the share of the users who train; ids: of those that its ID model has learnt from, 0 without one; align: what it
    sets of the alignment."""

    model: str
    users: float
    ids: float = 0.0
    align: tuple[str, ...] = ()

    @property
    def setting(self) -> str:
        """What tells it from others of its model, as rows of results say it: NAME=VALUE, a space between."""
        ids = [f"ids={self.ids:g}"] if self.ids else []
        return " ".join([f"users={self.users:g}", *ids, *self.align])

    @property
    def name(self) -> str:
        """Its folder."""
        return ",".join([self.model, *self.setting.split()])

    @property
    def before(self) -> "Run":
        """The content model before alignment that an aligned one is held against."""
        return Run(CONTENT, self.users)

    @property
    def teacher(self) -> "Run":
        """The ID model that it is aligned to."""
        return Run(ID, self.ids)

    def epochs(self, most: int) -> int:
        """How many epochs it trains for, where everybody trains for `most`."""
        return most if isclose(self.users, 1) else round(most * self.users**-MORE_EPOCHS)


def _aligned(users: float, ids: float, *align: str) -> Run:
    return Run(ALIGNED, users, ids, align)


def _on_both(*settings: tuple[str, ...]) -> list[Run]:
    return [_aligned(users, ALL, *align) for users in (FEW, ALL) for align in settings]


STUDIES: dict[str, list[Run]] = {
    "alpha": _on_both(*((f"alpha={alpha:g}",) for alpha in ALPHAS)),
    "tau": _on_both(*((*BEST, f"tau={tau:g}") for tau in TAUS)),
    "schedule": _on_both(*((*BEST, f"schedule={schedule}") for schedule in ("warm-up", "decay"))),
    "kind": _on_both(
        (*BEST, "on=items"),
        (*BEST, "on=both"),
        *(("align=distill", f"alpha={alpha:g}") for alpha in (0.1, 0.5)),
        (*BEST, "targets=shuffled"),
    ),
    "users": [_aligned(users, ids, *BEST) for users in SHARES for ids in dict.fromkeys((users, ALL))],
}


def chosen(only: str | None) -> dict[str, list[Run]]:
    """The studies of these names, separated by commas; all without. Raises MolarError for another name."""
    names = [name.strip() for name in only.split(",")] if only else list(STUDIES)
    unknown = [name for name in names if name not in STUDIES]
    if unknown:
        raise MolarError(f"--only knows no {', '.join(unknown)}: name studies, of {', '.join(STUDIES)}.")
    return {name: STUDIES[name] for name in names}


def needed(studies: dict[str, list[Run]]) -> list[Run]:
    """All trainings of the studies, each once: ID models, then, from the fewest users on, content before alignment and what
    is aligned."""
    aligned = list(dict.fromkeys(run for runs in studies.values() for run in runs))
    contents = dict.fromkeys([*(run.before for run in aligned), *aligned])
    return [*dict.fromkeys(run.teacher for run in aligned), *sorted(contents, key=lambda run: run.users)]
