"""Fifth tab: a visitor's own catalogue.

What only this tab shows enters here, and what visitors bring while it is here.
"""
