"""JSON text for hashing: one text per value, the same as the json module writes."""

import json
import math

import pytest

from zoneplanner.domain.clean_text import make_json_encoder

VALUES = (
    {"b": [1, 0.001, True, None, "café “x”\u2028\n\\"], "a": {"z": (), "y": ""}, "c": 10**20},
    "only a text",
    [],
    -0.0,
)


@pytest.mark.parametrize("value", VALUES, ids=str)
@pytest.mark.parametrize("ascii_only", [False, True])
@pytest.mark.parametrize("sort_keys", [False, True])
def test_the_encoder_writes_what_the_json_module_writes(
    value: object, ascii_only: bool, sort_keys: bool
) -> None:
    encode = make_json_encoder(sort_keys=sort_keys, ensure_ascii=ascii_only)
    usual = json.dumps(value, ensure_ascii=ascii_only, sort_keys=sort_keys, separators=(",", ":"))
    assert encode(value) == usual


def test_values_that_json_lacks_are_rejected() -> None:
    encode = make_json_encoder(sort_keys=True)
    with pytest.raises(ValueError, match="JSON compliant"):
        encode([math.nan])
    with pytest.raises(TypeError):
        encode(b"bytes")
    endless: list[object] = []
    endless.append(endless)
    with pytest.raises(RecursionError):
        encode(endless)
