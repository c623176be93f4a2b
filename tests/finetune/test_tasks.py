"""What fine-tuning samples from a dataset: which items and users, read how, asked what."""

import dataclasses

import pytest
from tiny_world import COLD, N_ITEMS

from molar.data.splits import leave_one_out
from molar.finetune.tasks import LONGEST_NEXT, TASKS, Tasks, open_split


@pytest.fixture(scope="module")
def tasks(tiny):
    return Tasks(tiny.split)


def with_items(split, **columns):
    """The same split with other columns of items.csv."""
    items = split.dataset.items.assign(**columns)
    return leave_one_out(dataclasses.replace(split.dataset, items=items))


def test_it_reads_the_picture_alone_and_asks_for_the_description(tasks):
    for sample in tasks.draw("it", 30, 0, 8)[0]:
        (shown,) = sample.items
        assert not shown.text and shown.picture and sample.answer.startswith("A print of a ")


def test_sa_reads_title_and_attributes_and_neither_picture_nor_description(tasks):
    for sample in tasks.draw("sa", 30, 0, 8)[0]:
        (shown,) = sample.items
        assert "artist: Ada Birk" in shown.text and "A print of" not in shown.text and not shown.picture
        assert sample.answer.startswith("A print of a ")


def test_sa_reads_the_title_also_where_the_prompt_leaves_it_out(tiny):
    dataset = dataclasses.replace(tiny.dataset, encoded_columns=("description", "artist"))
    (shown,) = Tasks(leave_one_out(dataset)).draw("sa", 1, 0, 1)[0][0].items
    assert not shown.text.startswith("artist")


def test_ub_asks_for_the_item_after_a_piece_of_a_training_prefix(tiny, tasks):
    number_of = {tasks.named(number): number for number in range(1, N_ITEMS + 1)}
    prefixes = [tiny.split.train_history(user).tolist() for user in range(tiny.dataset.n_users)]
    numbers = {shown.text: number for number, shown in ((n, tasks.shown(n)) for n in range(1, N_ITEMS + 1))}
    samples = [sample for part in tasks.draw("ub", 60, 0, 8) for sample in part]
    assert max(len(sample.items) for sample in samples) == tasks.longest_history == 4
    for sample in samples:
        row = [*(numbers[shown.text] for shown in sample.items), number_of[sample.answer]]
        assert any(row == prefix[i : i + len(row)] for prefix in prefixes for i in range(len(prefix)))


def test_a_long_description_is_not_asked_of_a_next_item(tiny):
    split = with_items(tiny.split, description="word " * LONGEST_NEXT)
    assert {len(sample.answer.split()) for sample in Tasks(split).draw("ub", 20, 0, 4)[0]} == {2}


def test_the_same_seed_draws_the_same_and_another_does_not(tiny):
    drawn = [[Tasks(tiny.split).draw(task, 20, seed, 8) for task in TASKS] for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_all_are_drawn_before_any_comes_again(tasks):
    training, _ = tasks.draw("it", 200, 0, 8)
    pictures = [sample.items[0].picture for sample in training]
    distinct = len(set(pictures))
    assert distinct > 20 and len(pictures) == 200 and len(set(pictures[:distinct])) == distinct


def test_what_is_held_out_is_asked_of_nobody_in_training(tasks):
    drawn = {task: tasks.draw(task, 300, 0, 8) for task in TASKS}
    kept = set(tasks.kept_items.tolist())
    assert {sample.items[0].picture for sample in drawn["it"][1]} <= kept
    told = {tasks.description(number) for number in kept} | {tasks.named(number) for number in kept}
    titles = {tasks.attributes(number) for number in kept}
    assert not any(sample.items[0].picture in kept for sample in drawn["it"][0])
    assert not any(sample.items[0].text in titles for sample in drawn["sa"][0])
    assert not any(sample.answer in told for sample in drawn["ub"][0])


def test_users_of_held_out_histories_train_in_none(tasks, monkeypatch):
    users = {True: set(), False: set()}
    real = Tasks.next_item

    def spy(self, user, place, kept):
        users[kept].add(user)
        return real(self, user, place, kept)

    monkeypatch.setattr(Tasks, "next_item", spy)
    tasks.draw("ub", 200, 0, 8)
    assert users[True] and len(users[False]) > 10 and not users[True] & users[False]


@pytest.mark.parametrize(
    "columns, task, why",
    [
        ({"description": ""}, "sa", "a description"),
        ({"description": ""}, "it", "a description"),
        ({"image": ""}, "it", "a picture"),
    ],
)
def test_a_task_that_the_data_do_not_give_says_why(tiny, columns, task, why):
    tasks = Tasks(with_items(tiny.split, **columns))
    assert why in tasks.missing(task) and not tasks.missing("ub")


def test_a_catalogue_without_histories_gives_the_two_tasks_of_items(tiny_folder):
    (tiny_folder / "interactions.csv").unlink()
    tasks = Tasks(open_split(tiny_folder, "interactions.csv", "leave-one-out"))
    assert "training history" in tasks.missing("ub") and not tasks.missing("it")
    assert len(tasks.items) == N_ITEMS, "nobody has bought anything, so nothing is cold"


def test_no_cold_item_is_read_whole(tasks, tiny):
    shown = tasks.whole(100, 0)
    assert len(shown) == N_ITEMS - tiny.split.cold.sum() and not {one.picture for one in shown} & set(COLD)
