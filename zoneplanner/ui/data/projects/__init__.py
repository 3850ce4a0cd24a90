"""Projects: new, opened, shared, backed up."""
