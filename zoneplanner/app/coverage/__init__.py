"""Coverage as observed and as expected, for a plan and a period."""
