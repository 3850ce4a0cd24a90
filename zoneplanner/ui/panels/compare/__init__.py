"""Two plans compared in place of the map."""

from zoneplanner.ui.panels.compare.comparing import Comparing

__all__ = ["Comparing"]
