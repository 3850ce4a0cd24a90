"""The only place that prints to a terminal, without control characters from names and notes."""

import re
import sys
from io import TextIOWrapper
from typing import TextIO

from zoneplanner.domain.clean_text import INVISIBLE_CHARACTERS, clean_text

_HIDDEN_IN_JSON = re.compile(f"[{INVISIBLE_CHARACTERS}\u2028\u2029\x85]")


def accept_every_character() -> None:
    """Show a character's number if the terminal lacks it, instead of ending with an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def print_line(text: str, *, file: TextIO | None = None) -> None:
    """Print one or more lines without invisible characters, by default to standard output."""
    print(clean_text(text), file=file or sys.stdout, flush=True)


def print_error_line(text: str) -> None:
    """Print a line on standard error."""
    print_line(text, file=sys.stderr)


def print_json(text: str) -> None:
    """Print JSON with invisible characters as escapes, which means the same."""
    escaped = _HIDDEN_IN_JSON.sub(lambda match: _escape_for_json(match[0]), text)
    print(escaped, flush=True)


def _escape_for_json(character: str) -> str:
    """Return a character as JSON writes it in ASCII."""
    units = character.encode("utf-16-be")
    return "".join(f"\\u{int.from_bytes(units[at : at + 2]):04x}" for at in range(0, len(units), 2))
