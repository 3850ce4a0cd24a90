"""School days, bells, and local time."""
