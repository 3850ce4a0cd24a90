"""JSON as it is hashed and stored: without spaces, one text for one value."""

import json
from collections.abc import Callable
from json import encoder


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
