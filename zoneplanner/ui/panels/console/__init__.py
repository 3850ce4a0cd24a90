"""The console of the LOG workspace: new incidents, and the board of those that are open."""

from zoneplanner.ui.panels.console.panel import ConsolePanel

__all__ = ["ConsolePanel"]
