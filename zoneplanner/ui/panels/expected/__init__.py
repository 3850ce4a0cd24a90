"""Coverage as the model expects it: conditions, units, fewer units, and the next moves."""

from zoneplanner.ui.panels.expected.panel import ExpectedPanel

__all__ = ["ExpectedPanel"]
