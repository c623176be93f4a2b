"""Fourth tab: results as tables and curves."""
