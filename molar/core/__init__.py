"""What every room needs: errors, progress, column names, atomic files, hashes.

Anything may enter that knows nothing of recommendation and imports nothing heavy.
"""
