"""The words of the page, in one place: a module a tab, and what several of them say in `common`.

Every sentence that a visitor reads enters here, and nothing else.
"""
