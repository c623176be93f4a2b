import numpy as np
import pandas as pd
import pytest

from app.tabs.recommend.facets import MOST_FACETS, chosen_items, facets


def catalogue(**columns) -> pd.DataFrame:
    count = len(next(iter(columns.values())))
    fixed = {"item_id": [f"i{n}" for n in range(count)], "title": ["same"] * count, "image": ["a.png"] * count}
    return pd.DataFrame(fixed | columns)


def held(facet) -> dict[str, int]:
    return {value: int(mask.sum()) for value, mask in facet.values.items()}


def test_a_column_of_few_values_filters_by_each():
    (size,) = facets(catalogue(size=["A3", "A4", "A3", "A5", "A4", ""]))
    assert held(size) == {"A3": 2, "A4": 2}
    assert size.values["A3"].tolist() == [False, True, False, True, False, False, False]


def test_few_numbers_are_sorted_as_numbers():
    (year,) = facets(catalogue(year=["9", "10", "9", "10", "2020", "2020"]))
    assert list(year.values) == ["9", "10", "2020"]


def test_many_numbers_become_ranges_that_hold_about_as_many_items():
    (price,) = facets(catalogue(price=[str(n) for n in range(100)]))
    assert list(price.values) == ["0 – 24", "25 – 49", "50 – 74", "75 – 99"]
    assert set(held(price).values()) == {25}


def test_a_cell_may_hold_several_values():
    (genre,) = facets(catalogue(genres=["Comedy|Drama", "Comedy", "Drama"]))
    assert held(genre) == {"Comedy": 2, "Drama": 2}


@pytest.mark.parametrize("cells", [[f"only {n}" for n in range(40)], ["always the same"] * 40, [""] * 40])
def test_a_column_that_divides_nothing_is_no_filter(cells):
    assert facets(catalogue(artist=cells)) == []


def test_there_are_never_more_than_a_row_holds():
    columns = {f"c{n}": ["a", "b"] * 10 for n in range(9)}
    assert [one.column for one in facets(catalogue(**columns))] == [f"c{n}" for n in range(MOST_FACETS)]


def test_choices_narrow_together_and_nonsense_is_left_out():
    found = facets(catalogue(size=["A3", "A4", "A3", "A4"], year=["1", "1", "2", "2"]))
    both = chosen_items(found, {"size": "A3", "year": "2"})
    assert np.flatnonzero(both).tolist() == [3]
    assert chosen_items(found, {"size": "A9", "title": "same", "year": ["1"]}) is None
