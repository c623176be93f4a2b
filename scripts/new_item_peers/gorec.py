"""GoRec (Bai et al., GoRec: A Generative Cold-start Recommendation Framework, ACM MM 2023).

A conditional variational autoencoder of the ID vectors given the content: the posterior reads both, the prior content alone,
the decoder content and a latent. A uniformity term (Wang and Isola, arXiv 2005.10242) spreads the posterior's means. A new
item has no ID vector for the posterior to read, so it reads the mean ID vector of the items of its cluster by content. The
divergence is here the closed form between two Gaussians, where the paper's code compares samples.
"""

import numpy as np
import torch
import torch.nn.functional as F
from scipy.cluster.vq import kmeans2
from torch import nn

from scripts.new_item_peers.backbone import Backbone, NewItems

# The first trial takes the first values: those of public code, where it names them.
SPACE = {
    "divergence": (10.0, 0.01, 0.1, 1.0),
    "uniformity": (5.0, 0.1, 1.0),
    "clusters": (50, 20, 100),
    "dropout": (0.0, 0.2),  # of the content that the decoder reads
    "lr": (1e-3, 3e-3),
    "scaling": ("pca", "whitened"),
}
ITEMS = 512  # a batch, drawn from the warm items


class GoRec(nn.Module):
    """ID vectors (n, dim) and content (n, width) → ID vectors (n, dim)."""

    def __init__(self, backbone: Backbone, settings: dict):
        super().__init__()
        self.settings, self.warm = settings, backbone.warm
        content = backbone.contents[settings["scaling"]]
        self.scale = float(np.sqrt((backbone.items[self.warm] ** 2).mean()))  # what is learnt has mean square one
        self.content, self.items = torch.from_numpy(content), torch.from_numpy(backbone.items / self.scale)
        self.of_clusters = torch.from_numpy(cluster_means(content, backbone, settings["clusters"]) / self.scale)
        width, dim = content.shape[1], self.items.shape[1]
        self.posterior = nn.Sequential(_mixed(width + dim, dim), nn.Linear(dim, 2 * dim))
        self.prior = nn.Linear(width, 2 * dim)
        self.decoder = nn.Sequential(_mixed(width + dim, dim), nn.Linear(dim, dim))
        self.dropout = nn.Dropout(settings["dropout"])

    def loss(self, states: torch.Tensor, targets: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
        """A scalar over a batch of warm items: it reads neither user vectors nor what came next."""
        numbers = torch.from_numpy(rng.choice(self.warm, min(ITEMS, len(self.warm)), replace=False))
        content, items = self.content[numbers], self.items[numbers]
        mean, log_variance = self.posterior(torch.cat([content, items], 1)).chunk(2, 1)
        latent = mean + torch.randn_like(mean) * (log_variance / 2).exp()
        made = self.decoder(torch.cat([self.dropout(content), latent], 1))
        divergence = gaussian_divergence(mean, log_variance, *self.prior(content).chunk(2, 1))
        return (
            F.mse_loss(made, items)
            + self.settings["divergence"] * divergence
            + self.settings["uniformity"] * uniformity(mean)
        )

    def new_items(self) -> NewItems:
        """Decoded from the posterior's mean over each item's content and the mean ID vector of its cluster."""
        mean, _ = self.posterior(torch.cat([self.content, self.of_clusters], 1)).chunk(2, 1)
        return NewItems(self.decoder(torch.cat([self.content, mean], 1)).numpy() * self.scale)


def _mixed(width: int, dim: int) -> nn.Module:
    return nn.Sequential(nn.Linear(width, dim, bias=False), nn.BatchNorm1d(dim), nn.Tanh())


def gaussian_divergence(
    mean: torch.Tensor, log_variance: torch.Tensor, other_mean: torch.Tensor, other_log_variance: torch.Tensor
) -> torch.Tensor:
    """Kullback-Leibler divergence of diagonal Gaussians (n, dim) from others, the mean over n and dim."""
    distance = (mean - other_mean) ** 2 / other_log_variance.exp()
    ratio = log_variance - other_log_variance
    return (ratio.exp() + distance - 1 - ratio).mean() / 2


def uniformity(vectors: torch.Tensor) -> torch.Tensor:
    """The logarithm of the mean of exp(−2 d²) over pairs of directions of vectors (n, dim)."""
    directions = F.normalize(vectors, dim=1)
    nearness = (4 * (directions @ directions.T) - 4).exp()  # d² is 2 − 2 cos
    return nearness.triu(1).sum().mul(2 / (len(vectors) * (len(vectors) - 1))).log()


def cluster_means(content: np.ndarray, backbone: Backbone, clusters: int) -> np.ndarray:
    """(n_items + 1, dim): the mean ID vector of the warm items in each item's cluster, by k-means of the warm content."""
    warm = backbone.warm
    centres, labels = kmeans2(content[warm], min(clusters, len(warm)), minit="++", seed=0)
    filled = np.unique(labels)
    means = np.stack([backbone.items[warm[labels == one]].mean(0) for one in filled])
    centres = centres[filled]
    nearest = ((centres**2).sum(1) - 2 * content @ centres.T).argmin(1)
    return means[nearest].astype(np.float32)
