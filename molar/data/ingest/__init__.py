"""What people bring, turned into a dataset folder: a zip, a CSV with its pictures.

One module a source; what it writes is checked by `molar.data`, not here.
"""
