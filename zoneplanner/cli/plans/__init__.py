"""Subcommands of plans."""
