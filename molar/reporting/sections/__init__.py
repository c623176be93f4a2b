"""Sections of a results file that have a module each: how new items are ranked, what training costs.

What several sections share stays in the room above; a section enters here where it reads more than rows alone.
"""
