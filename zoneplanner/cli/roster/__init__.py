"""Subcommands of rosters and routes."""
