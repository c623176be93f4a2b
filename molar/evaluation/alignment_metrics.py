"""How near two sets of user vectors lie to each other: the content model's and the ID model's, row u being one user.

Two models that were trained apart share no basis, so raw cosines and retrieval start at chance by construction. The
same numbers are therefore also given after an orthogonal Procrustes fitted on *other* users, and every number that
has a chance level stands beside it. Alignment says nothing about accuracy: read it together with ΔNDCG.
"""

from dataclasses import dataclass, field

import numpy as np

NEIGHBOURS = 10
LEAST_USERS = NEIGHBOURS + 2  # below that the ten nearest of the others are all of them


@dataclass(frozen=True)
class Alignment:
    """per_user: name → (n,) float64, of which the mean is the number; whole: name → a number of all users together."""

    per_user: dict[str, np.ndarray] = field(default_factory=dict)
    whole: dict[str, float] = field(default_factory=dict)

    def numbers(self) -> dict[str, float]:
        """Every metric as one number: means over users, and those that are of all users together."""
        return {name: float(values.mean()) for name, values in self.per_user.items()} | self.whole


def measure_alignment(content: np.ndarray, ids: np.ndarray, others: tuple[np.ndarray, np.ndarray]) -> Alignment:
    """All alignment numbers of `content` (n, dim) against `ids` (n, dim), rows paired by user.

    others: the two models' vectors (m, dim) of users who are not among the n; they fit the Procrustes rotation.
    Raises ValueError for fewer than `LEAST_USERS` users or unequal shapes.
    """
    if content.shape != ids.shape or others[0].shape != others[1].shape:
        raise ValueError("both models must give vectors of one shape")
    n = len(content)
    if n < LEAST_USERS:
        raise ValueError(f"alignment needs {LEAST_USERS} users or more, not {n}")
    x, y = unit_rows(content), unit_rows(ids)
    rotated = x @ procrustes(others[0], others[1])
    per_user, whole = {}, {}
    for prefix, moved in (("", x), ("procrustes_", rotated)):
        similarity = moved @ y.T  # (n, n)
        ranks = pair_ranks(similarity)  # (2, n)
        per_user[f"{prefix}paired_cosine"] = similarity.diagonal().copy()
        whole[f"{prefix}shuffled_cosine"] = float(similarity.sum() - similarity.trace()) / (n * (n - 1))
        per_user[f"{prefix}retrieval_r@1"] = (ranks <= 1).mean(axis=0)
        per_user[f"{prefix}retrieval_r@10"] = (ranks <= 10).mean(axis=0)
        per_user[f"{prefix}retrieval_mrr"] = (1.0 / ranks).mean(axis=0)
    whole |= {"pool": float(n)} | retrieval_chance(n)
    per_user["mutual_knn@10"] = mutual_neighbours(x, y)
    whole["mutual_knn@10_chance"] = NEIGHBOURS / (n - 1)
    whole["debiased_cka"] = debiased_cka(x, y)
    per_user["alignment"] = np.square(x - y).sum(axis=1)
    whole["uniformity_content"], whole["uniformity_id"] = uniformity(x), uniformity(y)
    whole["centroid_gap"] = float(np.linalg.norm(x.mean(axis=0) - y.mean(axis=0)))
    whole["effective_rank_content"], whole["effective_rank_id"] = effective_rank(x), effective_rank(y)
    return Alignment(per_user, whole)


def unit_rows(vectors: np.ndarray) -> np.ndarray:
    """Rows brought to length one, float64; a zero row stays zero."""
    vectors = np.asarray(vectors, np.float64)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)


def procrustes(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The orthogonal (dim, dim) R that brings unit rows of `source` nearest to `target`: argmin ‖source R − target‖.

    Schönemann 1966: R = U Vᵀ of the singular value decomposition of sourceᵀ target.
    """
    u, _, vt = np.linalg.svd(unit_rows(source).T @ unit_rows(target))
    return u @ vt


def pair_ranks(similarity: np.ndarray) -> np.ndarray:
    """(2, n): the rank of each user's own partner, content → ID and ID → content; ties count against it."""
    own = similarity.diagonal()
    return np.stack([(similarity >= own[:, None]).sum(axis=1), (similarity >= own[None, :]).sum(axis=0)])


def retrieval_chance(pool: int) -> dict[str, float]:
    """What a random order of `pool` candidates gives: R@1 = 1/n, R@10 = 10/n, MRR = (1 + 1/2 + … + 1/n) / n."""
    harmonic = float((1.0 / np.arange(1, pool + 1)).sum())
    return {
        "retrieval_r@1_chance": 1 / pool,
        "retrieval_r@10_chance": min(10, pool) / pool,
        "retrieval_mrr_chance": harmonic / pool,
    }


def mutual_neighbours(x: np.ndarray, y: np.ndarray, k: int = NEIGHBOURS) -> np.ndarray:
    """(n,): the share of a user's k nearest users (cosine, himself left out) that is the same in both spaces.

    Huh et al. 2024, The Platonic Representation Hypothesis, mutual k-nearest-neighbour metric.
    """
    return (_neighbour_mask(x, k) & _neighbour_mask(y, k)).sum(axis=1) / k


def _neighbour_mask(vectors: np.ndarray, k: int) -> np.ndarray:
    unit = unit_rows(vectors)
    similarity = unit @ unit.T
    np.fill_diagonal(similarity, -np.inf)
    mask = np.zeros(similarity.shape, bool)
    np.put_along_axis(mask, np.argpartition(similarity, -k, axis=1)[:, -k:], True, axis=1)
    return mask


def debiased_cka(x: np.ndarray, y: np.ndarray) -> float:
    """Linear CKA (Kornblith et al. 2019, Eq. 4) with the unbiased HSIC of Song et al. 2012, Eq. 5.

    Rotations and a common scale leave it alone; independent vectors give 0 on average, also where n is below dim.
    """
    xx, yy = x @ x.T, y @ y.T
    scale = np.sqrt(max(hsic(xx, xx), 0.0) * max(hsic(yy, yy), 0.0))
    return float(hsic(xx, yy) / scale) if scale > 0 else 0.0


def hsic(k: np.ndarray, m: np.ndarray) -> float:
    """The unbiased estimate of the Hilbert-Schmidt independence criterion of two kernel matrices (n, n), n above 3, which
    stay as they are (Song et al., Feature Selection via Dependence Maximization, JMLR 2012)."""
    n = len(k)
    k, m = k.copy(), m.copy()
    np.fill_diagonal(k, 0)
    np.fill_diagonal(m, 0)
    middle = k.sum() * m.sum() / ((n - 1) * (n - 2))
    cross = 2 / (n - 2) * (k.sum(axis=0) @ m.sum(axis=1))
    return float((np.sum(k * m) + middle - cross) / (n * (n - 3)))


def uniformity(unit: np.ndarray) -> float:
    """log E exp(-2 ‖u − v‖²) over pairs of different users (Wang & Isola 2020, Eq. 2); 0 is a collapse to one point."""
    distances = np.maximum(2 - 2 * (unit @ unit.T), 0)  # (n, n) squared, rows have length one
    n = len(unit)
    return float(np.log((np.exp(-2 * distances).sum() - n) / (n * (n - 1))))


def effective_rank(vectors: np.ndarray) -> float:
    """exp of the entropy of the normalised singular values (Roy & Vetterli 2007), not centred.

    Not centred on purpose: users who have all collapsed to one direction give 1, whatever noise is left around it.
    """
    values = np.linalg.svd(vectors, compute_uv=False)
    share = values[values > 0] / max(values.sum(), 1e-300)
    return float(np.exp(-(share * np.log(share)).sum()))
