"""The console: new incidents, and the board of those that are open."""
