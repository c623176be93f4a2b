"""Trained models on disk: saved, found, and refused where they belong to other data. Imports models and below."""
