"""Foreign shapes: rows, coordinates, repair."""
