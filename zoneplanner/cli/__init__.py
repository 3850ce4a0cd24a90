"""The command line: one file per subcommand; the answer is one JSON object or one table."""

from zoneplanner.cli.run import main

__all__ = ["main"]
