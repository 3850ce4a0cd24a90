"""Subcommands of readiness."""
