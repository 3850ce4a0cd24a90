"""Zones proposed: what to ask for, how far the proof is, what came of it."""
