"""Losses, post-alignment (Eq. 4), the one training loop, alone or distributed.

What recommenders are trained by enters here; what trains the encoder is in `molar.finetune`.
"""
