"""Golden tests: what the shipped demo and results/ say, recorded, so that the code can be rearranged and nothing else changes."""
