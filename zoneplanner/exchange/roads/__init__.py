"""Roads out of foreign files."""
