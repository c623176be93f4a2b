"""The users' maps: content model before alignment, content model after it, ID model, laid out together.

`umap.AlignedUMAP` with the identity as relation keeps a user near the same place in all three maps, so that what moves
is what changed. It also pulls the maps together and so understates movement: neighbour overlap and paired cosine
are measured in the original space and stand beside the picture.
"""

import hashlib
import json
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

from molar.core import schema as c
from molar.core.errors import MolarError
from molar.core.io import write_atomically, write_json
from molar.core.progress import Report, silent
from molar.data.dataset import Dataset, load_dataset
from molar.data.splits import Split, leave_one_out
from molar.encoder.vectors import load_vectors
from molar.evaluation.alignment_metrics import mutual_neighbours, unit_rows
from molar.storage.checkpoint import weights_sha256
from molar.storage.trained import load_checkpoint_models

VIEWS = {"before": c.CONTENT, "after": c.ALIGNED, "id": c.ID}  # map → model
MAPS, ABOUT = "maps.csv", "maps.json"
NEIGHBOURS = 15  # UMAP's own default
LEAST_USERS = 2 * NEIGHBOURS  # a layout of fewer says nothing, and trustworthiness needs twice the neighbours


def draw_maps(
    dataset_dir: str | Path,
    checkpoint_dir: str | Path,
    *,
    interactions: str = "interactions.csv",
    users: int = 2000,
    seed: int = 0,
    report: Report = silent,
) -> Path:
    """Lay out `users` users, write CHECKPOINT/maps.csv and what belongs to it; about a minute for 2,000 users.

    maps.csv: user_id, held_out, before_x … id_y (each map centred, one common scale, units without meaning), history
    (its length), overlap_before_id and overlap_after_id (share of the ten nearest users that the content model has in
    common with the ID model), overlap_before_after (that it keeps through alignment), and the columns of
    DATASET/truth/shoppers.csv where there is one. maps.json: how far each map can be trusted, and what the maps were
    drawn from (maps_key). The same seed and versions give the same files. Returns the path of maps.csv. Raises MolarError
    when a model is missing or the users are too few.
    """
    checkpoint_dir = Path(checkpoint_dir)
    dataset = load_dataset(dataset_dir, interactions=interactions)
    split = leave_one_out(dataset)
    chosen = sample_users(split, users)
    if len(chosen) < LEAST_USERS:
        raise MolarError(f"A map needs {LEAST_USERS} users with three purchases; {dataset.name} has {len(chosen)}.")
    vectors = load_vectors(checkpoint_dir / "vectors.safetensors", dataset)
    models = load_checkpoint_models(checkpoint_dir, split, vectors)
    missing = [name for name in VIEWS.values() if name not in models]
    if missing:
        raise MolarError(f"{checkpoint_dir} has no {' and no '.join(missing)}: train it first.")
    report(0, 1, f"{len(chosen):,} users; 2,000 take about a minute")  # UMAP cannot tell how far it is
    histories = split.histories_of(chosen, "test")
    spaces = shopper_spaces({view: models[name] for view, name in VIEWS.items()}, histories)
    layouts = lay_out(spaces, seed)
    table = maps_table(dataset, split, chosen, spaces, layouts)
    path = checkpoint_dir / MAPS
    write_atomically(path, table.to_csv(index=False, float_format="%.4f", lineterminator="\n").encode())
    about: dict[str, object] = {"key": maps_key(checkpoint_dir, dataset.user_ids[chosen])}
    about |= {"n": len(chosen), "held_out": int(split.held_out[chosen].sum()), "seed": seed}
    about |= {"data_hash": dataset.data_hash, "split_hash": split.split_hash, "umap": version("umap-learn")}
    write_json(checkpoint_dir / ABOUT, about | {"maps": quality(spaces, layouts)})
    report(1, 1, "maps.csv")
    return path


def maps_key(checkpoint_dir: Path, user_ids: np.ndarray) -> dict[str, str]:
    """Hashes of the users in their order and of the three models' weights: maps hold for exactly these."""
    users = hashlib.sha256("\n".join(map(str, user_ids)).encode()).hexdigest()[:16]
    return {"users": users} | {model: weights_sha256(checkpoint_dir / model)[:16] for model in VIEWS.values()}


def check_key(checkpoint_dir: Path, user_ids: np.ndarray) -> None:
    """Raises MolarError unless maps.json says that the maps of these users were drawn from the models as they are now."""
    path = checkpoint_dir / ABOUT
    try:
        key = json.loads(path.read_text(encoding="utf-8"))["key"]
    except (OSError, ValueError, KeyError, TypeError):
        raise MolarError(
            f"{path} does not tell what {MAPS} was drawn from: run python -m molar draw-maps again."
        ) from None
    if key != maps_key(checkpoint_dir, user_ids):
        raise MolarError(
            f"The maps in {checkpoint_dir} were drawn from other models: run python -m molar draw-maps again."
        )


def shopper_spaces(models: dict, histories: list[np.ndarray]) -> dict[str, np.ndarray]:
    """View → (n, dim) float32 rows of length one, the state of the view's model after each history."""
    return {view: unit_rows(model.user_vectors(histories)).astype(np.float32) for view, model in models.items()}


def sample_users(split: Split, count: int) -> np.ndarray:
    """Indices of at most `count` users with a test target: those held out of alignment first, then by a hash."""
    users = split.evaluation_users("test")
    by_hash = [hashlib.sha256(f"map {split.dataset.user_ids[user]}".encode()).digest() for user in users]
    order = sorted(range(len(users)), key=lambda i: (not split.held_out[users[i]], by_hash[i]))
    return users[order[:count]]


def lay_out(spaces: dict[str, np.ndarray], seed: int) -> dict[str, np.ndarray]:
    """View → (n, 2) float64 of `spaces` (n, dim) each, row i being one user in all of them; bit-reproducible.

    Every map is centred; one scale for all brings the farthest user to distance 1.
    """
    import umap  # up to a minute of compilation: never in a request

    n = len(next(iter(spaces.values())))
    identity = {user: user for user in range(n)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a fixed seed costs UMAP its threads; we want the seed
        mapper = umap.AlignedUMAP(metric="cosine", n_neighbors=min(NEIGHBOURS, n - 1), random_state=seed)
        mapper.fit(list(spaces.values()), relations=[identity] * (len(spaces) - 1))
    # `embeddings_` is the aligned layout; the single mappers' `embedding_` is where it started.
    maps = [np.asarray(points, np.float64) - np.mean(points, axis=0) for points in mapper.embeddings_]
    scale = max(np.linalg.norm(points, axis=1).max() for points in maps)
    return {view: points / scale for view, points in zip(spaces, maps, strict=True)}


def quality(spaces: dict[str, np.ndarray], layouts: dict[str, np.ndarray]) -> dict[str, dict[str, float]]:
    """View → how far its map can be trusted, and how near the view lies to the ID model in the original space.

    trustworthiness and continuity (Venna & Kaski 2001) with ten neighbours, 1 is best: neighbours on the map that are
    neighbours in space, and the reverse. neighbour_overlap and paired_cosine against the ID model, shuffled_cosine
    beside it: unaligned models share no basis, so their cosine is about that of shuffled pairs.
    """
    from sklearn.manifold import trustworthiness

    target = spaces["id"]
    n = len(target)
    found = {}
    for view, space in spaces.items():
        # Rows have length one, so Euclidean order is cosine order.
        found[view] = {
            "trustworthiness": trustworthiness(space, layouts[view], n_neighbors=10),
            "continuity": trustworthiness(layouts[view], space, n_neighbors=10),
        }
        if view != "id":
            cosines = space @ target.T
            found[view]["neighbour_overlap@10"] = mutual_neighbours(space, target).mean()
            found[view]["neighbour_overlap@10_chance"] = 10 / (n - 1)
            found[view]["paired_cosine"] = cosines.trace() / n
            found[view]["shuffled_cosine"] = (cosines.sum() - cosines.trace()) / (n * (n - 1))
    return {view: {name: round(float(value), 4) for name, value in one.items()} for view, one in found.items()}


def maps_table(dataset: Dataset, split: Split, users: np.ndarray, spaces: dict, layouts: dict) -> pd.DataFrame:
    """What maps.csv holds, one row a user of `users` (n,): the place on each of the `layouts` (view → (n, 2)), length of the
    history, shares of neighbours in common between the `spaces` (view → (n, dim)), and what is true of the user, if told."""
    columns = {c.USER: dataset.user_ids[users], "held_out": split.held_out[users].astype(int)}
    for view, points in layouts.items():
        columns[f"{view}_x"], columns[f"{view}_y"] = points.T
    columns["history"] = split.history_lengths(users, "test")
    for one, other in (("before", "id"), ("after", "id"), ("before", "after")):
        columns[f"overlap_{one}_{other}"] = mutual_neighbours(spaces[one], spaces[other])
    table = pd.DataFrame(columns)
    truth = dataset.root / "truth" / "shoppers.csv"
    if truth.is_file():
        known = pd.read_csv(truth, dtype=str, keep_default_na=False).drop_duplicates(c.USER)
        table = table.merge(known, on=c.USER, how="left", suffixes=("", "_true"))
    return table
