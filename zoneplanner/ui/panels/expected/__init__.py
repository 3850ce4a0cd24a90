"""Coverage as the model expects it: conditions, units, fewer units, and the next moves."""

from zoneplanner.ui.panels.expected.panel import ExpectedResponsePanel

__all__ = ["ExpectedResponsePanel"]
