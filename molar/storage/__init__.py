"""Trained models on disk: saved, found, and refused where they belong to other data.

Whoever reads or writes a checkpoint folder does it through this room.
"""
