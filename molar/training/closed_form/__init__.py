"""Models that are solved instead of trained: their few numbers chosen on validation, saved as others are.

What has no gradient enters here; the formulas themselves are in `molar.models`.
"""
