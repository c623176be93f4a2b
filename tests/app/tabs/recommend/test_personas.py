import shutil

from app.state import read_truth
from app.tabs.recommend.personas import PERSONAS, personas
from molar.data.dataset import load_dataset
from molar.data.splits import leave_one_out


def test_personas_are_the_last_choices_of_test_shoppers(tiny):
    found = personas(tiny.dataset, tiny.split, None)
    assert len({one.items for one in found}) == PERSONAS
    for one in found:
        user = list(tiny.dataset.user_ids).index(one.user_id)
        assert one.items == tuple(tiny.split.history_for(user, "test")[-4:])
        assert one.label == one.user_id


def test_the_first_true_column_labels_them_each_value_once(tiny, tmp_path):
    folder = shutil.copytree(tiny.dataset.root, tmp_path / "told")
    (folder / "truth").mkdir()
    lines = [f"{user},{'den' if n % 2 else 'attic'},{n}" for n, user in enumerate(tiny.dataset.user_ids)]
    (folder / "truth" / "shoppers.csv").write_text("user_id,room,shoe\n" + "\n".join(lines), encoding="utf-8")
    dataset = load_dataset(folder)
    truth = read_truth(dataset)
    assert list(truth.columns) == ["room", "shoe"]
    assert sorted(one.label for one in personas(dataset, leave_one_out(dataset), truth)) == ["attic", "den"]


def test_a_dataset_need_not_say_what_is_true(tiny):
    assert read_truth(tiny.dataset) is None
