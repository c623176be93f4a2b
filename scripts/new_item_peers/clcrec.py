"""CLCRec (Wei et al., Contrastive Learning for Cold-Start Recommendation, ACM MM 2021, arXiv 2107.05315).

A content encoder is trained by two contrasts. Between items: an item's ID vector tells its own content from that of other
items, by the cosine over a temperature. Between users and items: a user vector tells the next item from others, where a share
ρ of the item vectors is replaced by what the encoder makes of their content. The paper trains users and items along; here
they are the ID model's and stay, so that warm items are ranked as they were, and the second contrast is over the ID model's
own logits.
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from scripts.new_item_peers.backbone import Backbone, NewItems

# The first trial takes the first values: those of public code, where it names them.
SPACE = {
    "share": (0.5, 1.0),  # ρ
    "between_items": (0.5, 0.1, 0.9),  # λ, the weight of the first contrast
    "tau": (2.0, 0.1, 0.2, 0.5, 1.0),
    "hidden": (256, 512),
    "lr": (1e-3, 3e-3),
    "scaling": ("pca", "whitened"),
}
NEGATIVES = 512  # warm items, shared by a batch


class CLCRec(nn.Module):
    """Content (n, width) → item vectors (n, dim)."""

    def __init__(self, backbone: Backbone, settings: dict):
        super().__init__()
        self.settings, self.warm = settings, backbone.warm
        self.content = torch.from_numpy(backbone.contents[settings["scaling"]])
        self.items = torch.from_numpy(backbone.items)
        width, dim = self.content.shape[1], self.items.shape[1]
        hidden = settings["hidden"]
        self.encoder = nn.Sequential(nn.Linear(width, hidden), nn.LeakyReLU(), nn.Linear(hidden, dim))

    def loss(self, states: torch.Tensor, targets: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
        """A scalar of user vectors (batch, dim) and the items (batch,) that came next."""
        others = torch.from_numpy(rng.choice(self.warm, min(NEGATIVES, len(self.warm)), replace=False))
        asked = torch.cat([targets, others])
        made, known = self.encoder(self.content[asked]), self.items[asked]  # (batch + negatives, dim)
        own = targets[:, None] == others
        anchors, directions = F.normalize(known[: len(targets)], dim=1), F.normalize(made, dim=1)
        items = contrast(anchors, directions, own, tau=self.settings["tau"])
        replaced = torch.from_numpy(rng.random((len(asked), 1)) < self.settings["share"])
        users = contrast(states, torch.where(replaced, made, known), own)
        weight = self.settings["between_items"]
        return weight * items + (1 - weight) * users

    def new_items(self) -> NewItems:
        """What the encoder makes of all content."""
        return NewItems(self.encoder(self.content).numpy())


def contrast(anchors: torch.Tensor, items: torch.Tensor, own: torch.Tensor, tau: float = 1.0) -> torch.Tensor:
    """Mean −log softmax of anchors (batch, dim) over their own item and the shared negatives.

    items: (batch + negatives, dim), row i < batch that of anchor i; own: (batch, negatives) bool, negatives that are none."""
    positive = (anchors * items[: len(anchors)]).sum(1, keepdim=True)
    negative = (anchors @ items[len(anchors) :].T).masked_fill(own, -torch.inf)
    logits = torch.cat([positive, negative], dim=1) / tau
    return F.cross_entropy(logits, torch.zeros(len(logits), dtype=torch.long))
