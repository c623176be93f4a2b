"""How content models rank when the vectors of the catalogue, or of what users bought, are of another precision."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from molar.core.schema import ALIGNED, CONTENT, PAD
from molar.data.dataset import Dataset
from molar.data.splits import Split, leave_one_out
from molar.encoder.vectors import load_vectors, vectors_fingerprint
from molar.evaluation.metrics import ndcg
from molar.evaluation.ranking import left_out, ranks_of
from molar.evaluation.significance import interval, resampled_means
from molar.models.content import ContentUserEncoder
from molar.storage.checkpoint import CONFIG
from molar.storage.trained import load_content_model

SUBSET = "validation"  # precision is chosen by these numbers, so they are not of the test split


@dataclass(frozen=True)
class ContentModels:
    """Content models by name, the split they are asked on, and the fingerprint of the vectors they learnt from."""

    split: Split
    models: dict[str, ContentUserEncoder]
    trained_on: dict = field(default_factory=dict)


def content_models(checkpoint: Path, dataset: Dataset) -> ContentModels | None:
    """The content models of a checkpoint; None where there are none. Raises `MolarError` for those of other data,
    another split or other vectors than lie beside them."""
    names = [name for name in (CONTENT, ALIGNED) if (checkpoint / name / CONFIG).is_file()]
    if not names:
        return None
    path, split = checkpoint / "vectors.safetensors", leave_one_out(dataset)
    vectors = load_vectors(path, dataset)
    models = {name: load_content_model(checkpoint / name, split, vectors) for name in names}
    return ContentModels(split, models, vectors_fingerprint(path))


def users_ndcg(
    asked: ContentModels, catalogue: np.ndarray, queries: np.ndarray, chosen: np.ndarray
) -> dict[str, np.ndarray]:
    """NDCG@10 of each user, by model: histories of `queries`, candidates of `catalogue`, both of `chosen` items alone.

    Users are those whose target is chosen, and one item or more of what came before.
    """
    split = asked.split
    known = np.zeros(len(catalogue), bool)
    known[chosen] = True
    users = [user for user in split.evaluation_users(SUBSET) if known[split.target(user, SUBSET)]]
    cut = {user: split.history_for(user, SUBSET) for user in users}
    cut = {user: history[known[history]] for user, history in cut.items() if known[history].any()}
    if not cut:
        return {}
    asking = np.array(list(cut))
    histories, targets, places = list(cut.values()), split.targets_of(asking, SUBSET), left_out(split, SUBSET, asking)
    scores = {}
    for name, model in asked.models.items():
        model.set_item_vectors(catalogue)
        model.set_counts(split.train_counts())
        matrix, bias = model.item_matrix().detach().numpy(), model.item_bias().detach().numpy()
        model.set_item_vectors(queries)
        table = model.user_vectors(histories) @ matrix.T + bias  # (users, n_items + 1)
        table[:, ~known] = -np.inf
        table[:, PAD] = -np.inf
        scores[name] = ndcg(ranks_of(table, places, targets), 10)
    return scores


def compare(found: dict[str, np.ndarray], reference: dict[str, np.ndarray]) -> tuple[dict, dict]:
    """Means of users' NDCG@10 and of its paired difference to the reference, by model, and 95 % intervals."""
    values, ci = {}, {}
    for name, own in found.items():
        both = np.stack([own, own - reference[name]], axis=1)
        drawn = resampled_means(both)
        for column, metric in enumerate(("ndcg@10", "delta_ndcg@10")):
            values[f"{name}/{metric}"], ci[f"{name}/{metric}"] = both[:, column].mean(), interval(drawn[:, column])
        values[f"{name}/users"] = len(own)
    return values, ci
