"""Trained models measured side by side and written to files of results.

One module a report; the shape of a row is in `molar.experiments.results`. How a report looks is `molar.reporting`.
"""
