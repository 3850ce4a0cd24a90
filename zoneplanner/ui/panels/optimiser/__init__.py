"""Propose zones: what to ask for, how far the proof is, what came of it and why."""

from zoneplanner.ui.panels.optimiser.panel import OptimiserPanel

__all__ = ["OptimiserPanel"]
