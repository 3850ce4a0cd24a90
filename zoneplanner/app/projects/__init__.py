"""Projects: created, opened, shared, backed up, filled with samples."""
