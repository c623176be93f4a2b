"""Ground floor: errors, progress, column names, atomic files, hashes. Imports nothing of the project."""
