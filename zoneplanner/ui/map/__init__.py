"""The map: a native canvas of zones, sites and lines that needs no network."""
