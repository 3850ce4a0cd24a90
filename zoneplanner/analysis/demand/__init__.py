"""The demand of sites: assumed calls, and calls learned from the log."""
