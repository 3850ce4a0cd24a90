"""The command line: one file a subcommand, one JSON object or one table as the answer."""

from zoneplanner.cli.run import main

__all__ = ["main"]
