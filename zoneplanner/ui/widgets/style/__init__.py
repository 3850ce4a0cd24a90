"""Theme, colors, icons, and how values are written."""
