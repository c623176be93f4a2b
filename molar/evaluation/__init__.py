"""Full ranking, metrics, alignment metrics, tests of significance.

Functions of scores and vectors enter here; none that knows a file of results.
"""
