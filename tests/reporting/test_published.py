"""Numbers of others, with the conditions under which they came about."""

import pytest
from standin_results import film_rows, row

from molar.reporting import published, report
from molar.reporting.rows import Results


@pytest.fixture(scope="module")
def section():
    return report.beside_published(Results("ml1m-id", film_rows()))


def cells(section, name):
    return next(row.cells for row in section.table.rows if row.name == name)


def test_every_condition_is_in_the_legend_and_is_used():
    used = {condition for one in published.MOVIELENS for condition in one.conditions}
    ours = {published.ORDER_ONLY, published.ON_VALIDATION}
    assert used | ours == set(published.CONDITIONS) and not used & ours


def test_conditions_stand_beside_the_numbers_of_others(section):
    assert cells(section, "HSTU-large")[2] == "sees time, best on test"
    assert cells(section, "Molar, the paper")[2] is None


def test_ours_tell_their_conditions_and_seeds(section):
    assert cells(section, "SASRec, ids only")[2] == "order only, on validation, 3 seeds"
    assert cells(section, "item-kNN")[2] == "order only, on validation"
    one = report.beside_published(Results("ml1m-id", [row("sasrec", n=6040)]))
    assert cells(one, "SASRec, ids only")[2] == "order only, on validation, one seed"


def test_the_legend_stands_under_the_table(section):
    (legend,) = section.after
    assert all(f"“{name}”: {means}" in legend for name, means in published.CONDITIONS.items())


def test_the_list_goes_from_the_lowest_to_the_highest():
    means = [sum(one.ndcg) / len(one.ndcg) for one in published.MOVIELENS]
    assert means == sorted(means)
