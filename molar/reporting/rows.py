"""The rows of one results file on one dataset, found by model, slice and what they tell."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from molar.experiments.results import ABLATION, ALIGNMENT, DIFFERENCE, OWN
from molar.reporting import labels
from molar.reporting.labels import NDCG
from molar.reporting.tables import Difference, Measured, Source, difference, measured

HELD_OUT, ALIGN = "held-out", "align/"  # the slice and the metrics of alignment
FULL_ML1M = 6000  # users from which on a file of MovieLens-1M speaks of all of it
Pair = tuple[str, str]
BySlice = dict[str, list[dict]]


@dataclass(frozen=True, eq=False)
class Results:
    """Test rows in the order of their file, and the curves of the trainings behind them."""

    name: str  # the file's stem
    rows: list[dict] = field(repr=False)
    curves: list[dict] = field(repr=False, default_factory=list)
    place: int = 0  # among the datasets of the file
    offsets: list[dict] = field(repr=False, default_factory=list)  # its curves over offsets of new items
    before: "Results | None" = field(repr=False, default=None)  # the file of the same name in results/before

    @property
    def key(self) -> str:
        return f"{self.name}/{self.place}" if self.place else self.name

    @property
    def dataset(self) -> str:
        return self.rows[0]["dataset"]

    @property
    def data_hash(self) -> str:
        return self.rows[0]["data_hash"]

    @property
    def about(self) -> labels.RunLabel:
        """What is said of the file; of one that labels do not know, its name alone."""
        return labels.RUNS.get(self.name) or labels.RunLabel(f"{self.dataset} ({self.name})", command="")

    @property
    def is_movielens(self) -> bool:
        return any(mark in f"{self.name} {self.dataset}".lower() for mark in ("ml1m", "ml-1m", "movielens"))

    @property
    def is_full_movielens(self) -> bool:
        """Whether its numbers may stand beside published ones: every user, and no film held back."""
        return self.is_movielens and self.size("all") >= FULL_ML1M and not self.name.endswith("-cold")

    @property
    def is_ablation(self) -> bool:
        """Whether it holds one factor at a time, told against the default."""
        return self.name.startswith(labels.ABLATIONS)

    @property
    def metrics(self) -> list[str]:
        """The metrics of METRICS that some model has."""
        found = {name for row in self.own for name in row["metrics"]}
        return [name for name in labels.METRICS if name in found]

    @cached_property
    def own(self) -> list[dict]:
        """The rows of models' own rankings."""
        return [row for row in self.rows if row["kind"] == OWN]

    @cached_property
    def _own(self) -> dict[Pair, list[dict]]:
        """(label, slice) → its rows, one a seed."""
        found: dict[Pair, list[dict]] = {}
        for row in self.own:
            label = f"{row['model']}, {row['setting']}" if row["setting"] else row["model"]
            found.setdefault((label, row["slice"]), []).append(row)
        return found

    @cached_property
    def differences(self) -> dict[Pair, BySlice]:
        """(model, other) → slice → its rows, one unless seeds were compared one by one."""
        return self._grouped(DIFFERENCE, "other")

    @cached_property
    def ablated(self) -> dict[Pair, BySlice]:
        """(model, ablation) → slice → the rows of the model with a part of its input taken away or exchanged."""
        return self._grouped(ABLATION, "ablation")

    @cached_property
    def costs(self) -> dict[Pair, BySlice]:
        """(model, ablation) → slice → the rows of what an input ablation costs the model."""
        return self._grouped(DIFFERENCE, "ablation")

    def _grouped(self, kind: str, by: str) -> dict[Pair, BySlice]:
        found: dict[Pair, BySlice] = {}
        for row in self.rows:
            if row["kind"] == kind and row[by] and NDCG in row["metrics"]:
                found.setdefault((row["model"], row[by]), {}).setdefault(row["slice"], []).append(row)
        return found

    @cached_property
    def alignment(self) -> list[dict]:
        """The rows with alignment numbers, each of one seed: of a model and its own ID model, or another."""
        held_out = [row for row in self.rows if row["slice"] == HELD_OUT and row["kind"] in (OWN, ALIGNMENT)]
        return [row for row in held_out if any(metric.startswith(ALIGN) for metric in row["metrics"])]

    @cached_property
    def models(self) -> list[str]:
        """Labels: baselines, then what was trained from worst to best by NDCG@10, then limits."""
        early, late = list(labels.BASELINES), list(labels.LIMITS)

        def place(label: str) -> tuple[int, float]:
            if labels.is_baseline(label):
                return 0, early.index(label) if label in early else len(early)
            if label in late:
                return 2, late.index(label)
            cell = self.cell(label)
            return 1, cell.value if cell else 0.0

        return sorted(dict.fromkeys(label for label, _ in self._own), key=place)

    @property
    def slices(self) -> list[str]:
        return list(dict.fromkeys(slice_ for _, slice_ in self._own))

    def size(self, slice_: str) -> int:
        """How many users a slice holds; 0 where there is none."""
        return max((row["n"] for (_, at), rows in self._own.items() if at == slice_ for row in rows), default=0)

    def rows_of(self, label: str, slice_: str = "all") -> list[dict]:
        """The rows of a model's own ranking, one a seed."""
        return self._own.get((label, slice_), [])

    def seeds(self, label: str, slice_: str = "all") -> str:
        return ", ".join(str(row["seed"]) for row in self.rows_of(label, slice_))

    def curves_of(self, label: str) -> list[dict]:
        """A model's learning curves, one a seed."""
        return [curve for curve in self.curves if curve["model"] == label]

    def epoch_counts(self, label: str) -> list[int]:
        """How many epochs a model had, one number a seed; [] where neither rows nor curves tell."""
        told = [int(row["metrics"]["epochs"]) for row in self.rows_of(label) if "epochs" in row["metrics"]]
        return told or [len(curve["curve"]) for curve in self.curves_of(label)]

    def epochs(self, label: str) -> str:
        """The same for a table: one number where all seeds had as many, "" where nothing tells."""
        counts = self.epoch_counts(label)
        return str(counts[0]) if len(set(counts)) == 1 else ", ".join(map(str, counts))

    def cell(self, label: str, slice_: str = "all", metric: str = NDCG) -> Measured | None:
        """None where it was not measured."""
        return measured(self.rows_of(label, slice_), metric)

    def minus(self, label: str, other: str, slice_: str = "all") -> Difference | None:
        """One model's NDCG@10 minus another's; None where they were not compared."""
        return difference(self.differences.get((label, other), {}).get(slice_, []))

    def either_way(self, label: str, other: str) -> Difference | None:
        """The same for all users; turned round where it was measured the other way."""
        other_way = self.minus(other, label)
        return self.minus(label, other) or (other_way and other_way.turned())

    def cost(self, label: str, ablation: str) -> Difference | None:
        """A model's NDCG@10 minus that under an input ablation, for all users."""
        return difference(self.costs.get((label, ablation), {}).get("all", []))

    @property
    def splits(self) -> list[str]:
        """Split hashes, from the trainings that tell them."""
        told = [row.get("split_hash") for row in self.rows] + [curve.get("split_hash") for curve in self.curves]
        return list(dict.fromkeys(filter(None, told)))

    def source(self, rows: Sequence[dict]) -> Source:
        """What made these of its rows."""
        return Source.of(rows, self.splits)
