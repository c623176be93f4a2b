"""What the rows of held-out users say of alignment, and of accuracy beside it."""

import dataclasses

import numpy as np
import pytest

from molar.evaluation.metrics import ndcg
from molar.experiments.alignment_report import Pairing, alignment_rows
from molar.experiments.evaluate import Part
from molar.experiments.results import ALIGNMENT
from molar.experiments.rows import Run, Source


class Told:
    """A model whose user vectors are told beforehand, by the user's number."""

    def __init__(self, vectors):
        self.vectors = vectors

    def user_vectors(self, histories, users):
        assert len(histories) == len(users)
        return self.vectors[users]


@pytest.fixture
def held(tiny):
    """The tiny split with fourteen held-out users, its test users, and two models: an ID model and one near to it."""
    split = dataclasses.replace(tiny.split, held_out=np.arange(tiny.dataset.n_users) < 15)
    rng = np.random.default_rng(0)
    ids = rng.normal(size=(tiny.dataset.n_users, 4))
    return split, split.evaluation_users("test"), Told(ids), Told(ids + 0.1 * rng.normal(size=ids.shape)), rng


def part_of(split, users):
    return Part(split, "test", users, [], {"dataset": "tiny", "data_hash": "0" * 16, "split": "test", "command": ""})


def test_alignment_stands_beside_what_became_of_accuracy(held):
    split, users, ids, near, rng = held
    before, after = (Run(model, rng.integers(1, 12, len(users)), Source(3)) for model in ("content", "molar"))
    pairings = [Pairing(before, Told(rng.normal(size=(20, 4))), ids), Pairing(after, near, ids, before=before)]
    rows = alignment_rows(pairings, [before, after], part_of(split, users))
    of = {(row["model"], row["other"]): row for row in rows}
    pool = split.held_out[users]
    change = ndcg(after.ranks[pool], 10).mean() - ndcg(before.ranks[pool], 10).mean()
    assert of["molar", ""]["metrics"]["delta_ndcg@10"] == pytest.approx(change, abs=1e-6)
    assert of["molar", ""]["ci"]["delta_ndcg@10"] == of["molar", "content"]["ci"]["ndcg@10"]
    assert of["molar", ""]["metrics"]["align/paired_cosine"] > 0.9 > of["content", ""]["metrics"]["align/paired_cosine"]
    assert "delta_ndcg@10" not in of["content", ""]["metrics"]


def test_before_has_a_row_of_its_own_against_another_id_model(held):
    split, users, ids, near, rng = held
    run = Run("content", rng.integers(1, 12, len(users)))
    own, against = alignment_rows([Pairing(run, near, ids, against="gru4rec")], [run], part_of(split, users))
    assert (against["kind"], against["other"]) == (ALIGNMENT, "gru4rec") and "align/debiased_cka" in against["metrics"]
    assert not any(name.startswith("align/") for name in own["metrics"])
