import numpy as np
import pytest

from molar.evaluation import alignment_metrics as am


def vectors(seed, n=60, dim=8):
    return np.random.default_rng(seed).normal(size=(n, dim))


def rotation(dim=8):
    return np.linalg.qr(vectors(9, dim, dim))[0]


def test_identical_models_are_aligned():
    x = vectors(0)
    found = am.measure_alignment(x, x, (vectors(1), vectors(1))).numbers()
    for name in ("paired_cosine", "retrieval_r@1", "retrieval_mrr", "mutual_knn@10", "debiased_cka"):
        assert found[name] == pytest.approx(1)
    assert found["centroid_gap"] == pytest.approx(0) and found["alignment"] == pytest.approx(0)


def test_a_rotated_model_is_aligned_after_procrustes_only():
    x, other, turn = vectors(0), vectors(1), rotation()
    found = am.measure_alignment(x, x @ turn, (other, other @ turn)).numbers()
    assert found["procrustes_paired_cosine"] == pytest.approx(1)
    assert found["procrustes_retrieval_r@1"] == 1
    assert found["paired_cosine"] < 0.7 and found["retrieval_r@1"] < 0.5
    assert found["mutual_knn@10"] == pytest.approx(1) and found["debiased_cka"] == pytest.approx(1)


def test_independent_models_are_at_chance():
    n = 400
    found = am.measure_alignment(vectors(0, n), vectors(1, n), (vectors(2, n), vectors(3, n))).numbers()
    for prefix in ("", "procrustes_"):
        assert abs(found[f"{prefix}paired_cosine"] - found[f"{prefix}shuffled_cosine"]) < 0.06
        assert found[f"{prefix}retrieval_r@10"] == pytest.approx(found["retrieval_r@10_chance"], abs=0.02)
        assert found[f"{prefix}retrieval_mrr"] == pytest.approx(found["retrieval_mrr_chance"], abs=0.015)
    assert found["mutual_knn@10"] == pytest.approx(found["mutual_knn@10_chance"], abs=0.01)
    assert abs(found["debiased_cka"]) < 0.02


def test_procrustes_does_not_see_the_measured_users():
    x, y = vectors(0), vectors(1)
    fitted = am.measure_alignment(x, y, (vectors(2), vectors(3))).numbers()["procrustes_paired_cosine"]
    cheating = am.measure_alignment(x, y, (x, y)).numbers()["procrustes_paired_cosine"]
    assert cheating > fitted + 0.05


def test_cosines_and_ranks_by_brute_force():
    x, y = am.unit_rows(vectors(0, 20)), am.unit_rows(vectors(1, 20))
    found = am.measure_alignment(x, y, (x, y))
    cosines = [[float(a @ b) for b in y] for a in x]
    off = [cosines[i][j] for i in range(20) for j in range(20) if i != j]
    assert found.whole["shuffled_cosine"] == pytest.approx(np.mean(off))
    forward = [1 + sum(cosines[i][j] > cosines[i][i] for j in range(20)) for i in range(20)]
    backward = [1 + sum(cosines[j][i] > cosines[i][i] for j in range(20)) for i in range(20)]
    assert am.pair_ranks(x @ y.T).tolist() == [forward, backward]
    mrr = np.mean([1 / rank for rank in forward + backward])
    assert found.numbers()["retrieval_mrr"] == pytest.approx(mrr)


def test_collapsed_vectors_cannot_be_retrieved():
    same = np.ones((50, 8))
    found = am.measure_alignment(same, same, (same, same)).numbers()
    assert found["retrieval_mrr"] == pytest.approx(1 / 50)
    assert found["effective_rank_content"] == pytest.approx(1)
    assert found["uniformity_content"] == pytest.approx(0)


def test_mutual_neighbours_by_brute_force():
    x, y = vectors(0, 20), vectors(1, 20)

    def nearest(unit, i):
        return set(sorted((j for j in range(20) if j != i), key=lambda j: -unit[i] @ unit[j])[:3])

    ux, uy = am.unit_rows(x), am.unit_rows(y)
    expected = [len(nearest(ux, i) & nearest(uy, i)) / 3 for i in range(20)]
    assert am.mutual_neighbours(x, y, 3).tolist() == pytest.approx(expected)


def test_debiased_cka_has_no_bias_where_users_are_few():
    pairs = [(vectors(2 * i, 30, 100), vectors(2 * i + 1, 30, 100)) for i in range(20)]
    assert abs(np.mean([am.debiased_cka(x, y) for x, y in pairs])) < 0.03


def test_hsic_equals_the_sum_over_distinct_users():
    """Song et al. 2012: the unbiased estimate is a U-statistic over four different users."""
    from itertools import permutations

    x, y = vectors(0, 6, 3), vectors(1, 6, 3)
    k, m = x @ x.T, y @ y.T
    terms = [k[i, j] * (m[i, j] + m[q, r] - 2 * m[i, q]) for i, j, q, r in permutations(range(6), 4)]
    assert am.hsic(k, m) == pytest.approx(np.mean(terms))


def test_uniformity_by_brute_force():
    unit = am.unit_rows(vectors(0, 15))
    terms = [np.exp(-2 * np.sum((a - b) ** 2)) for i, a in enumerate(unit) for j, b in enumerate(unit) if i != j]
    assert am.uniformity(unit) == pytest.approx(np.log(np.mean(terms)))


def test_effective_rank_counts_equal_directions():
    assert am.effective_rank(np.eye(8)[:5]) == pytest.approx(5)


def test_too_few_users_are_refused():
    with pytest.raises(ValueError, match="12 users or more"):
        am.measure_alignment(vectors(0, 5), vectors(1, 5), (vectors(2), vectors(3)))
