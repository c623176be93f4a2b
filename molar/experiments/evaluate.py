"""A checkpoint measured whole: baselines, oracles and towers by full ranking, see docs/evaluation.md."""

from pathlib import Path

import numpy as np

from molar.core import schema as c
from molar.core.errors import MolarError
from molar.core.hashing import sha256_of
from molar.core.progress import Report, silent
from molar.data.dataset import Dataset, load_dataset
from molar.data.oracles import read_oracles
from molar.data.segments import MAIN, is_bucket, slices
from molar.data.splits import LEAVE_ONE_OUT, TEMPORAL, Split, split_dataset
from molar.encoder.vectors import load_vectors
from molar.evaluation.metrics import beyond_accuracy, ndcg
from molar.evaluation.ranking import ModelScorer, Scorer, evaluate_ranks, ranks_and_lists
from molar.experiments.alignment_report import HELD_OUT, Pairing, alignment_rows
from molar.experiments.curves import curve_of, write_curves
from molar.experiments.results import DIFFERENCE, Run, Source, read_rows, rows_for, write_json, write_rows
from molar.models.baselines import HALF_LIVES, ContentKNN, ItemKNN, Popularity, Random

MEASURED = (c.ID, c.CONTENT, c.ALIGNED)  # the order of rows


def evaluate_checkpoint(
    dataset_dir: str | Path,
    checkpoint_dir: str | Path,
    out: str | Path,
    *,
    interactions: str = "interactions.csv",
    subset: str = "test",
    strategy: str = LEAVE_ONE_OUT,
    command: str = "",
    report: Report = silent,
) -> list[dict]:
    """Measure baselines, oracles and the towers of a checkpoint; merge the rows into `out`, and return them.

    subset: "validation" measures that split alone, to choose by; "test" measures both and also writes the few numbers
    that the page shows to CHECKPOINT/metrics.json. strategy: how histories are split, of `molar.data.splits.METHODS`. The towers'
    learning curves go beside `out`. A tower that is not trained yet has no rows. Raises MolarError where the checkpoint
    belongs to other data, or where validation rows alone would go into a file that holds test rows: two states of the
    towers would stand side by side.
    """
    parts = parts_measured(subset, Path(out))
    checkpoint_dir = Path(checkpoint_dir)
    dataset = load_dataset(dataset_dir, interactions=interactions)
    split = split_dataset(dataset, strategy)
    vectors = load_vectors(checkpoint_dir / "vectors.safetensors", dataset)
    towers, sources = load_towers(checkpoint_dir, split, vectors)
    sources["content-knn"] = Source(weights_sha256=sha256_of(checkpoint_dir / "vectors.safetensors"))
    neighbours = [ItemKNN(split), ContentKNN(split, vectors)]
    half_lives = {scorer.name: choose_half_life(scorer, split) for scorer in neighbours}
    scorers = [Random(split), Popularity(split), *neighbours, *towers.values()]

    rows = []
    for step, part in enumerate(parts):
        users = split.evaluation_users(part)
        runs = []
        for done, scorer in enumerate(scorers):
            report(step * len(scorers) + done, len(parts) * len(scorers), f"{scorer.name}, {part}")
            runs.append(measure(scorer, split, part, users, sources.get(scorer.name, Source())))
        runs += oracle_runs(split, interactions, part, users)
        facts = facts_of(split, interactions, part, command)
        rows += rows_for(runs, slices_shown(split, part, users, subset), facts)
        of_towers = [run for run in runs if run.model in MEASURED]
        rows += alignment_rows(pairings(towers, runs), of_towers, split, part, users, facts)
    write_rows(Path(out), rows)
    write_curves(Path(out), [curve_of(checkpoint_dir / name, facts["dataset"], name) for name in towers])
    if subset == "test":
        hashes = {"data_hash": dataset.data_hash, "split_hash": split.split_hash}
        about = {"dataset": facts["dataset"], **hashes, "command": command, "half_lives": half_lives}
        write_json(checkpoint_dir / "metrics.json", about | page_numbers(rows))
    return rows


def parts_measured(subset: str, out: Path) -> list[str]:
    """The splits that `subset` asks for. Raises MolarError for another word, or where `out` holds what must not mix."""
    if subset not in ("validation", "test"):
        raise MolarError(f"subset must be validation or test, not {subset!r}.")
    if subset == "validation" and any(row["split"] == "test" for row in read_rows(out)):
        raise MolarError(f"{out} holds test results: write those of validation alone to another file.")
    return ["validation", "test"][: 1 + (subset == "test")]


def measure(
    scorer: Scorer, split: Split, subset: str, users: np.ndarray, source: Source, noted: dict | None = None
) -> Run:
    """Rank the catalogue for `users` once: ranks of their targets, and what the lists of ten do to the catalogue.

    noted: other numbers that stand in the row of slice "all".
    """
    ranks, lists = ranks_and_lists(scorer, split, subset, users)
    of_lists = beyond_accuracy(lists, split.targets_of(users, subset), split.train_counts()) if len(users) else {}
    return Run(scorer.name, ranks, source, of_lists | (noted or {}))


def oracle_runs(split: Split, interactions: str, subset: str, users: np.ndarray) -> list[Run]:
    """The oracles that the dataset brings along; they know the targets of leave-one-out alone."""
    if split.strategy != LEAVE_ONE_OUT:
        return []
    found = read_oracles(split.dataset, interactions, subset, users, split.targets_of(users, subset))
    return [Run(name, ranks) for name, ranks in found.items()]


def facts_of(split: Split, interactions: str, subset: str, command: str) -> dict:
    """What all rows of one split share."""
    dataset = {"dataset": label(split.dataset, interactions, split.strategy), "data_hash": split.dataset.data_hash}
    return {**dataset, "split": subset, "command": command}


def slices_shown(split: Split, part: str, users: np.ndarray, subset: str) -> dict[str, np.ndarray]:
    """The slices of `part`: the buckets are for what the run is about, so that files stay small."""
    return {name: mask for name, mask in slices(split, part, users).items() if part == subset or not is_bucket(name)}


def label(dataset: Dataset, interactions: str, strategy: str = LEAVE_ONE_OUT) -> str:
    """The dataset's name in a results file; other histories over the same items and another split are named beside it."""
    name = dataset.name if interactions == "interactions.csv" else f"{dataset.name} ({Path(interactions).stem})"
    return f"{name}, split by time" if strategy == TEMPORAL else name


def load_towers(
    checkpoint_dir: Path, split: Split, vectors: np.ndarray
) -> tuple[dict[str, ModelScorer], dict[str, Source]]:
    """The trained towers in the folder, by name, and where they come from.

    Raises MolarError for a tower that does not fit these data (`molar.storage.checkpoint.load_trained`).
    """
    from molar.storage.checkpoint import CONFIG, load_trained, read_meta, weights_sha256

    towers, sources = {}, {}
    for name in MEASURED:
        folder = checkpoint_dir / name
        if (folder / CONFIG).is_file():
            model = load_trained(folder, split, vectors)
            towers[name] = ModelScorer(name, model, split)
            sources[name] = Source(int(read_meta(folder).get("seed", 0)), weights_sha256(folder))
    return towers, sources


def choose_half_life(scorer: ItemKNN | ContentKNN, split: Split) -> float | None:
    """Set the half-life with the best validation NDCG@10 and return it; None stands for no decay at all."""

    def quality(half_life: float) -> float:
        scorer.half_life = half_life
        return ndcg(evaluate_ranks(scorer, split, "validation"), 10).mean()

    scorer.half_life = max(HALF_LIVES, key=quality)
    return scorer.half_life if np.isfinite(scorer.half_life) else None


def pairings(towers: dict[str, ModelScorer], runs: list[Run]) -> list[Pairing]:
    """The content tower before and after alignment, each beside the ID tower; [] unless all three are trained."""
    if set(towers) != set(MEASURED):
        return []
    of, models = {run.model: run for run in runs}, {name: scorer.model for name, scorer in towers.items()}
    before = Pairing(of[c.CONTENT], models[c.CONTENT], models[c.ID])
    return [before, Pairing(of[c.ALIGNED], models[c.ALIGNED], models[c.ID], before=of[c.CONTENT])]


def page_numbers(rows: list[dict]) -> dict:
    """What the page shows of test rows: accuracy by model and slice, differences, alignment before and after."""
    shown = ("ndcg@10", "recall@10")
    models, differences, alignment = {}, {}, {}
    for row in (row for row in rows if row["split"] == "test" and row["slice"] in (*MAIN, HELD_OUT)):
        numbers = {name: row["metrics"][name] for name in shown} | {"ci": {name: row["ci"][name] for name in shown}}
        numbers["n"] = row["n"]
        if row["slice"] == HELD_OUT:
            aligned = {name: value for name, value in row["metrics"].items() if name.startswith(("align/", "delta_"))}
            if aligned:
                moment = "before" if row["model"] == c.CONTENT else "after"
                alignment[moment] = {"model": row["model"], **numbers, **aligned}
        elif row["kind"] == DIFFERENCE:
            differences.setdefault(f"{row['model']} minus {row['other']}", {})[row["slice"]] = numbers
        else:
            models.setdefault(row["model"], {})[row["slice"]] = numbers
    return {"split": "test", "models": models, "differences": differences, "alignment": alignment}
