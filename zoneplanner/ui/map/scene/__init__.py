"""What is drawn on the map, layer by layer."""
