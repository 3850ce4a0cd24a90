"""The guarded process that reads foreign files, with its limits."""
