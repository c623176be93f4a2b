"""What fine-tuning is told: impossible settings and mixtures are refused with what is possible."""

import pytest

from molar.core.errors import MolarError
from molar.finetune.config import FineTuneConfig, choose_counts


@pytest.mark.parametrize(
    "name, value",
    [
        ("batch", 0),
        ("lr", 0.0),
        ("lr", float("nan")),
        ("lora_lr", 0.0),
        ("history", 0),
        ("word_weight", -1.0),
        ("warm_up_steps", -1),
        ("seed", -1),
        ("held_out", 0),
    ],
)
def test_a_schedule_that_cannot_be_run_is_refused(name, value):
    with pytest.raises(MolarError, match=f"^{name} must be"):
        FineTuneConfig(**{name: value})


@pytest.mark.parametrize(
    "given, said",
    [
        ({"counts": {"it": 3}}, "count of it must be at least 4"),
        ({"form": "gist"}, "no form 'gist'"),
        ({"counts": {"look": 9}}, "no task 'look'"),
    ],
)
def test_an_unknown_task_or_form_is_refused_with_those_that_are_known(given, said):
    with pytest.raises(MolarError, match=said):
        FineTuneConfig(**given)


def test_each_task_can_be_left_out_or_counted():
    default = {"it", "sa", "ub"}
    assert set(choose_counts(None, {}, "cpu", dataset=True, pairs=False)[0]) == default
    assert set(choose_counts(None, {}, "cpu", dataset=True, pairs=True)[0]) == default | {"pairs"}
    assert set(choose_counts(["ub"], {}, "cpu", dataset=True, pairs=True)[0]) == {"ub", "pairs"}
    counts, asked = choose_counts(None, {"sa": 7}, "gpu", dataset=True, pairs=False)
    assert counts == {"it": 10_000, "sa": 7, "ub": 10_000} and asked == {"sa"}


@pytest.mark.parametrize(
    "tasks, counts, sources, said",
    [
        (None, {}, (False, False), "nothing to learn from"),
        (["sb"], {}, (True, False), "no task 'sb'"),
        (["it"], {"sa": 9}, (True, False), "--tasks leaves it out"),
        (None, {"pairs": 9}, (True, False), "--pairs names none"),
        (["it"], {}, (False, True), "no dataset folder"),
    ],
)
def test_a_mixture_without_a_source_is_refused(tasks, counts, sources, said):
    with pytest.raises(MolarError, match=said):
        choose_counts(tasks, counts, "cpu", dataset=sources[0], pairs=sources[1])
