"""Recommenders: ID models, the content model (DUEG, §3.4), baselines, behind one interface (`molar.models.interface`).

A model, its config and its layers enter here; how it is trained, stored or measured does not.
"""
