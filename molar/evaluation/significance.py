"""Is a difference between two models more than luck? Bootstrap intervals and a paired test over users, Holm's correction."""

import numpy as np

FLIPS = 10_000


def resampled_means(values: np.ndarray, *, seed: int = 0, resamples: int = 1000) -> np.ndarray:
    """Means of `values` (n, m) over users drawn with replacement, (resamples, m).

    The draws depend on n and the seed alone, so the columns are paired: the difference of two columns is a bootstrap
    of the difference (Efron & Tibshirani 1993, chapter 13).
    """
    n = len(values)
    rng = np.random.default_rng(seed)
    means = np.empty((resamples, values.shape[1]))
    step = max(1, 2**21 // n)
    for start in range(0, resamples, step):
        rows = min(step, resamples - start)
        drawn = rng.integers(0, n, (rows, n)) + n * np.arange(rows)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=rows * n).reshape(rows, n)
        means[start : start + rows] = counts @ values / n
    return means


def crossed_means(values: np.ndarray, *, seed: int = 0, resamples: int = 1000) -> np.ndarray:
    """Means of `values` (seeds, n, m) over users and training seeds, both drawn with replacement, (resamples, m).

    The pigeonhole bootstrap (Owen, The pigeonhole bootstrap, Annals of Applied Statistics 2007): an interval speaks of other
    users *and* of other seeds. Of few seeds it is a little narrow in them; of one seed it is `resampled_means`."""
    seeds = len(values)
    of_users = np.stack([resampled_means(one, seed=seed, resamples=resamples) for one in values])  # the same draws
    shares = np.random.default_rng([seed, 1]).multinomial(seeds, np.full(seeds, 1 / seeds), resamples) / seeds
    return np.einsum("rs,srm->rm", shares, of_users)


def interval(means: np.ndarray) -> list[float]:
    """The middle 95 % of resampled means."""
    return [round(float(edge), 6) for edge in np.percentile(means, (2.5, 97.5))]


def sign_flip_p_values(differences: np.ndarray, *, seed: int = 0, flips: int = FLIPS) -> np.ndarray:
    """Two-sided p-values (m,) of the paired randomisation test for `differences` (n users, m comparisons).

    If two models were alike, the sign of each user's difference would be a coin's (Fisher's randomisation test, which
    Smucker, Allan and Carterette, CIKM 2007, recommend for ranked retrieval). p is the share of `flips` random signs,
    and of the signs as they are, whose mean is as far from 0 as the mean seen; so the least is 1 / (flips + 1).
    The flips depend on n and the seed alone and are the same for all comparisons.
    """
    n = len(differences)
    rng = np.random.default_rng(seed)
    seen = np.abs(differences.sum(axis=0)) * (1 - 1e-9)  # sums in another order are equal but for rounding
    extreme = np.ones(differences.shape[1], np.int64)
    step = max(1, 2**21 // max(1, n))
    for start in range(0, flips, step):
        rows = min(step, flips - start)
        heads = np.unpackbits(rng.integers(0, 256, (rows, -(-n // 8)), np.uint8), axis=1, count=n)  # (rows, n) of 0, 1
        sums = 2 * (heads.astype(np.float64) @ differences) - differences.sum(axis=0)
        extreme += (np.abs(sums) >= seen).sum(axis=0)
    return extreme / (flips + 1)


def holm(p_values: np.ndarray) -> np.ndarray:
    """Holm's step-down correction of a family of p-values (m,), in their order (Holm 1979).

    The chance of one false finding or more in the whole family is at most α where the corrected value is at most α.
    """
    p_values = np.asarray(p_values, float)
    order = np.argsort(p_values, kind="stable")
    raised = np.maximum.accumulate(p_values[order] * np.arange(len(order), 0, -1))
    corrected = np.empty_like(raised)
    corrected[order] = np.minimum(raised, 1.0)
    return corrected
