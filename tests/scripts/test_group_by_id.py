import pytest

from molar.core.errors import MolarError
from molar.data.lists import read_groups
from scripts.group_by_id import write_groups


def test_ids_that_begin_alike_are_variants(tiny, tmp_path):
    sizes = write_groups(tiny.dataset, 2, tmp_path / "groups.csv")  # i01 … i09, i10 … i19, i20 … i29, i30
    assert sizes == {"i0": 9, "i1": 10, "i2": 10, "i3": 1}
    groups = read_groups(tmp_path / "groups.csv", tiny.dataset)
    assert groups[1:].tolist() == [1] * 9 + [2] * 10 + [3] * 10 + [4]


def test_where_no_ids_begin_alike_nothing_is_written(tiny, tmp_path):
    with pytest.raises(MolarError, match="same first 3 characters"):
        write_groups(tiny.dataset, 3, tmp_path / "groups.csv")
    assert not (tmp_path / "groups.csv").exists()
