"""Lists beside a dataset: users who are asked, items that are variants of one another."""

import gzip

import numpy as np
import pytest

from molar.core.errors import MolarError
from molar.data.lists import read_groups, read_user_list


def written(folder, name, text):
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


@pytest.mark.parametrize(
    "name, text",
    [
        ("some.txt", "u03\nu01\nu07\n"),
        ("some.txt", "\ufeffu03\r\n\r\n u01 \r\nu07\r\nu03"),
        ("some.txt.gz", "u07\nu03\nu01"),
    ],
)
def test_one_user_id_a_line_in_any_order(tiny, tmp_path, name, text):
    found = read_user_list(written(tmp_path, name, text), tiny.dataset)
    assert [tiny.dataset.user_ids[user] for user in found.users] == ["u01", "u03", "u07"]
    assert (found.name, len(found), str(found)) == ("some", 3, "3 users of some")
    assert found.sha == read_user_list(written(tmp_path, "other.txt", "u01\nu03\nu07\n"), tiny.dataset).sha


def test_a_packed_list_is_found_by_its_plain_name(tiny, tmp_path):
    written(tmp_path, "some.txt.gz", "u07")
    assert len(read_user_list(tmp_path / "some.txt", tiny.dataset)) == 1


def test_other_users_have_another_hash(tiny, tmp_path):
    lists = [read_user_list(written(tmp_path, "some.txt", text), tiny.dataset) for text in ("u01\nu02", "u01\nu03")]
    assert lists[0].sha != lists[1].sha and {len(one.sha) for one in lists} == {16}


@pytest.mark.parametrize(
    "text, told",
    [
        ("u01\nx1\n", 'names 1 user ("x1") that tiny does not have'),
        ("x4\nu01\nx3\nx2\nx1\n", 'names 4 users ("x1", "x2", "x3", …) that tiny does not have'),
        (" \n\n", "names no user: one user id a line is needed"),
        ("\xff", 'names 1 user ("ÿ")'),
    ],
)
def test_what_is_no_list_of_these_users_is_refused_in_a_sentence(tiny, tmp_path, text, told):
    with pytest.raises(MolarError) as error:
        read_user_list(written(tmp_path, "some.txt", text), tiny.dataset)
    assert told in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    "name, raw", [("a.txt", b"\xff\xfeu\0"), ("a.txt.gz", b"u01\n"), ("a.txt.gz", b"\x1f\x8b\x08")]
)
def test_a_file_that_cannot_be_read_is_refused(tiny, tmp_path, name, raw):
    (tmp_path / name).write_bytes(raw)
    with pytest.raises(MolarError, match="cannot be read"):
        read_user_list(tmp_path / name, tiny.dataset)


def test_a_missing_file_is_refused(tiny, tmp_path):
    with pytest.raises(MolarError, match="no file of users"):
        read_user_list(tmp_path / "none.txt", tiny.dataset)
    with pytest.raises(MolarError, match="this file is missing"):
        read_groups(tmp_path / "none.csv", tiny.dataset)


def test_items_of_one_group_have_one_number_and_others_none(tiny, tmp_path):
    groups = read_groups(written(tmp_path, "g.csv", "item_id,group\ni03,a\ni01,b\ni30,a\ni05,\n"), tiny.dataset)
    assert len(groups) == 31 and groups[3] == groups[30] > 0 and groups[1] not in (0, groups[3])
    assert not np.delete(groups, [1, 3, 30]).any()


@pytest.mark.parametrize(
    "text, told",
    [
        ("item_id,colour\ni03,a\n", "has no column group"),
        ("item_id,group\ni03,a\ni99,a\nx,b\n", 'names 2 items ("i99", "x") that tiny does not have'),
        ("item_id,group\ni03,a\ni03,b\n", 'names 1 item ("i03") twice'),
        ("item_id,group\ni03\n", "1 cells where the header has 2"),
    ],
)
def test_what_is_no_table_of_groups_is_refused(tiny, tmp_path, text, told):
    with pytest.raises(MolarError) as error:
        read_groups(written(tmp_path, "g.csv", text), tiny.dataset)
    assert told in str(error.value)
