"""ALDI (Huang et al., Aligning Distillation For Cold-start Item Recommendation, SIGIR 2023).

The ID model is the teacher. The student maps user vectors by one tower and content by another, learns to rank by BPR, and is
brought near the teacher on warm items by three losses: the scores themselves (rating), the difference between a target's and
another item's (ranking), and how far an item's vector stands out from others (identification). The last two weigh an item
by how much there is to learn of it. New items are scored by the student, warm ones by the teacher.
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from scripts.new_item_peers.backbone import Backbone, NewItems, tower

# The first trial takes the first values: those of public code, where it names them.
SPACE = {
    "ranking": (0.9, 0.3, 3.0),  # α
    "identification": (0.05, 0.2),  # β
    "rating": (0.1, 0.3, 1.0, 3.0),  # γ
    "hidden": (200, 400),
    "lr": (1e-3, 3e-3),
    "scaling": ("pca", "whitened"),
}
QUALIFIED = 4.0  # M of the teacher's weight: an item as frequent as the mean has tanh M


class ALDI(nn.Module):
    """User vectors (n, dim) and content (n, width) → student vectors (n, dim)."""

    def __init__(self, backbone: Backbone, settings: dict):
        super().__init__()
        self.settings, self.warm = settings, backbone.warm
        self.content = torch.from_numpy(backbone.contents[settings["scaling"]])
        self.items = torch.from_numpy(backbone.items)
        width, dim = self.content.shape[1], self.items.shape[1]
        self.user_tower = tower(dim, settings["hidden"], dim)
        self.item_tower = tower(width, settings["hidden"], dim)
        self.weights = torch.from_numpy(teacher_weights(backbone))

    def loss(self, states: torch.Tensor, targets: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
        """A scalar of user vectors (batch, dim) and the items (batch,) that came next."""
        others = torch.from_numpy(rng.choice(self.warm, len(targets)))
        users, student = self.user_tower(states), self.item_tower(self.content[torch.cat([targets, others])])
        own, other = student[: len(targets)], student[len(targets) :]
        teacher = [(states * self.items[numbers]).sum(1) for numbers in (targets, others)]
        scores = [(users * vectors).sum(1) for vectors in (own, other)]
        distance, wanted = scores[0] - scores[1], torch.sigmoid(teacher[0] - teacher[1])
        rating = sum((one - two).abs() for one, two in zip(teacher, scores)).mean()
        ranking = F.binary_cross_entropy_with_logits(distance, wanted, reduction="none")
        stands_out = torch.sigmoid(identification(self.items[targets], self.items[others]))
        identity = F.binary_cross_entropy_with_logits(identification(own, other), stands_out, reduction="none")
        weights, by = self.weights[targets], self.settings
        value = -F.logsigmoid(distance).mean() + by["rating"] * rating
        return value + (weights * (by["ranking"] * ranking + by["identification"] * identity)).mean()

    def new_items(self) -> NewItems:
        """Student vectors of all items, and the student's tower of users."""

        @torch.no_grad()
        def users(vectors: np.ndarray) -> np.ndarray:
            self.eval()
            return self.user_tower(torch.from_numpy(vectors)).numpy()

        return NewItems(self.item_tower(self.content).numpy(), users)


def identification(items: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
    """(batch,): the product of each item vector with itself, less the mean of those with the others (batch, dim)."""
    return (items * items).sum(1) - items @ others.mean(0)


def teacher_weights(backbone: Backbone) -> np.ndarray:
    """(n_items + 1,) float32: tanh of M times an item's frequency, over the mean frequency.

    The frequency counts its purchases, each divided by how many its user made."""
    split = backbone.split
    lengths = np.repeat(split.train_ends, np.diff(split.dataset.offsets))[split.train_mask()]
    bought = split.dataset.sequence[split.train_mask()]
    frequency = np.bincount(bought, 1 / lengths, minlength=split.dataset.n_items + 1)
    return np.tanh(QUALIFIED * frequency / frequency[backbone.warm].mean()).astype(np.float32)
