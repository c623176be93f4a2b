"""KNN: a new item's vector is the mean of its neighbours' by content, as ColdRec's simplest method has it.

ColdRec is github.com/YuanchenBei/ColdRec; content-neighbours in place of a factor are as old as Gantner et al. 2010.
"""

import numpy as np

from scripts.new_item_peers.backbone import Backbone, NewItems

SPACE = {"neighbours": (5, 1, 2, 10, 20, 50, 100, 200), "scaling": ("pca", "whitened")}


def fit(backbone: Backbone, settings: dict) -> NewItems:
    """The mean of the ID vectors of the `neighbours` warm items whose content has the largest cosine."""
    content, warm = backbone.contents[settings["scaling"]], backbone.warm
    cold = np.flatnonzero(backbone.split.cold)
    near = content[cold] @ content[warm].T  # rows are equally long
    most = min(settings["neighbours"], len(warm))
    chosen = warm[np.argsort(-near, axis=1, kind="stable")[:, :most]]  # (cold, neighbours)
    vectors = np.zeros_like(backbone.items)
    vectors[cold] = backbone.items[chosen].mean(1)
    return NewItems(vectors)
