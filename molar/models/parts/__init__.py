"""What the content model is put together from: its config, its item side, the residual, decayed means.

A part enters here where `molar.models.content` alone is made of it; layers that several models share are `molar.models.layers`.
"""
