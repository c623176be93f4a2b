import numpy as np

from molar.data.segments import NO_VARIANT, VARIANT, is_bucket, owns_variant, popularity_buckets, slices


def test_popularity_buckets_are_quarters_of_the_purchases():
    # 20 purchases: item 2 alone has a quarter, with item 1 it is a half, with 3 and 4 three quarters.
    counts = np.array([0, 4, 7, 2, 2, 2, 1, 1, 1, 0])
    assert popularity_buckets(counts).tolist() == [0, 2, 1, 3, 3, 4, 4, 4, 4, 0]


def test_equal_items_are_taken_by_their_number():
    assert popularity_buckets(np.array([0, 1, 1, 1, 1])).tolist() == [0, 1, 2, 3, 4]


def test_buckets_part_the_warm_users_and_all_users(tiny):
    users = tiny.split.evaluation_users("test")
    masks = slices(tiny.split, "test", users)
    for kind, whole in (("popularity ", masks["warm"]), ("history ", masks["all"])):
        parts = [mask for name, mask in masks.items() if name.startswith(kind)]
        assert len(parts) > 2 and (np.sum(parts, axis=0) == whole).all()
    assert [name for name in masks if not is_bucket(name)] == ["all", "warm", "cold"]


def test_the_name_of_a_bucket_tells_the_lengths_in_it(tiny):
    users = tiny.split.evaluation_users("test")
    lengths = tiny.split.history_lengths(users, "test")
    assert lengths.tolist() == [len(history) for history in tiny.split.histories_of(users, "test")]
    masks = slices(tiny.split, "test", users)
    (name,) = [name for name in masks if name.startswith("history 2")]
    least, most = (int(word) for word in name.split("(")[1].split()[:3:2])
    assert masks[name].tolist() == ((lengths >= least) & (lengths <= most)).tolist() and masks[name].any()


def test_a_variant_is_another_item_of_the_targets_group_in_the_history():
    groups = np.array([0, 1, 1, 2, 0, 0])
    histories = [np.array([1, 3]), np.array([3]), np.array([2, 1]), np.array([5]), np.array([2])]
    targets = np.array([2, 1, 3, 4, 2])  # owned; other group; other group; no group; itself alone
    assert owns_variant(groups, targets, histories).tolist() == [True, False, False, False, False]
    assert owns_variant(groups, targets[:0], []).tolist() == []


def test_groups_give_two_more_slices(tiny):
    users = tiny.split.evaluation_users("test")
    groups = np.arange(31) % 5 + 1
    masks, plain = slices(tiny.split, "test", users, groups), slices(tiny.split, "test", users)
    assert set(masks) - set(plain) == {VARIANT, NO_VARIANT}
    expected = [
        any(groups[item] == groups[tiny.split.target(user, "test")] for item in tiny.split.history_for(user, "test"))
        for user in users
    ]
    assert masks[VARIANT].tolist() == expected and (masks[NO_VARIANT] == ~masks[VARIANT]).all()
