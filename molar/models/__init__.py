"""Recommenders: ID models, the content model (DUEG, §3.4), baselines, one interface for all. Imports encoder and below."""
