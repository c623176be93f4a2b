"""Second tab: what did they choose next?

What only this tab shows enters here.
"""
