"""The comparison of two plans, which replaces the map while it is open."""
