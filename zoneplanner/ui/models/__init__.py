"""Qt item models, one a table."""
