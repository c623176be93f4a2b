"""First tab: gallery, history, three rows of recommendations.

What only this tab shows enters here.
"""
