"""Where a project lives: one schema, one Store."""
