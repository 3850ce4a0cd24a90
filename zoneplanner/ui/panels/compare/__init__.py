"""Two plans compared in place of the map."""

from zoneplanner.ui.panels.compare.comparing import ComparisonController

__all__ = ["ComparisonController"]
