"""Actions that need several workspaces."""
