"""Tables as data: what stands in them and what made it, whatever they are written as."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import mean, stdev

from molar.reporting import labels
from molar.reporting.charts import Curves

ALPHA = 0.05
LEGEND = "Filled: significant (p < .05, Holm-corrected)."


@dataclass(frozen=True)
class Measured:
    """One number: the mean over its seeds, and what is known of its uncertainty."""

    value: float
    ci: tuple[float, float] | None = None  # over users; of several seeds the mean of theirs
    seeds: tuple[float, ...] = ()  # the single seeds' values where there are several
    shuffled: float | None = None  # the same of pairs that do not belong together

    @property
    def sd(self) -> float | None:
        """Standard deviation over seeds (n − 1)."""
        return stdev(self.seeds) if len(self.seeds) > 1 else None

    @property
    def edges(self) -> tuple[float, ...]:
        """Every value that an axis should hold."""
        return (self.value, *(self.ci or ()), *self.seeds)


@dataclass(frozen=True)
class Difference(Measured):
    """One number minus another on the same users, with its p-value where one was computed."""

    p: float | None = None
    corrected: bool = False  # by Holm's method

    @property
    def significant(self) -> bool:
        """By the p-value; without one, whether the interval excludes zero."""
        if self.p is not None:
            return self.p < ALPHA
        return self.ci is not None and self.ci[0] * self.ci[1] > 0

    def turned(self) -> "Difference":
        """The other minus the one."""
        ci = (-self.ci[1], -self.ci[0]) if self.ci else None
        return replace(self, value=-self.value, ci=ci, seeds=tuple(-one for one in self.seeds))


@dataclass(frozen=True)
class Quoted:
    """Numbers as others have published them."""

    values: tuple[float, ...]

    @property
    def edges(self) -> tuple[float, ...]:
        return self.values


Cell = Measured | Quoted | str | None
VALUES, SHARES, DIFFERENCES = "values", "shares", "differences"  # axes; columns of the same one share it


@dataclass(frozen=True)
class Column:
    """A column's head, what stands under it, and the axis on which a page draws its cells, "" for none."""

    head: str
    small: str = ""
    axis: str = ""
    metric: str = labels.NDCG


@dataclass(frozen=True)
class Row:
    """A row's name and cells; `label` is the model whose colour it has, `group` the heading under which it stands."""

    name: str
    cells: Sequence[Cell]
    label: str = ""
    group: str = ""
    seeds: str = ""
    epochs: str = ""  # how many each had in training
    shade: str = ""
    elsewhere: bool = False  # published by others


@dataclass(frozen=True)
class Table:
    """`first` heads the column of names; `groups` that of the groups, "" where they need none of their own."""

    first: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    groups: str = ""
    layout: str = ""  # CSS classes
    shown: int = 0  # rows before the others are folded away; 0 for all


@dataclass(frozen=True)
class Source:
    """What made numbers: commands, hashes of data and split, seeds, and (training, first 16 digits of its weights)."""

    commands: tuple[str, ...]
    data: tuple[str, ...]
    splits: tuple[str, ...] = ()
    seeds: tuple[str, ...] = ()
    weights: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, rows: Iterable[dict], splits: Iterable[str] = ()) -> "Source":
        """What rows of results or of curves name."""
        rows = list(rows)
        trained = list(
            dict.fromkeys((row["model"], row["seed"], row["weights_sha256"]) for row in rows if row["weights_sha256"])
        )
        names = [label for label, _, _ in trained]
        return cls(
            _distinct(row["command"] for row in rows),
            _distinct(row["data_hash"] for row in rows),
            _distinct(splits),
            tuple(map(str, sorted({row["seed"] for row in rows}))),
            tuple(
                (labels.short(label) + (f" seed {seed}" if names.count(label) > 1 else ""), digits[:16])
                for label, seed, digits in trained
            ),
        )


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it: notes, a picture, a table, what is said after it, and its source.

    `legend` says how the table is drawn, where it is drawn; `picture` is another picture than curves, as HTML for the
    page."""

    title: str
    notes: Sequence[str] = ()
    legend: str = ""
    table: Table | None = None
    after: Sequence[str] = ()
    curves: Curves | None = None
    source: Source | None = None
    picture: str = ""


Asked = tuple[Column, Callable[[str], Cell]]  # a column, and the cell of a model in it


def measured(rows: Sequence[dict], metric: str) -> Measured | None:
    """The seeds of one model on one slice, taken together; None where the metric is absent."""
    found = [row for row in rows if metric in row["metrics"]]
    if not found:
        return None
    values = tuple(row["metrics"][metric] for row in found)
    return Measured(mean(values), _interval(found, metric), values if len(values) > 1 else ())


def difference(rows: Sequence[dict], metric: str = labels.NDCG) -> Difference | None:
    """One difference; of several seeds compared one by one, the mean with the largest p-value."""
    one = measured(rows, metric)
    if one is None:
        return None
    name = next((name for name in ("p_holm", "p_value") if all(name in row["metrics"] for row in rows)), "")
    p = max(row["metrics"][name] for row in rows) if name else None
    return Difference(one.value, one.ci, one.seeds, p=p, corrected=name == "p_holm")


def _interval(rows: Sequence[dict], metric: str) -> tuple[float, float] | None:
    edges = [row["ci"][metric] for row in rows if row["ci"].get(metric)]
    return (mean(low for low, _ in edges), mean(high for _, high in edges)) if len(edges) == len(rows) else None


def _distinct(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, found)))


def by_model(
    models: Sequence[str],
    columns: Sequence[Asked],
    *,
    name: Callable[[str], str] = labels.model,
    group: Callable[[str], str] = lambda label: "",
    seeds: Callable[[str], str] = lambda label: "",
    epochs: Callable[[str], str] = lambda label: "",
    **about,
) -> Table:
    """One row a model, one cell for each column; models that have nothing in any column are left out."""
    rows = []
    for label in models:
        cells = [of(label) for _, of in columns]
        if any(cell is not None for cell in cells):
            rows.append(Row(name(label), cells, label, group(label), seeds(label), epochs(label)))
    return Table("model", [column for column, _ in columns], rows, **about)
