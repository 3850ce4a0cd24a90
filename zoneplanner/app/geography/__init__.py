"""The map's layers and themes, basemaps, web tiles, travel times and connections of sites."""
