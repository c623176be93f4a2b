"""How far two models are apart: the losses that alignment is made of, scalars of what both say in one batch."""

import torch
import torch.nn.functional as F

NO_CANDIDATE = -1e9  # a logit that is no infinity, so that a difference of two such is a number


def infonce_loss(
    ids: torch.Tensor, contents: torch.Tensor, *, tau: float, users: torch.Tensor, next_items: torch.Tensor
) -> torch.Tensor:
    """Symmetric InfoNCE (Eq. 4), a scalar: the sum of both directions, averaged over users; zero for no user.

    ids, contents: (batch, dim), row u of both from one prefix; s is their cosine, K the batch.
    users, next_items: (batch,), who it is and the item that follows. Rows of one user, and rows that the same item
    follows, are no negatives of each other: they ought to be similar."""
    if not len(users):
        return contents.sum()
    scores = F.normalize(ids, dim=-1) @ F.normalize(contents, dim=-1).T / tau  # (batch ids, batch contents)
    alike = (users[:, None] == users) | (next_items[:, None] == next_items)
    alike.fill_diagonal_(False)
    scores = scores.masked_fill(alike, -torch.inf)
    pairs = torch.arange(len(users), device=scores.device)
    return F.cross_entropy(scores, pairs) + F.cross_entropy(scores.T, pairs)


def cosine_loss(ids: torch.Tensor, contents: torch.Tensor) -> torch.Tensor:
    """Mean 1 − cos of the pairs (batch, dim), a scalar; zero for no pair."""
    if not len(ids):
        return contents.sum()
    return 1 - F.cosine_similarity(ids, contents, dim=-1).mean()


def cka_loss(ids: torch.Tensor, contents: torch.Tensor) -> torch.Tensor:
    """1 − debiased linear CKA of the unit rows (batch, dim), a scalar; zero for fewer than four rows.

    Debiased (Song et al. 2012, Eq. 5, as `alignment_metrics.debiased_cka`): a batch has fewer rows than the vectors have
    coordinates, and the plain CKA of so few is near one whatever they are."""
    if len(ids) < 4:
        return 0 * contents.sum()
    x, y = F.normalize(ids, dim=-1), F.normalize(contents, dim=-1)
    xx, yy = x @ x.T, y @ y.T
    scale = (_hsic(xx, xx).clamp(min=0) * _hsic(yy, yy).clamp(min=0)).clamp(min=1e-12).sqrt()
    return 1 - _hsic(xx, yy) / scale


def _hsic(k: torch.Tensor, m: torch.Tensor) -> torch.Tensor:
    n = len(k)
    diagonal = torch.eye(n, dtype=torch.bool, device=k.device)
    k, m = k.masked_fill(diagonal, 0), m.masked_fill(diagonal, 0)
    middle = k.sum() * m.sum() / ((n - 1) * (n - 2))
    cross = 2 / (n - 2) * (k.sum(0) @ m.sum(1))
    return ((k * m).sum() + middle - cross) / (n * (n - 3))


def distillation_loss(
    ids: torch.Tensor, contents: torch.Tensor, candidates: torch.Tensor, *, temperature: float
) -> torch.Tensor:
    """T² times the divergence KL(ID ‖ content) of two distributions over the same items, averaged over rows; zero for no row.

    ids, contents: (rows, items) logits, each of which becomes softmax(logits / T) over the `candidates` (rows, items) bool.
    T² keeps the gradient's size whatever T is (Hinton, Vinyals and Dean, Distilling the Knowledge in a Neural Network,
    arXiv 1503.02531)."""
    if not len(ids):
        return contents.sum()
    wanted, told = (
        (logits / temperature).masked_fill(~candidates, NO_CANDIDATE).log_softmax(-1) for logits in (ids, contents)
    )
    return temperature**2 * F.kl_div(told, wanted, log_target=True, reduction="batchmean")
