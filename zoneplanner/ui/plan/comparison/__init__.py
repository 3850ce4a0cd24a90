"""Two plans compared in place of the map."""
