"""Subcommands that import, export and change data."""
