"""Pre-trained multimodal language models behind one interface: found, fetched, loaded in few bits.

What differs from one backbone to the next enters here, so that the rooms above need not ask which one they have.
"""
