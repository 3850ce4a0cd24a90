"""The window itself: layout, workspaces, search, status."""
