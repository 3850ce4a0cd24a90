"""Text without what nobody sees: control characters, overrides of direction, zero widths.

Such characters hide in names and reorder what stands beside them; some give orders to a terminal.

JSON as it is hashed and stored: without spaces, one text for one value; and JSON from outside.
"""

import json
import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from json import encoder
from typing import Any

INVISIBLE_CHARACTERS = (
    r"\u0001-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f\u00ad\u061c\u180e\u200b"
    r"\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb"
    r"\U000e0000-\U000e007f"
)
"""What no text keeps, as the inside of a regular expression's class (Python's and PostgreSQL's)."""

_INVISIBLE = re.compile(f"[\0{INVISIBLE_CHARACTERS}]|(?<![^\0-\x7f])[\u200c\u200d]")
"""A joiner (U+200C, U+200D) stays after letters that know it; after others it only hides."""

LINE_SEPARATORS = r"\u0085\u2028\u2029"
"""What ends a line besides CR and LF; a text that is kept has LF alone."""

_LINE_ENDS = re.compile(f"\r\n?|[{LINE_SEPARATORS}]")
_BREAKS = re.compile(r"[\t\n]+")


def clean_text(text: str) -> str:
    """Return a text of lines without invisible characters."""
    if text.isascii() and text.isprintable():
        return text
    return _INVISIBLE.sub("", _LINE_ENDS.sub("\n", text))


def clean_name(text: str) -> str:
    """Return a text that stays on its line: without invisible characters, breaks and tabs."""
    if text.isascii() and text.isprintable():
        return text
    return _BREAKS.sub(" ", clean_text(text))


_LATIN_LIKE = str.maketrans(
    "авеѕіјкмнорԛсԁтуѵхҮһԝɡαβεηικνορτυχϲ", "abesijkmhopqcdtyvxyhwgabenikvoptuxc"
)
"""Cyrillic and Greek letters that look like Latin ones, as they are after folding the case."""


@lru_cache(maxsize=10_000)
def fold_look_alikes(name: str) -> str:
    """Return what a name looks like: two names with one fold cannot be told apart on a page."""
    wide = unicodedata.normalize("NFKC", clean_name(name)).casefold()
    return " ".join(wide.translate(_LATIN_LIKE).split())


def make_json_encoder(
    *, sort_keys: bool, ensure_ascii: bool = False, allow_nan: bool = False
) -> Callable[[object], str]:
    """Return what writes a value as JSON text; a value that holds itself is a RecursionError.

    ``json`` makes its encoder in C anew for each text, which takes as long as a short text; here it
    is made once.
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
    """Return the value of JSON from outside; no text, no JSON, or too deep a one is a ValueError.

    Whoever reads a file, a column or an answer checks what it gets here, at the edge, so that a
    TypeError or KeyError further in is a bug of ours and never somebody's damaged file.
    """
    if not isinstance(text, str | bytes):
        raise ValueError("this is no text")
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("this is nested too deeply") from None


def parse_json_object(text: object) -> dict[str, Any]:
    """Return an object of JSON from outside; anything else is a ValueError."""
    found = parse_json(text)
    if not isinstance(found, dict):
        raise ValueError("this is no object")
    return found
