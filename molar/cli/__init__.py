"""`python -m molar VERB`: how the verbs are called and what each does. Imports everything below; nothing imports it."""
