"""What people bring, turned into a dataset folder: a zip, or a CSV with its pictures.

archive takes the files in within limits, pictures opens each picture once, upload asks `molar.data` for the checks.
"""
