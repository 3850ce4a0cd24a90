"""Gestures on the map: they know the pointer and nothing of the rules."""
