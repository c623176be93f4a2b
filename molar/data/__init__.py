"""A dataset folder: read, checked, numbered, split; the texts and pictures of its items.

What follows from the folder alone enters here: nothing that has weights.
"""
