"""The words of the page, in one place.

Every sentence that a visitor reads enters here, and nothing else.
"""
