"""Tables and the exact text of every schema version."""
