"""Subcommands of a project as a whole."""
