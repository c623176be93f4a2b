"""Third tab: the users' maps before and after alignment, and the numbers beside them.

What only this tab shows enters here.
"""
