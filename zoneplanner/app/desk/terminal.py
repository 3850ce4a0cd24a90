"""The one place that prints to a terminal: names and notes give it no orders there."""

import re
import sys
from io import TextIOWrapper
from typing import TextIO

from zoneplanner.domain.clean_text import INVISIBLE_CHARACTERS, clean_text

_HIDDEN_IN_JSON = re.compile(f"[{INVISIBLE_CHARACTERS}\u2028\u2029\x85]")


def accept_every_character() -> None:
    """Let a terminal that lacks a character show its number, where Python would end."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def print_line(text: str, *, file: TextIO | None = None) -> None:
    """Print a line, or several, without invisible characters; on standard output if not told."""
    print(clean_text(text), file=file or sys.stdout, flush=True)


def print_error_line(text: str) -> None:
    """Print a line on standard error."""
    print_line(text, file=sys.stderr)


def print_json(text: str) -> None:
    """Print JSON, whose invisible characters are written as escapes: it says the same."""
    escaped = _HIDDEN_IN_JSON.sub(lambda found: _escape_for_json(found[0]), text)
    print(escaped, flush=True)


def _escape_for_json(character: str) -> str:
    """Return a character as JSON writes it in ASCII."""
    units = character.encode("utf-16-be")
    return "".join(f"\\u{int.from_bytes(units[at : at + 2]):04x}" for at in range(0, len(units), 2))
