"""The Publish page: for whom, what leaves, what it looks like, and where it goes."""

from zoneplanner.ui.panels.publish.panel import PublishPanel

__all__ = ["PublishPanel"]
