"""One dialog for every file that comes in."""
