"""Finished models joined to one, with weights chosen on validation.

What trains or fits its own members and says how their scores are added enters here; the sum itself is
`molar.evaluation.score_fusion`.
"""
