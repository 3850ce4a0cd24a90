"""Export data: layers and tables in the formats of other programs."""
