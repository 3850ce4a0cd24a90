"""Projects as a whole: created, shared, backed up, set up, and rolled over to a new year."""
