"""The parts of the window around the map: work panel, drawer, card, and what lies over the map."""
