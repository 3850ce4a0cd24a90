"""The inner loops of the search."""
