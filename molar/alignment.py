"""Post-alignment of the content tower with the frozen ID tower (§3.4, Eq. 4).

Aligned are user vectors after the same prefix of the same history. The paper aligns whole histories; here each window
of a batch gives one prefix, drawn anew each epoch, so that short histories are aligned too and no user is his own
negative. The cosine is taken between the two vectors as they are: both towers have the same width, no head is needed.
"""

import torch
import torch.nn.functional as F


def alignment_loss(
    id_users: torch.Tensor, content_users: torch.Tensor, *, tau: float, users: torch.Tensor, next_items: torch.Tensor
) -> torch.Tensor:
    """Symmetric InfoNCE (Eq. 4), a scalar: the sum of both directions, averaged over users; zero for no user.

    id_users, content_users: (batch, dim), row u of both from one prefix; s is their cosine, K the batch.
    users, next_items: (batch,), who it is and the item that follows. Rows of one user, and rows that the same item
    follows, are no negatives of each other: they ought to be similar.
    """
    if not len(users):
        return content_users.sum()
    scores = F.normalize(id_users, dim=-1) @ F.normalize(content_users, dim=-1).T / tau  # (batch ids, batch contents)
    alike = (users[:, None] == users) | (next_items[:, None] == next_items)
    alike.fill_diagonal_(False)
    scores = scores.masked_fill(alike, -torch.inf)
    pairs = torch.arange(len(users), device=scores.device)
    return F.cross_entropy(scores, pairs) + F.cross_entropy(scores.T, pairs)
