"""Plans of zones: their life, locks, edits, what-ifs and checks."""
