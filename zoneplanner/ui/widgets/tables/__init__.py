"""The table that every panel shows."""
