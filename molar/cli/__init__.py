"""`python -m molar VERB`: how the verbs are called and what each does.

Reading of arguments and printing enter here; work is done by the rooms below.
"""
