"""Numbers taken together over seeds, and differences."""

import pytest
from standin_results import minus, row

from molar.reporting.tables import Difference, Source, by_model, difference, measured


def test_several_seeds_are_a_mean_with_its_spread():
    found = measured([row("sasrec", value=value, seed=seed) for seed, value in enumerate((0.1, 0.12, 0.14))], "ndcg@10")
    assert (round(found.value, 6), round(found.sd, 6)) == (0.12, 0.02)
    assert [round(edge, 6) for edge in found.ci] == [0.114, 0.126]
    assert measured([row("sasrec")], "ndcg@10").sd is None


def test_what_was_not_measured_is_none():
    assert measured([row("sasrec")], "recall@50") is None
    assert difference([]) is None


def test_of_several_differences_the_largest_p_counts():
    found = difference([minus("molar", "content", value=0.01, p=p) for p in (0.001, 0.2)])
    assert (found.p, found.corrected, found.significant) == (0.2, True, False)


@pytest.mark.parametrize("ci, significant", [((0.001, 0.02), True), ((-0.001, 0.02), False), (None, False)])
def test_without_a_p_value_the_interval_decides(ci, significant):
    assert Difference(0.01, ci).significant is significant


def test_a_difference_turned_round_keeps_its_interval_and_p():
    assert Difference(0.01, (0.004, 0.016), p=0.02).turned() == Difference(-0.01, (-0.016, -0.004), p=0.02)


def test_a_source_names_seeds_where_a_model_has_several():
    rows = [row("sasrec", seed=0), row("sasrec", seed=1), row("molar"), row("popularity")]
    source = Source.of(rows, ["5b17", "5b17", ""])
    assert [name for name, _ in source.weights] == ["SASRec seed 0", "SASRec seed 1", "Molar"]
    assert all(len(digits) == 16 for _, digits in source.weights)
    assert (source.splits, source.seeds) == (("5b17",), ("0", "1"))


def test_a_model_without_any_number_has_no_row():
    table = by_model(["molar", "content"], [(None, lambda label: "1" if label == "molar" else None)])
    assert [one.label for one in table.rows] == ["molar"]
