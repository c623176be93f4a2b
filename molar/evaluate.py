"""Full-ranking evaluation, leave-one-out, from one scorer to a whole checkpoint: see docs/evaluation.md.

Every item of the catalogue is a candidate for every model; only the user's history and the padding id are left out.
Ties count against the model, so a constant scorer comes last and not first; NaN and -inf ("I cannot score it") rank
below every number.
"""

import hashlib
from pathlib import Path
from typing import Protocol

import numpy as np

from molar.alignment_metrics import LEAST_USERS, measure_alignment
from molar.baselines import HALF_LIVES, ContentKNN, ItemKNN, Popularity, Random
from molar.columns import PAD
from molar.data import Dataset, load_dataset
from molar.errors import MolarError
from molar.metrics import ndcg
from molar.oracles import read_oracles
from molar.progress import Report, silent
from molar.results import Source, interval, resampled_means, rows_for, write_json, write_rows
from molar.split import Split, leave_one_out
from molar.vectors import load_vectors

ID_TOWER, BEFORE, AFTER = "sasrec", "content", "molar"
TOWERS = (ID_TOWER, BEFORE, AFTER)
HELD_OUT = "held-out"
MOST_POOLED, MOST_FITTING = 2000, 4000  # users whose alignment is measured, and users who fit the rotation

BLOCK_SCORES = 2**22  # scores held at a time: 16 MiB of float32 and a few masks of a quarter of that


class Scorer(Protocol):
    """Anything that can rank the catalogue after a history."""

    name: str

    def scores(self, histories: list[np.ndarray]) -> np.ndarray:
        """(B, n_items + 1) float32, higher is better, -inf for an item it cannot score; column 0 is ignored."""
        ...


class TowerScorer:
    """Scores of a trained tower: user vector · item vector + item bias.

    unscorable: (n_items + 1,) bool, items that the model cannot know; they rank last. A model over content has none.
    """

    def __init__(self, name: str, model, unscorable: np.ndarray | None = None):
        self.name, self.model, self.unscorable = name, model, unscorable
        self.items = np.ascontiguousarray(model.item_matrix().detach().cpu().numpy(), np.float32)
        self.bias = model.item_bias().detach().cpu().numpy()

    def scores(self, histories: list[np.ndarray]) -> np.ndarray:
        scores = self.model.user_vectors(histories) @ self.items.T + self.bias
        if self.unscorable is not None:
            scores[:, self.unscorable] = -np.inf
        return scores


def evaluate_ranks(scorer: Scorer, split: Split, which: str, users: np.ndarray | None = None) -> np.ndarray:
    """The rank of each user's target among the items he has not bought, (n,) int64, 1 is best.

    which: "validation" or "test"; users: which users, all with such a target when not given. Ties are pessimistic.
    A target that the user has bought before stays a candidate. Raises MolarError when the scorer's shape is wrong.
    """
    users = split.evaluation_users(which) if users is None else np.asarray(users)
    targets = np.array([split.target(user, which) for user in users], np.int64)
    columns = split.dataset.n_items + 1
    block = max(1, BLOCK_SCORES // columns)
    ranks = np.empty(len(users), np.int64)
    for start in range(0, len(users), block):
        part = slice(start, start + block)
        histories = [split.history_for(user, which) for user in users[part]]
        scores = scorer.scores(histories)
        if scores.shape != (len(histories), columns):
            raise MolarError(
                f"{scorer.name} gave scores of shape {scores.shape} where {(len(histories), columns)} is needed; "
                "is it trained on this dataset?"
            )
        ranks[part] = rank_targets(scores, histories, targets[part])
    return ranks


def rank_targets(scores: np.ndarray, histories: list[np.ndarray], targets: np.ndarray) -> np.ndarray:
    """Ranks (B,) of `targets` (B,) in `scores` (B, n_items + 1), which stays as it is (it may be a read-only view)."""
    rows = np.arange(len(targets))
    own = scores[rows, targets]
    ahead = scores >= own[:, None]  # (B, n_items + 1); False where a rival is NaN
    ahead[~(own > -np.inf)] = True  # the target is NaN or -inf: all other candidates are ahead of it
    ahead[:, PAD] = False
    ahead[np.repeat(rows, [len(history) for history in histories]), np.concatenate(histories)] = False
    ahead[rows, targets] = True  # itself: the best rank is 1
    return ahead.sum(axis=1)


def slices(split: Split, which: str, users: np.ndarray) -> dict[str, np.ndarray]:
    """Masks (n,) over `users`: all; warm and cold by whether the target occurs in any training prefix."""
    cold = split.cold[[split.target(user, which) for user in users]]
    return {"all": np.ones(len(users), bool), "warm": ~cold, "cold": cold}


def evaluate_checkpoint(
    dataset_dir: str | Path,
    checkpoint_dir: str | Path,
    out: str | Path,
    *,
    interactions: str = "interactions.csv",
    which: str = "test",
    command: str = "",
    report: Report = silent,
) -> list[dict]:
    """Measure baselines, oracles and the towers of a checkpoint; merge the rows into `out`, and return them.

    which: "validation" measures that split alone, to choose by; "test" measures both and also writes the few numbers
    that the page shows to CHECKPOINT/metrics.json. A tower that is not trained yet has no rows. Raises MolarError where the
    checkpoint belongs to other data.
    """
    checkpoint_dir = Path(checkpoint_dir)
    dataset = load_dataset(dataset_dir, interactions=interactions)
    split = leave_one_out(dataset)
    vectors = load_vectors(checkpoint_dir / "vectors.safetensors", dataset)
    towers, sources = load_towers(checkpoint_dir, split, vectors)
    sources["content-knn"] = Source(weights_sha256=_file_sha256(checkpoint_dir / "vectors.safetensors"))
    neighbours = [ItemKNN(split), ContentKNN(split, vectors)]
    half_lives = {scorer.name: choose_half_life(scorer, split) for scorer in neighbours}
    scorers = [Random(split), Popularity(split), *neighbours, *towers.values()]

    rows, measured = [], ["validation", "test"][: 1 + (which == "test")]
    for step, part in enumerate(measured):
        users = split.evaluation_users(part)
        ranks = {}
        for done, scorer in enumerate(scorers):
            report(step * len(scorers) + done, len(measured) * len(scorers), f"{scorer.name}, {part}")
            ranks[scorer.name] = evaluate_ranks(scorer, split, part, users)
        ranks |= read_oracles(dataset, interactions, part, users, [split.target(user, part) for user in users])
        facts = {"dataset": label(dataset, interactions), "data_hash": dataset.data_hash, "split": part}
        facts["command"] = command
        every = {name: sources.get(name, Source()) for name in ranks}
        rows += rows_for(ranks, slices(split, part, users), facts, every)
        rows += alignment_rows(towers, split, part, users, ranks, facts, every)
    write_rows(Path(out), rows)
    if which == "test":
        hashes = {"data_hash": dataset.data_hash, "split_hash": split.split_hash}
        about = {"dataset": label(dataset, interactions), **hashes, "command": command, "half_lives": half_lives}
        write_json(checkpoint_dir / "metrics.json", about | page_numbers(rows))
    return rows


def label(dataset: Dataset, interactions: str) -> str:
    """The dataset's name in a results file; other histories over the same items are named beside it."""
    return dataset.name if interactions == "interactions.csv" else f"{dataset.name} ({Path(interactions).stem})"


def load_towers(
    checkpoint_dir: Path, split: Split, vectors: np.ndarray
) -> tuple[dict[str, TowerScorer], dict[str, Source]]:
    """The trained towers in the folder, by name, and where they come from.

    Raises MolarError for a tower that was trained on another split: it may have seen these targets. Likewise for one
    that was trained on vectors of another encoder than those in the folder.
    """
    from molar.checkpoint import CONFIG, load_model, read_meta, weights_sha256
    from molar.fingerprint import require_tower_of_vectors

    towers, sources = {}, {}
    for name in TOWERS:
        folder = checkpoint_dir / name
        if not (folder / CONFIG).is_file():
            continue
        meta = read_meta(folder)
        if meta.get("split_hash") != split.split_hash:
            raise MolarError(
                f"{folder} was trained on another split ({meta.get('split_hash')}, this is {split.split_hash}): "
                "name the interactions it was trained on, or train it again."
            )
        model = load_model(folder)
        if name != ID_TOWER:
            require_tower_of_vectors(folder, checkpoint_dir / "vectors.safetensors")
            model.set_item_vectors(vectors)
            model.set_counts(split.train_counts())
        towers[name] = TowerScorer(name, model, split.cold if name == ID_TOWER else None)
        sources[name] = Source(int(meta.get("seed", 0)), weights_sha256(folder))
    return towers, sources


def choose_half_life(scorer: ItemKNN | ContentKNN, split: Split) -> float | None:
    """Set the half-life with the best validation NDCG@10 and return it; None stands for no decay at all."""

    def quality(half_life: float) -> float:
        scorer.half_life = half_life
        return ndcg(evaluate_ranks(scorer, split, "validation"), 10).mean()

    scorer.half_life = max(HALF_LIVES, key=quality)
    return scorer.half_life if np.isfinite(scorer.half_life) else None


def alignment_rows(towers, split: Split, which: str, users: np.ndarray, ranks, facts, sources) -> list[dict]:
    """Accuracy and alignment of the content tower before and after, on users that the alignment loss never saw.

    Metrics named align/… are those of `molar.alignment_metrics`. Nothing is measured without all three towers, or
    with too few held-out users.
    """
    pool = np.flatnonzero(split.held_out[users])[:MOST_POOLED]
    if len(pool) < LEAST_USERS or set(towers) != set(TOWERS):
        return []
    fitting = users[~split.held_out[users]][:MOST_FITTING]
    chosen = {name: ranks[name][pool] for name in TOWERS}
    rows = rows_for(chosen, {HELD_OUT: np.ones(len(pool), bool)}, facts, sources)
    of = {(row["model"], row["variant"]): row for row in rows}
    histories = [[split.history_for(user, which) for user in some] for some in (users[pool], fitting)]
    ids = [towers[ID_TOWER].model.user_vectors(some) for some in histories]
    for name in (BEFORE, AFTER):
        contents = [towers[name].model.user_vectors(some) for some in histories]
        found = measure_alignment(contents[0], ids[0], (contents[1], ids[1]))
        drawn = resampled_means(np.stack(list(found.per_user.values()), axis=1))
        row = of[name, ""]
        row["metrics"] |= {f"align/{metric}": round(number, 6) for metric, number in found.numbers().items()}
        row["ci"] |= {f"align/{metric}": interval(drawn[:, i]) for i, metric in enumerate(found.per_user)}
    change = of[AFTER, f"minus {BEFORE}"]
    of[AFTER, ""]["metrics"]["delta_ndcg@10"] = change["metrics"]["ndcg@10"]
    of[AFTER, ""]["ci"]["delta_ndcg@10"] = change["ci"]["ndcg@10"]
    return rows


def page_numbers(rows: list[dict]) -> dict:
    """What the page shows of test rows: accuracy by model and slice, differences, alignment before and after."""
    shown = ("ndcg@10", "recall@10")
    models, differences, alignment = {}, {}, {}
    for row in (row for row in rows if row["split"] == "test"):
        numbers = {name: row["metrics"][name] for name in shown} | {"ci": {name: row["ci"][name] for name in shown}}
        numbers["n"] = row["n"]
        if row["slice"] == HELD_OUT:
            aligned = {name: value for name, value in row["metrics"].items() if name.startswith(("align/", "delta_"))}
            if aligned:
                moment = "before" if row["model"] == BEFORE else "after"
                alignment[moment] = {"model": row["model"], **numbers, **aligned}
        elif row["variant"]:
            differences.setdefault(f"{row['model']} {row['variant']}", {})[row["slice"]] = numbers
        else:
            models.setdefault(row["model"], {})[row["slice"]] = numbers
    return {"split": "test", "models": models, "differences": differences, "alignment": alignment}


def _file_sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
