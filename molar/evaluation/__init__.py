"""Full ranking, metrics, alignment metrics, tests of significance. Imports storage and below."""
