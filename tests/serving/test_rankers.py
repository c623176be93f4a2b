"""Rankings of one model and of several joined, with more or fewer new items; and which of them is asked."""

import json

import numpy as np
import pytest
from standin import write_checkpoint
from tiny_world import write_tiny_folder

import molar
from molar.core.errors import MolarError
from molar.core.schema import ALIGNED, EVERYTHING, MODELS
from molar.serving.recommender import Recommender

HISTORY = ["i03", "i07", "i01", "i12", "i20"]
NUMBERS = [3, 7, 1, 12, 20]
NEW = {"i29", "i30"}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("rankers")
    dataset = write_tiny_folder(root / "tiny")
    return dataset, write_checkpoint(root / "checkpoint", dataset)


@pytest.fixture(scope="module")
def shop(folders):
    return Recommender.load(*folders)


def ids(answers) -> list[str]:
    return [answer.item_id for answer in answers]


def test_everything_is_first_and_asked_where_no_model_is_named(shop):
    assert shop.models == (EVERYTHING, *MODELS) and shop.default_model == EVERYTHING
    assert shop.recommend(HISTORY) == shop.recommend(HISTORY, EVERYTHING)
    assert ids(shop.recommend_with_reasons(HISTORY)) == ids(shop.recommend(HISTORY, EVERYTHING))
    assert shop.ranks(NUMBERS).tolist() == shop.ranks(NUMBERS, EVERYTHING).tolist()


def test_a_checkpoint_that_joins_nothing_serves_three_and_recommends_by_the_aligned_one(folders, tmp_path):
    dataset, _ = folders
    plain = Recommender.load(dataset, write_checkpoint(tmp_path / "plain", dataset, everything=False))
    assert plain.models == MODELS and plain.default_model == ALIGNED
    assert plain.recommend(HISTORY) == plain.recommend(HISTORY, ALIGNED)
    with pytest.raises(MolarError, match="no model 'everything'; choose one of content, molar, sasrec"):
        plain.recommend(HISTORY, EVERYTHING)


def test_joined_scores_are_those_that_evaluation_measures(shop, folders):
    from molar.evaluation.everything import load_everything
    from molar.evaluation.ranking import best_items

    joined = load_everything(folders[1], shop.split, shop.rankers["content"].scorer.model.vectors.numpy())
    best = best_items(joined.scores([np.array(NUMBERS)]), np.array(NUMBERS), 10)[0]
    assert [shop.dataset.item_number(one) for one in ids(shop.recommend(HISTORY, EVERYTHING, 10))] == best.tolist()


def test_the_joined_reason_is_the_pick_whose_removal_lowers_the_score_most(shop):
    """What the user has stays out of the normalisation, whichever pick is taken away."""
    ranker, seen = shop.rankers[EVERYTHING], np.array(NUMBERS)
    whole = ranker.scores([seen], seen)[0]
    for answer in shop.recommend_with_reasons(HISTORY, EVERYTHING, 10):
        number = shop.dataset.item_number(answer.item_id)
        losses = [whole[number] - ranker.scores([np.delete(seen, place)], seen)[0, number] for place in range(5)]
        assert answer.because == (HISTORY[int(np.argmax(losses))] if max(losses) > 0 else None)


@pytest.mark.parametrize("model", [EVERYTHING, "content", "molar"])
def test_more_and_fewer_new_items(shop, model):
    few, many = (ids(shop.recommend(HISTORY, model, 25, new_items=shift)) for shift in (-10, 10))
    assert set(few[-2:]) == set(many[:2]) == NEW
    warm = [one for one in ids(shop.recommend(HISTORY, model, 25)) if one not in NEW]
    assert [one for one in few if one not in NEW] == [one for one in many if one not in NEW] == warm


@pytest.mark.parametrize("model", [EVERYTHING, *MODELS])
@pytest.mark.parametrize("shift", [-2, -0.25, 0, 0.5, 3.0])
def test_all_three_questions_answer_alike_at_any_number_of_new_items(shop, model, shift):
    listed = shop.recommend(HISTORY, model, 12, new_items=shift)
    assert ids(listed) == ids(shop.recommend_with_reasons(HISTORY, model, 12, new_items=shift))
    ranks = shop.ranks(NUMBERS, model, new_items=shift)
    numbers = [shop.dataset.item_number(one) for one in ids(listed)]
    assert ranks[numbers].tolist() == list(range(1, 13))
    assert shop.answer(NUMBERS, model, 12, new_items=shift).numbers.tolist() == numbers
    np.testing.assert_allclose([one.score for one in listed], sorted([one.score for one in listed], reverse=True))


def test_a_logit_is_a_logit(shop):
    """One more logit is one more on the scale of the training softmax."""
    ranker, history = shop.rankers["molar"], np.array(NUMBERS)
    one, other = (ranker.scores([history], history, shift)[0] for shift in (0.0, 1.0))
    moved = (other[1:] - one[1:]) * ranker.scorer.logit_scale
    np.testing.assert_allclose(moved, shop.split.cold[1:], atol=1e-5)


def test_what_validation_chose_for_a_model_is_the_beginning(folders, tmp_path):
    import shutil

    dataset, checkpoint = folders
    shutil.copytree(checkpoint, tmp_path / "chosen")
    config = tmp_path / "chosen/content/config.json"
    saved = json.loads(config.read_text())
    saved["meta"]["new_items_offset"] = 1.5
    config.write_text(json.dumps(saved))
    shop, chosen = Recommender.load(dataset, checkpoint), Recommender.load(dataset, tmp_path / "chosen")
    assert chosen.rankers["content"].offset == 1.5 and shop.rankers["content"].offset == 0
    assert chosen.rankers[EVERYTHING].offset == 0.25, "as everything/config.json tells"
    assert chosen.recommend(HISTORY, "content") == shop.recommend(HISTORY, "content", new_items=1.5)


@pytest.mark.parametrize("wrong", [11, float("nan"), float("inf"), "1", None, True])
def test_a_number_of_new_items_that_is_none_ends_in_a_sentence(shop, wrong):
    with pytest.raises(MolarError, match="new_items must be a number from -10 to 10"):
        shop.recommend(HISTORY, new_items=wrong)


def test_a_member_trained_again_closes_the_shop_with_a_sentence(folders, tmp_path):
    import shutil

    dataset, checkpoint = folders
    shutil.copytree(checkpoint, tmp_path / "again")
    shutil.copytree(checkpoint / "molar", tmp_path / "again/everything/content", dirs_exist_ok=True)
    with pytest.raises(MolarError, match="content has been trained again since the weights"):
        molar.load(dataset, tmp_path / "again")
