"""Observed coverage: figures of the log by site, zone, unit and week, each with its count."""
