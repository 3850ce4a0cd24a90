"""Subcommands that carry data in and out."""
