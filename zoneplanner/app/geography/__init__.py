"""The map's layers, what sites are colored by, web tiles, and where travel times come from."""
