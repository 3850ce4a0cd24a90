"""Work and calls that sites make: planned visits, and calls learned from the log."""
