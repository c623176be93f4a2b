"""Content and ID together: models that read both, and the sum of the scores of two."""

import dataclasses

import numpy as np
import pytest
import torch

from molar.core.errors import MolarError
from molar.evaluation.ranking import ModelScorer, evaluate_ranks, rank_users
from molar.evaluation.score_fusion import FusedScorer
from molar.models.content import ContentConfig, ContentUserEncoder
from molar.models.fpmc import FPMC, FPMCConfig
from molar.models.sasrec import SASRec, SASRecConfig
from molar.storage.checkpoint import load_trained
from molar.training.alignment import AlignConfig
from molar.training.config import TrainingConfig
from molar.training.train import CONTENT_ALONE, train_molar

TRAINING = TrainingConfig(epochs=2, batch_size=8, lr=1e-2, weight_decay=0.01, patience=3)
CONTENT = ContentConfig(dim_in=16, dim=16, blocks=2, max_length=6, hidden=16)
FUSED = ("early", "middle", "late")


def id_tower(split, model=SASRec) -> SASRec:
    torch.manual_seed(1)
    if model is FPMC:
        model = FPMC(FPMCConfig(n_items=30, n_users=split.dataset.n_users, dim=16, max_length=6))
    else:
        model = SASRec(SASRecConfig(n_items=30, dim=16, blocks=1, max_length=6))
    model.zero_untrained(torch.from_numpy(split.cold))
    return model.eval()


def content_model(tiny, vectors, fusion="none", ids=None, **options) -> ContentUserEncoder:
    torch.manual_seed(0)
    model = ContentUserEncoder(dataclasses.replace(CONTENT, fusion=fusion, **options)).eval()
    model.set_item_vectors(vectors)
    model.set_counts(tiny.split.train_counts())
    if fusion != "none":
        model.set_id_model(ids or id_tower(tiny.split))
    return model


def items() -> torch.Tensor:
    return torch.randint(1, 29, (3, 6), generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("streams", [1, 2])
@pytest.mark.parametrize("fusion", FUSED)
@torch.no_grad()
def test_no_fused_state_sees_a_later_item(tiny, tiny_vectors, fusion, streams):
    model = content_model(tiny, tiny_vectors, fusion, streams=streams)
    whole = model(items())
    for t in range(1, 7):
        torch.testing.assert_close(model(items()[:, :t])[:, -1], whole[:, t - 1], atol=1e-5, rtol=1e-4)
    ends = torch.tensor([5, 0, 2])
    torch.testing.assert_close(model.last_state(items(), ends), whole[torch.arange(3), ends], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("fusion", FUSED)
def test_the_three_fusions_cost_the_same_weights(tiny, tiny_vectors, fusion):
    def size(model):
        return sum(p.numel() for p in model.parameters())

    assert size(content_model(tiny, tiny_vectors, fusion)) == size(content_model(tiny, tiny_vectors)) + 16 * 16 + 16


@pytest.mark.parametrize("fusion", FUSED)
@torch.no_grad()
def test_another_id_model_gives_another_user_and_the_same_items(tiny, tiny_vectors, fusion):
    model = content_model(tiny, tiny_vectors, fusion)
    before, scoring = model(items()), model.item_matrix()
    other = id_tower(tiny.split)
    other.items.weight[1:29] += torch.randn(28, 16)
    model.set_id_model(other)
    assert (model(items()) - before).abs().max() > 1e-4
    assert torch.equal(model.item_matrix(), scoring) and scoring.shape == (31, 16)


@pytest.mark.parametrize("fusion", FUSED)
@torch.no_grad()
def test_a_blanked_id_model_says_the_same_of_every_item(tiny, tiny_vectors, fusion):
    model = content_model(tiny, tiny_vectors, fusion)
    told = model(items())
    model.blank_id = True
    blank = model(items())
    assert (blank - told).abs().max() > 1e-4
    ids = model.embed_items(torch.tensor([0, 3, 9]))[:, 16:]
    assert torch.equal(ids[1], ids[2]) and not ids[0].any()
    model.blank_id = False
    assert torch.equal(model(items()), told)


def test_a_plain_model_has_nothing_to_blank(tiny, tiny_vectors):
    with pytest.raises(MolarError, match="fusion is none"):
        content_model(tiny, tiny_vectors).blank_id = True


@torch.no_grad()
def test_a_cold_item_has_the_mean_id_embedding(tiny, tiny_vectors):
    model = content_model(tiny, tiny_vectors, "early")
    cold = torch.from_numpy(tiny.split.cold).nonzero()[:, 0]
    table = model.id_model.items.weight
    known = table[table.any(1)].mean(0)
    torch.testing.assert_close(model.embed_items(cold)[:, 16:], known.expand(len(cold), -1))


def test_a_fused_model_knows_fpmcs_users(tiny, tiny_vectors):
    model = content_model(tiny, tiny_vectors, "late", id_tower(tiny.split, FPMC))
    histories = [np.array([1, 2, 3])] * 2
    one, other = model.user_vectors(histories, np.array([0, 1]))
    assert np.abs(one - other).max() > 1e-5


@pytest.mark.parametrize("fusion", FUSED)
def test_a_fused_model_trains_leaves_the_id_model_alone_and_comes_back(tiny, tiny_vectors, tmp_path, fusion):
    ids = id_tower(tiny.split)
    before = {name: value.clone() for name, value in ids.state_dict().items()}
    config = dataclasses.replace(CONTENT, fusion=fusion)
    model = train_molar(
        tiny.split, tiny_vectors, ids, align=CONTENT_ALONE, config=config, training=TRAINING, out=tmp_path
    )
    assert all(torch.equal(value, before[name]) for name, value in ids.state_dict().items())
    loaded = load_trained(tmp_path, tiny.split, tiny_vectors)
    np.testing.assert_array_equal(loaded.user_vectors([np.array([1, 2])]), model.user_vectors([np.array([1, 2])]))
    assert loaded.id_side.map.weight.any()


def test_a_fused_model_needs_its_id_model(tiny, tiny_vectors):
    config = dataclasses.replace(CONTENT, fusion="late")
    with pytest.raises(MolarError, match="needs an ID model of width 16"):
        train_molar(tiny.split, tiny_vectors, align=CONTENT_ALONE, config=config, training=TRAINING)
    align = AlignConfig(id_tower="joint")
    with pytest.raises(MolarError, match="is frozen"):
        train_molar(tiny.split, tiny_vectors, id_tower(tiny.split), align=align, config=config, training=TRAINING)


def scorer(tiny, vectors, **options) -> FusedScorer:
    return FusedScorer("fused", content_model(tiny, vectors), id_tower(tiny.split), tiny.split, **options)


HISTORIES = [np.array([1, 2, 3]), np.array([9])]


@pytest.mark.parametrize("weight, part", [(1.0, 0), (0.0, 1)])
def test_a_whole_weight_is_that_model_alone_among_warm_items(tiny, tiny_vectors, weight, part):
    fused = scorer(tiny, tiny_vectors, weight=weight)
    plain = (fused.content, fused.ids)[part].scores(HISTORIES)[:, fused.warm]
    np.testing.assert_array_equal(fused.scores(HISTORIES)[:, fused.warm].argsort(1)[:, -5:], plain.argsort(1)[:, -5:])


def test_warm_items_are_probabilities_and_cold_ones_are_contents_own(tiny, tiny_vectors):
    fused = scorer(tiny, tiny_vectors, weight=0.5, offset=1.0)
    scores = fused.scores(HISTORIES)
    np.testing.assert_allclose(np.exp(scores[:, fused.warm]).sum(1), 1, rtol=1e-5)
    logits = fused.content.scores(HISTORIES) * fused.content.model.logit_scale()
    among = np.log(np.exp(logits[:, fused.warm]).sum(1, keepdims=True))
    cold = tiny.split.cold
    np.testing.assert_allclose(scores[:, cold], (logits - among)[:, cold] + 1.0, rtol=1e-4)
    assert scores.shape == (2, 31) and np.isfinite(scores[:, 1:]).all()


def test_the_offset_lets_cold_items_in(tiny, tiny_vectors):
    users = tiny.split.evaluation_users("test")
    low, high = (
        rank_users(scorer(tiny, tiny_vectors, weight=0.5, offset=offset), tiny.split, "test", users, 2).lists
        for offset in (-50.0, 50.0)
    )
    assert not tiny.split.cold[low].any() and tiny.split.cold[high].all()


def test_weight_and_offset_are_those_that_rank_validation_best_and_read_nothing_else(tiny, tiny_vectors):
    from molar.evaluation.metrics import ndcg
    from molar.evaluation.score_fusion import OFFSETS, WEIGHTS

    content, ids = content_model(tiny, tiny_vectors), id_tower(tiny.split)
    fused = FusedScorer.fit("fused", content, ids, tiny.split)
    reached = {
        (weight, offset): ndcg(
            evaluate_ranks(
                FusedScorer("x", content, ids, tiny.split, weight=weight, offset=offset), tiny.split, "validation"
            ),
            10,
        ).mean()
        for weight in WEIGHTS
        for offset in OFFSETS
    }
    assert fused.validation == pytest.approx(max(reached.values()))
    assert reached[fused.weight, fused.offset] == pytest.approx(fused.validation)
    assert fused.chosen() == {
        "weight": fused.weight,
        "new_items_offset": fused.offset,
        "validation_ndcg@10": fused.validation,
    }
    blind = dataclasses.replace(tiny.split, targets={"validation": tiny.split.targets["validation"], "test": None})
    again = FusedScorer.fit("fused", content, ids, blind)
    assert (again.weight, again.offset) == (fused.weight, fused.offset)


def test_without_cold_targets_in_validation_the_offset_stays_nought(tiny, tiny_vectors):
    places = tiny.split.targets["validation"].copy()
    places[tiny.split.cold[tiny.dataset.sequence[np.maximum(places, 0)]]] = -1
    warm_only = dataclasses.replace(tiny.split, targets=tiny.split.targets | {"validation": places})
    assert FusedScorer.fit("fused", content_model(tiny, tiny_vectors), id_tower(tiny.split), warm_only).offset == 0


def test_content_scores_beside_a_model_scorer_are_the_training_logits(tiny, tiny_vectors):
    """User · item + bias, times the scale, is the cosine's logit plus the prior."""
    model = content_model(tiny, tiny_vectors)
    logits = ModelScorer("content", model, tiny.split).scores(HISTORIES) * model.logit_scale()
    with torch.no_grad():
        users = model.scaled_users(torch.from_numpy(model.user_vectors(HISTORIES)))
        trained = users @ model.item_matrix().T + model.prior
        np.testing.assert_allclose(logits[:, 1:], trained[:, 1:], rtol=1e-4, atol=1e-4)
    assert np.isneginf(logits[:, 0]).all()
