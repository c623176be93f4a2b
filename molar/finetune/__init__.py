"""Fine-tuning of the item encoder on a dataset's own texts, pictures and histories.

Its tasks, samples, losses and schedule enter here; the loop is that of `molar.training`.
"""
