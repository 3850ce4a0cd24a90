"""What stands on the map without being part of it: scale bar, legend, the card at the pointer."""
