"""The page: pick, see three models recommend, see the maps. No network is defined here; `molar` holds the method."""
