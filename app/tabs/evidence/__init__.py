"""Fourth tab: results as tables and curves.

How a visitor chooses among results enters here; what is shown is drawn by `molar.reporting`.
"""
