"""The map's layers: which are shown, in which order, how clear, and where each comes from."""

from zoneplanner.ui.panels.layers.panel import LayersPanel

__all__ = ["LayersPanel"]
