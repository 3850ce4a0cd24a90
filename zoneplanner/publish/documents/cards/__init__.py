"""Cards with a unit's stops of a day in order, for the desk, the night and the visor."""
