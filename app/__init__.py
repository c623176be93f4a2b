"""The page: pick, see three models recommend, see the maps.

What a visitor sees or clicks enters here. No network is defined here; `molar` holds the method.
"""
