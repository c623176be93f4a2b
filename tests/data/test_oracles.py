"""The ranks that a simulated dataset brings along."""

import pytest

from molar.core.errors import MolarError
from molar.data.dataset import load_dataset
from molar.data.oracles import read_oracles
from molar.data.splits import leave_one_out


def write_oracle(dataset, split, wrong=False):
    lines = ["user_id,split,item_id,knowing_rank,reading_rank,attainable_rank,attainable_among_cold"]
    for subset in ("validation", "test"):
        for user in split.evaluation_users(subset):
            target = 1 if wrong else split.target(user, subset)
            lines.append(
                f"{dataset.user_ids[user]},{subset},{dataset.item_ids[target]},{user + 1},{user + 2},{user + 3},{user}"
            )
    (dataset.root / "truth").mkdir(exist_ok=True)
    (dataset.root / "truth" / "oracle.csv").write_text("\n".join(lines))


@pytest.fixture
def own_world(tiny_folder):
    dataset = load_dataset(tiny_folder)
    return dataset, leave_one_out(dataset)


def oracles(dataset, split, interactions="interactions.csv"):
    users = split.evaluation_users("test")
    return users, read_oracles(dataset, interactions, "test", users, split.targets_of(users, "test"))


def test_oracle_ranks_come_by_user(own_world):
    write_oracle(*own_world)
    users, found = oracles(*own_world)
    assert found["oracle-knowing"].ranks.tolist() == (users + 1).tolist()
    assert found["oracle-reading"].ranks.tolist() == (users + 2).tolist()
    assert found["oracle-attainable"].ranks.tolist() == (users + 3).tolist()
    assert found["oracle-attainable"].among_cold.tolist() == users.tolist()
    assert found["oracle-reading"].among_cold is None


def test_an_oracle_of_other_targets_is_refused(own_world):
    write_oracle(*own_world, wrong=True)
    with pytest.raises(MolarError, match="does not hold the test item"):
        oracles(*own_world)


def test_other_histories_have_an_oracle_of_their_own(own_world):
    write_oracle(*own_world)
    assert oracles(*own_world, interactions="interactions-0.csv")[1] == {}
