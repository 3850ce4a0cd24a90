"""Roads from foreign files."""
