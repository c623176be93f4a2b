"""The alignment loss: Eq. 4 of the paper, false negatives left out."""

import numpy as np
import torch

from molar.training.align_losses import infonce_loss


def vectors(seed: int, rows: int = 4) -> torch.Tensor:
    return torch.randn(rows, 8, generator=torch.Generator().manual_seed(seed))


def loss(id_users, content_users, tau=0.5, users=None, next_items=None):
    every = torch.arange(len(id_users))
    users = every if users is None else torch.tensor(users)
    next_items = every if next_items is None else torch.tensor(next_items)
    return infonce_loss(id_users, content_users, tau=tau, users=users, next_items=next_items)


def test_it_is_equation_4():
    ids, contents, tau = vectors(0).numpy(), vectors(1).numpy(), 0.5
    unit_ids, unit_contents = (rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (ids, contents))
    weight = np.exp(unit_ids @ unit_contents.T / tau)
    terms = [np.log(weight[u, u] / weight[u].sum()) + np.log(weight[u, u] / weight[:, u].sum()) for u in range(4)]
    np.testing.assert_allclose(loss(vectors(0), vectors(1)).item(), -np.mean(terms), rtol=1e-5)


def test_both_models_count_alike():
    assert torch.allclose(loss(vectors(0), vectors(1)), loss(vectors(1), vectors(0)))


def test_length_of_the_vectors_does_not_matter():
    assert torch.allclose(loss(vectors(0), vectors(1)), loss(7 * vectors(0), 0.1 * vectors(1)))


def test_aligned_pairs_cost_less_than_mixed_ones():
    assert loss(vectors(0), vectors(0)) < loss(vectors(0), vectors(0).flip(0))


def test_users_with_the_same_next_item_are_no_negatives():
    """With rows 0 and 1 masked from each other, row 1 no longer matters to row 0, in either direction."""
    ids, contents = vectors(0, rows=2), vectors(1, rows=2)
    assert loss(ids, contents, next_items=[5, 5]).item() == 0
    assert loss(ids, contents, next_items=[5, 6]).item() > 0


def test_two_windows_of_one_user_are_no_negatives():
    assert loss(vectors(0, rows=2), vectors(1, rows=2), users=[3, 3]).item() == 0


def test_no_user_costs_nothing():
    contents = vectors(1, rows=0).requires_grad_()
    loss(vectors(0, rows=0), contents).backward()
    assert contents.grad is not None
