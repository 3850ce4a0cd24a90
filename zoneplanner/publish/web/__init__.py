"""The web map: one file that opens without a network."""
