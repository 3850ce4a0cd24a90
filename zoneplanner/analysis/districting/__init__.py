"""Zones for sites: heuristics, bounds and the proof that no better plan exists."""
