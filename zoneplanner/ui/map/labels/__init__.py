"""Text on the map: what is written, where it fits, how it looks."""
