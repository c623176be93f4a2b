"""What results tell of the method: alignment beside accuracy, one factor at a time, input ablations, hidden taste."""

import pytest
from standin_results import ablation_rows, method_rows, minus, row

from molar.reporting import labels, method
from molar.reporting.rows import Results
from molar.reporting.tables import Section


def told(section: Section) -> dict[str, list]:
    """Row name → its cells."""
    return {one.name: list(one.cells) for one in section.table.rows}


@pytest.fixture
def films():
    return Results("ml1m", method_rows())


@pytest.fixture
def ablations():
    return Results("ablations-alignment", ablation_rows())


def test_alignment_never_stands_without_what_accuracy_gained(films):
    rows = told(method.alignment(films))
    gain, cosine = rows["Molar, aligned"][:2]
    assert round(gain.value, 6) == 0.004, "the mean of three seeds"
    assert len(gain.seeds) == 3
    assert rows["content only, before alignment"][0] == method.UNALIGNED
    assert (round(cosine.value, 6), round(cosine.sd, 6), cosine.shuffled) == (0.83, 0.01, 0.05)


def test_a_measure_says_what_chance_gives(films):
    assert "chance 0.012" in [column.small for column in method.alignment(films).table.columns]


def test_alignment_by_seed_has_a_row_for_each_and_no_intervals(films):
    rows = method.alignment(films, by_seed=True).table.rows
    assert [one.seeds for one in rows if one.label == "molar"] == ["0", "1", "2"]
    assert {one.cells[1].ci for one in rows} == {None}


def test_a_model_held_against_another_id_model_is_named_so(films):
    assert "content only, before alignment, against FPMC" in told(method.alignment(films))


def test_an_ablation_is_told_by_what_differs_and_against_the_default(ablations):
    section = method.ablations(ablations)
    _, molar, content = told(section)["τ = 0.05"]
    assert (molar.value, molar.p, content.value) == (-0.01, 0.002, 0.003)
    groups = list(dict.fromkeys(one.group for one in section.table.rows))
    assert groups == [next(iter(labels.FACTORS)), "Temperature τ", labels.OTHERS]


def test_an_ablation_follows_the_metric(ablations):
    assert told(method.ablations(ablations, "recall@10"))["Molar, aligned"][0].value == 0.26


def test_input_ablations_say_what_they_cost(films):
    left, cost = told(method.input_ablations(films))["no text"]
    assert (left.value, round(cost.value, 6)) == (0.1, 0.02)


def test_blanking_what_is_never_asked_is_told():
    rows = [row("molar", kind="ablation", ablation="id-blanked", more={"no_op": 1.0})]
    assert method.input_ablations(Results("demo", rows)).after == [method.NO_OPERATION]


def test_results_without_alignment_or_input_ablations_have_no_such_tables():
    plain = Results("demo", [row("molar"), row("content")])
    assert method.alignment(plain) is method.input_ablations(plain) is method.by_taste([("all", plain)]) is None


def test_each_hidden_taste_ratio_says_what_alignment_adds_on_warm_and_cold_items():
    tastes = []
    for place, says in enumerate(labels.TASTES.values()):
        rows = [minus("molar", "content", slice_, value=0.01 * place) for slice_ in ("all", "warm", "cold")]
        tastes.append((says, Results("demo", [row("molar"), *rows])))
    cold = told(method.by_taste(tastes))[labels.SLICES["cold"]]
    assert [one.value for one in cold] == [0.0, 0.01, 0.02]
    pairs = (("molar", "content"), ("molar", "sasrec"))
    assert [one.group for one in method.by_taste(tastes, pairs).table.rows[::3]] == [
        "Molar minus content",
        "Molar minus SASRec",
    ]
