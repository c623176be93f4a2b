"""ID models: shapes, what a state may see, what scores."""

import numpy as np
import pytest
import torch

from molar.core.errors import MolarError
from molar.models.content import ContentConfig, ContentUserEncoder
from molar.models.sasrec import SASRec, SASRecConfig
from molar.models.sequences import pad_right

ITEMS, DIM_IN = 30, 12


def sasrec() -> SASRec:
    torch.manual_seed(0)
    return SASRec(SASRecConfig(n_items=ITEMS, dim=16, max_length=8)).eval()


def content() -> ContentUserEncoder:
    torch.manual_seed(0)
    model = ContentUserEncoder(ContentConfig(dim_in=DIM_IN, dim=16, max_length=8, hidden=20)).eval()
    vectors = np.random.default_rng(0).normal(size=(ITEMS + 1, DIM_IN)).astype(np.float32)
    vectors[0] = 0
    model.set_item_vectors(vectors)
    model.fit_scaling(torch.arange(ITEMS + 1) > 0)
    return model


both = pytest.mark.parametrize("build", [sasrec, content])


@both
def test_a_state_for_every_prefix(build):
    model = build()
    assert model(torch.tensor([[3, 1, 4], [1, 5, 0]])).shape == (2, 3, 16)
    assert model.item_matrix().shape == (ITEMS + 1, 16)


@both
def test_no_state_sees_a_later_item(build):
    model = build()
    items = torch.randint(1, ITEMS + 1, (4, 8), generator=torch.Generator().manual_seed(1))
    table = model.item_matrix()
    before = model.encode(table[items])
    for t in range(7):
        changed = items.clone()
        changed[:, t + 1] = changed[:, t + 1] % ITEMS + 1
        after = model.encode(table[changed])
        assert torch.equal(before[:, : t + 1], after[:, : t + 1])
        assert not torch.allclose(before[:, t + 1], after[:, t + 1])


@both
def test_a_state_sees_the_first_item_of_its_prefix(build):
    model = build()
    one, other = model(torch.tensor([[3, 1, 4, 1, 5]])), model(torch.tensor([[9, 1, 4, 1, 5]]))
    assert not torch.allclose(one[0, -1], other[0, -1])


@both
def test_padding_changes_no_real_state(build):
    model = build()
    short, padded = model(torch.tensor([[3, 1, 4]])), model(torch.tensor([[3, 1, 4, 0, 0, 0]]))
    assert torch.allclose(short[0], padded[0, :3], atol=1e-6)


@both
def test_user_vectors_are_the_last_states_in_the_order_asked(build):
    model = build()
    long, short = np.array([3, 1, 4, 1, 5]), np.array([9, 2])
    vectors = model.user_vectors([long, short])
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors[0], model(torch.from_numpy(long)[None])[0, -1].detach(), atol=1e-6)
    np.testing.assert_allclose(vectors[1], model(torch.from_numpy(short)[None])[0, -1].detach(), atol=1e-6)


@both
def test_a_long_history_is_its_last_items(build):
    model = build()
    history = np.arange(1, 21)
    np.testing.assert_array_equal(model.user_vectors([history]), model.user_vectors([history[-8:]]))


@both
def test_an_empty_history_is_refused(build):
    with pytest.raises(MolarError, match="at least one item"):
        build().user_vectors([np.array([], dtype=np.int32)])


def test_user_vectors_are_drawn_without_dropout_and_leave_the_mode_alone():
    model = content().train()
    first, second = model.user_vectors([np.array([3, 1])]), model.user_vectors([np.array([3, 1])])
    np.testing.assert_array_equal(first, second)
    assert model.training


def test_content_vectors_have_length_one_and_padding_none():
    model = content()
    lengths = model.item_matrix().norm(dim=-1)
    assert lengths[0] == 0 and torch.allclose(lengths[1:], torch.ones(ITEMS))
    assert torch.allclose(model(torch.tensor([[3, 1]])).norm(dim=-1), torch.ones(1, 2))


def test_items_never_read_the_user_token():
    model = content()
    seen = []
    model.blocks[-1].register_forward_hook(lambda _, streams, __: seen.append(streams[0].detach()))
    items = torch.tensor([[3, 1, 4]])
    model(items)
    with torch.no_grad():
        model.user.add_(1)
    model(items)
    assert torch.equal(seen[0], seen[1])


def test_scaling_is_fitted_on_the_named_items_alone():
    model = content()
    named = torch.arange(ITEMS + 1) % 2 == 1
    vectors = model.vectors.numpy().copy()
    model.fit_scaling(named)
    mean = model.mean.clone()
    vectors[~named.numpy()] = 1e6
    model.set_item_vectors(vectors)
    model.fit_scaling(named)
    assert torch.equal(model.mean, mean)


def test_content_without_vectors_says_so():
    model = ContentUserEncoder(ContentConfig(dim_in=4))
    with pytest.raises(MolarError, match="set_item_vectors"):
        model.item_matrix()


def test_vectors_of_another_width_are_refused():
    with pytest.raises(MolarError, match="width 12"):
        content().set_item_vectors(np.zeros((ITEMS + 1, 5), dtype=np.float32))


def test_forgotten_items_say_nothing():
    model = sasrec()
    model.zero_untrained(torch.arange(ITEMS + 1) == 7)
    assert not model.item_matrix()[7].any() and model.item_matrix()[8].any()


@pytest.mark.parametrize(
    "sizes, error",
    [({"dim": 15}, "multiple of heads"), ({"blocks": 0}, "blocks"), ({"dropout": 1.0}, "dropout")],
)
def test_impossible_sizes_are_refused(sizes, error):
    with pytest.raises(MolarError, match=error):
        SASRecConfig(n_items=ITEMS, **sizes)
    with pytest.raises(MolarError, match=error):
        ContentConfig(dim_in=DIM_IN, **sizes)


def test_histories_are_padded_on_the_right():
    items, lengths = pad_right([np.array([1, 2, 3]), np.array([4])], max_length=2)
    assert items.tolist() == [[2, 3], [4, 0]] and lengths.tolist() == [2, 1]


def test_the_prior_follows_counts_and_new_items_have_the_mean_prior():
    model = content()
    counts = np.array([0, 8, 2, 0] + [2] * (ITEMS - 3))
    model.set_counts(counts)
    bias, scale = model.item_bias(), model.log_scale.detach().exp()
    expected = model.config.popularity * np.array([np.log(8), np.log(2), np.log(counts[counts > 0]).mean()])
    np.testing.assert_allclose((bias * scale)[1:4].numpy(), expected, rtol=1e-5)


def test_without_counts_there_is_no_bias():
    assert not content().item_bias().any()
