"""The window itself: docks, workspaces, search, status."""
