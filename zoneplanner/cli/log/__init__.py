"""Subcommands of the log and of observed coverage."""
