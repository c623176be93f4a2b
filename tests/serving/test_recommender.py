import numpy as np
import pytest
from standin import write_checkpoint
from tiny_world import COLD, write_tiny_folder

from molar.core.errors import MolarError
from molar.core.schema import EVERYTHING, MODELS
from molar.data.dataset import load_dataset
from molar.serving.recommender import Recommender
from molar.serving.search import fold


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    root = tmp_path_factory.mktemp("recommend")
    dataset = write_tiny_folder(root / "tiny")
    return Recommender.load(dataset, write_checkpoint(root / "checkpoint", dataset))


def ids(answers) -> list[str]:
    return [answer.item_id for answer in answers]


@pytest.mark.parametrize("model", MODELS)
def test_ranks_by_inner_product_and_bias_without_the_history(shop, model):
    history = ["i03", "i07", "i01"]
    network = shop.scorers[model].model
    numbers = np.array([shop.dataset.item_number(item) for item in history])
    scores = network.item_matrix().detach().numpy() @ network.user_vectors([numbers])[0] + network.item_bias().numpy()
    scores[[0, *numbers]] = -np.inf
    if model == "sasrec":
        scores[list(COLD)] = -np.inf
    best = [str(shop.dataset.item_ids[number]) for number in np.argsort(-scores)[:10]]
    assert ids(shop.recommend(history, model, 10)) == best


def test_answers_carry_rank_title_and_falling_scores(shop):
    answers = shop.recommend(["i03"], "molar", 5)
    assert [answer.rank for answer in answers] == [1, 2, 3, 4, 5]
    assert answers[0].title == shop.dataset.title(shop.dataset.item_number(answers[0].item_id))
    assert sorted((answer.score for answer in answers), reverse=True) == [answer.score for answer in answers]


def test_a_long_history_leaves_what_is_left(shop):
    history = [f"i{number:02d}" for number in range(1, 28)]
    assert set(ids(shop.recommend(history, "content", 10))) == {"i28", "i29", "i30"}
    assert set(ids(shop.recommend(history, "sasrec", 10))) == {"i28"}


def test_an_empty_history_gives_what_training_histories_hold_most(shop):
    counts = shop.split.train_counts()
    numbers = [shop.dataset.item_number(item) for item in ids(shop.recommend([], "molar", 10))]
    assert list(counts[numbers]) == sorted(counts[1:], reverse=True)[:10]


@pytest.mark.parametrize(
    "arguments, message",
    [
        ((["nothing"], "molar", 10), "nothing"),
        ((["i01"], "gpt", 10), "everything, content, molar, sasrec"),
        ((["i01"], "molar", 0), "1 to 100"),
        ((["i01"], "molar", 101), "1 to 100"),
        ((["i01"], "molar", 2.5), "1 to 100"),
    ],
)
def test_a_mistake_gets_one_clear_sentence(shop, arguments, message):
    with pytest.raises(MolarError, match=message):
        shop.recommend(*arguments)


def test_search_wants_all_words_and_takes_their_beginnings(shop):
    found = shop.search("whal prin", 100)
    assert len(found) == 6
    assert all("Whale" in answer.title for answer in found)
    assert shop.search("whale fern") == []


def test_search_does_not_look_inside_words_ids_or_file_names(shop):
    assert shop.search("hale") == []
    assert shop.search("i01") == []
    assert shop.search("png") == []


def test_search_puts_titles_before_other_text(shop):
    shown = shop.search("1", 100)  # a number in the title, or a price that begins with it
    in_title = [" 1" in " " + fold(answer.title) for answer in shown]
    assert in_title == sorted(in_title, reverse=True)
    assert any(in_title) and not all(in_title)


def test_an_empty_search_lists_all(shop):
    assert len(shop.search("", 100)) == 30


@pytest.mark.parametrize(
    "text, folded", [("Café-Bar", "cafe bar"), ("ÉTÉ  à Paris!", "ete a paris"), ("Straße", "strasse")]
)
def test_words_are_folded(text, folded):
    assert fold(text) == folded


def test_a_missing_checkpoint_says_what_is_missing_and_how_to_make_it(tiny_folder, tmp_path):
    with pytest.raises(MolarError, match=r"no vectors.safetensors, content, molar, sasrec.*python -m molar encode"):
        Recommender.load(tiny_folder, tmp_path / "nowhere")


def test_the_checkpoint_of_another_dataset_is_refused(shop, tiny_folder, tmp_path):
    checkpoint = write_checkpoint(tmp_path / "checkpoint", tiny_folder)
    items = (tiny_folder / "items.csv").read_text(encoding="utf-8")
    (tiny_folder / "items.csv").write_text(items + "i31,One more,,,1,\n", encoding="utf-8")
    with pytest.raises(MolarError, match="another"):
        Recommender.load(tiny_folder, checkpoint)


def without(items: list, place: int) -> list:
    return items[:place] + items[place + 1 :]


@pytest.mark.parametrize("model", MODELS)
def test_the_reason_is_the_pick_whose_removal_lowers_the_score_most(shop, model):
    history = ["i03", "i07", "i01", "i12", "i20"]
    matrix = shop.scorers[model].model.item_matrix().detach().numpy()

    def score(items: list[str], number: int) -> float:
        numbers = np.array([shop.dataset.item_number(item) for item in items])
        return float(shop.scorers[model].model.user_vectors([numbers])[0] @ matrix[number])

    answers = shop.recommend_with_reasons(history, model, 10)
    assert ids(answers) == ids(shop.recommend(history, model, 10))
    for answer in answers:
        number = shop.dataset.item_number(answer.item_id)
        losses = [score(history, number) - score(without(history, place), number) for place in range(len(history))]
        best = int(np.argmax(losses))
        assert answer.because == (history[best] if losses[best] > 0 else None)


def test_a_single_pick_is_the_reason_and_no_pick_is_none(shop):
    assert {one.because for one in shop.recommend_with_reasons(["i03"], "molar", 5)} == {"i03"}
    assert {one.because for one in shop.recommend_with_reasons([], "molar", 5)} == {None}


def test_reasons_are_one_batched_pass(shop, monkeypatch):
    network, calls = shop.scorers["molar"].model, []
    ask = network.user_vectors
    monkeypatch.setattr(network, "user_vectors", lambda *asked: calls.append(len(asked[0])) or ask(*asked))
    shop.recommend_with_reasons(["i03", "i07", "i01"], "molar", 5)
    assert calls == [4]


@pytest.mark.parametrize("model", [EVERYTHING, *MODELS])
def test_ranks_agree_with_the_recommendations(shop, model):
    ranks = shop.ranks([3, 7], model)
    numbers = [shop.dataset.item_number(item) for item in ids(shop.recommend(["i03", "i07"], model, 10))]
    assert ranks[numbers].tolist() == list(range(1, 11))
    assert ranks[[0, 3, 7]].tolist() == [0, 0, 0]
    assert (ranks[list(COLD)] == 0).all() == (model == "sasrec")


def test_without_a_history_ranks_are_popularity_and_ties_count_against(shop):
    ranks = shop.ranks([], "content")
    assert ranks[1:].max() == 30
    assert ranks[shop.popularity == 0][1:].min() == 30


@pytest.fixture(scope="module")
def later(tmp_path_factory):
    """The same shop in which four items are yet to come, and one came with the latest purchase."""
    root = tmp_path_factory.mktemp("later")
    folder = write_tiny_folder(root / "tiny")
    latest = int(load_dataset(folder).times.max())
    cells = {f"i{number:02d}": latest + 1 for number in COMING} | {"i09": latest}
    rows = [line.split(",") for line in (folder / "items.csv").read_text().splitlines()]
    rows = [[*row, str(cells.get(row[0], ""))] if at else [*row, "available_from"] for at, row in enumerate(rows)]
    (folder / "items.csv").write_text("\n".join(map(",".join, rows)) + "\n")
    return Recommender.load(folder, write_checkpoint(root / "checkpoint", folder))


COMING = (2, 5, 8, 29)
NAMES = {f"i{number:02d}" for number in COMING}


@pytest.mark.parametrize("model", [EVERYTHING, *MODELS])
@pytest.mark.parametrize("history", [["i03", "i07"], []])
def test_what_cannot_be_had_now_is_neither_recommended_nor_counted(later, model, history):
    cold = {30} if model == "sasrec" and history else set()
    assert len(later.unavailable) == 4
    assert set(ids(later.recommend(history, model, 100))) == {
        f"i{number:02d}" for number in {*range(1, 31)} - {*COMING} - cold
    } - {*history}
    numbers = [later.dataset.item_number(item) for item in history]
    ranks = later.ranks(numbers, model)
    assert not ranks[list(COMING)].any() and ranks.max() <= 30 - 4 - len(history)
    answer = later.answer(numbers, model, 30)
    assert not set(answer.numbers.tolist()) & set(COMING) and answer.ranks.tolist() == ranks.tolist()
    assert later.ranks(numbers, model, without=())[list(COMING)[:3]].all()


def test_what_cannot_be_had_now_is_like_nothing_and_may_be_asked_and_found(later):
    assert set(ids(later.similar("i03", 100))) == {f"i{n:02d}" for n in range(1, 31)} - NAMES - {"i03"}
    assert len(later.similar("i05", 100)) == 26
    assert set(ids(later.search("", 100))) >= NAMES
