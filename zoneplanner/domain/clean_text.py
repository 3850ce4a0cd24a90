"""Text without invisible characters, and JSON in the form in which it is hashed and stored.

Control characters, direction overrides and zero-width characters hide in names and reorder the
text next to them; some of them are commands to a terminal.
"""

import json
import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from json import encoder
from typing import Any

from zoneplanner.messages import Message

INVISIBLE_CHARACTERS = (
    r"\u0001-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f\u00ad\u061c\u180e\u200b"
    r"\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb"
    r"\U000e0000-\U000e007f"
)
"""Removed from every text; the inside of a character class for Python and PostgreSQL."""

_INVISIBLE = re.compile(f"[\0{INVISIBLE_CHARACTERS}]|(?<![^\0-\x7f])[\u200c\u200d]")
"""A joiner (U+200C, U+200D) is legitimate after non-ASCII letters, but only hides after ASCII."""

LINE_SEPARATORS = r"\u0085\u2028\u2029"
"""Line ends other than CR and LF; stored texts contain only LF."""

_LINE_ENDS = re.compile(f"\r\n?|[{LINE_SEPARATORS}]")
_BREAKS = re.compile(r"[\t\n]+")


def fold_for_search(text: str) -> str:
    """Return a string as searches compare it: in lower case, and with apostrophes as typed."""
    return text.casefold().replace("’", "'")


def clean_text(text: str) -> str:
    """Return a string without invisible characters, with LF as its only line end."""
    if text.isascii() and text.isprintable():
        return text
    return _INVISIBLE.sub("", _LINE_ENDS.sub("\n", text))


def clean_name(text: str) -> str:
    """Return a string on a single line: without invisible characters, line breaks and tabs."""
    if text.isascii() and text.isprintable():
        return text
    return _BREAKS.sub(" ", clean_text(text))


_LATIN_LIKE = str.maketrans(
    "авеѕіјкмнорԛсԁтуѵхҮһԝɡαβεηικνορτυχϲ", "abesijkmhopqcdtyvxyhwgabenikvoptuxc"
)
"""Case-folded Cyrillic and Greek letters that look like Latin ones."""


@lru_cache(maxsize=10_000)
def fold_look_alikes(name: str) -> str:
    """Return a key that is equal for names that look the same on a page."""
    wide = unicodedata.normalize("NFKC", clean_name(name)).casefold()
    return " ".join(wide.translate(_LATIN_LIKE).split())


def make_json_encoder(
    *, sort_keys: bool, ensure_ascii: bool = False, allow_nan: bool = False
) -> Callable[[object], str]:
    """Return a function that writes a value as JSON text without spaces.

    A value that contains itself raises a RecursionError. ``json.dumps`` creates its C encoder for
    every call, which takes as long as encoding a short value; here it is created once.
    """
    plain = json.JSONEncoder(
        ensure_ascii=ensure_ascii,
        check_circular=False,
        allow_nan=allow_nan,
        sort_keys=sort_keys,
        separators=(",", ":"),
    )
    make = getattr(encoder, "c_make_encoder", None)
    if make is None:  # a Python without C
        return plain.encode
    quote = encoder.encode_basestring_ascii if ensure_ascii else encoder.encode_basestring
    write = make(None, plain.default, quote, None, ":", ",", sort_keys, False, allow_nan)
    return lambda value: "".join(write(value, 0))


def parse_json(text: object) -> Any:
    """Return the value of JSON from outside. Raises a ValueError for anything that is not JSON.

    Readers of files, columns and replies check their input here, at the edge, so that a TypeError
    or KeyError further in is always a bug of ours and never a damaged file.
    """
    if not isinstance(text, str | bytes):
        raise ValueError(Message("unreadable_json.no_text"))
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError(Message("unreadable_json.nested")) from None


def parse_json_object(text: object) -> dict[str, Any]:
    """Return a JSON object from outside. Raises a ValueError for anything else."""
    value = parse_json(text)
    if not isinstance(value, dict):
        raise ValueError(Message("unreadable_json.no_object"))
    return value
