"""Tools of the map: they know gestures and nothing of the rules."""
