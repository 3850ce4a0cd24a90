"""Cards of a unit: its stops of a day in order, for the desk, the night and the visor."""
