"""Molar: next-item recommendation from text and pictures, post-aligned with collaborative filtering.

The modules read in the order of the method: data, split, backbone, encoder, cache, tune, id_models, user_encoder,
alignment, train, evaluate, index, maps. Source of the method: arXiv 2412.18176.
"""

from molar.core.version import __version__

__all__ = ["__version__"]
