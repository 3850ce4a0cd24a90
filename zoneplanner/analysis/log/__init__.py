"""The log as arrays, and its times and visits in bulk."""
