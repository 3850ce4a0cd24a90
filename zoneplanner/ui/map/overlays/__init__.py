"""What stands over the map: scale bar, legend, cards, attribution."""
