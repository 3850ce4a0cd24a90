"""Domain values as JSON and as columns of rows, by the types that their dataclasses declare.

How a type is stored is stated here once, so that a new field of a dataclass needs no code but a
column. Decoding trusts nothing: what does not fit is a ValueError, and any other exception a bug.
"""

import base64
import json
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime, time
from enum import StrEnum
from functools import cache
from types import NoneType
from typing import Any, NamedTuple, cast, get_args, get_origin, get_type_hints

from shapely.geometry import Point

from zoneplanner.domain.calendar.bells import BellTimes
from zoneplanner.domain.calendar.school_calendar import DateRange
from zoneplanner.domain.clean_text import clean_name, clean_text
from zoneplanner.domain.roster.shift import AvailabilityPeriod, RuleOverride
from zoneplanner.storage.records import StoredRow, encode_json, format_stored_time

_STORED_AS_LIST = (AvailabilityPeriod, BellTimes, DateRange, RuleOverride)
"""Dataclasses of which JSON holds the values in the order of the fields; of others by name."""

_COLUMN_NAMES = {"color": "colour", "area": "geom", "geometry": "geom"}
"""Fields whose column has another name; the schema keeps its spelling."""

_MOST_UNPACKED_BYTES = 1 << 30


class Codec(NamedTuple):
    """How a value is stored and read back."""

    encode: Callable[[Any], Any]
    decode: Callable[[Any], Any]


def _check_type(value: Any, *kinds: type) -> Any:
    if not isinstance(value, kinds):
        raise ValueError(f"{value!r:.40} is no {kinds[0].__name__}")
    return value


def _plain(*kinds: type) -> Codec:
    return Codec(lambda value: value, lambda value: _check_type(value, *kinds))


def _text(encode: Callable[[Any], str], decode: Callable[[str], Any]) -> Codec:
    return Codec(encode, lambda value: decode(_check_type(value, str)))


def _unpack_bytes(text: str) -> bytes:
    try:
        return zlib.decompressobj().decompress(base64.b64decode(text), _MOST_UNPACKED_BYTES)
    except zlib.error as error:
        raise ValueError(str(error)) from None


_JSON_CODECS = {
    str: _plain(str),
    bool: _plain(bool),
    int: _plain(int, float),
    float: _plain(float, int),
    date: _text(date.isoformat, date.fromisoformat),
    datetime: _text(format_stored_time, datetime.fromisoformat),
    time: _text(lambda clock: clock.isoformat(timespec="minutes"), time.fromisoformat),
    bytes: _text(lambda value: base64.b64encode(zlib.compress(value)).decode(), _unpack_bytes),
}
_COLUMN_CODECS: dict[Any, Codec] = {
    str: _plain(str),
    bool: _plain(bool, int),
    int: _plain(int),
    float: _plain(float, int),
}
_AS_IT_IS = Codec(lambda value: value, lambda value: value)


@cache
def make_json_codec(hint: Any) -> Codec:
    """Return how values of a type are written as JSON."""
    kind, args = get_origin(hint) or hint, get_args(hint)
    if NoneType in args:
        return _make_optional(make_json_codec(args[0]))
    if kind in _JSON_CODECS:
        return _JSON_CODECS[kind]
    if kind in (tuple, frozenset):
        item, order = make_json_codec(args[0]), sorted if kind is frozenset else list
        return Codec(
            lambda values: [item.encode(one) for one in order(values)],
            lambda values: kind(item.decode(one) for one in _check_type(values, list)),
        )
    if kind is Mapping:
        item = make_json_codec(args[1])
        return Codec(
            lambda values: {key: item.encode(one) for key, one in values.items()},
            lambda values: {
                key: item.decode(one) for key, one in _check_type(values, dict).items()
            },
        )
    if issubclass(kind, StrEnum):
        return _text(str, kind)
    return _make_dataclass_codec(kind)


_NAME_TEXTS = (
    *("name", "title", "label", "short", "grades", "street", "city", "zip", "phone", "contact"),
    *("publisher", "vintage", "terms", "source", "by", "answered_by"),
)
_LINES_TEXTS = ("note", "enrollment_note", "staff_note", "public_note", "text", "reason", "why")
TEXT_CLEANERS: dict[str, Callable[[str], str]] = {
    **dict.fromkeys(_NAME_TEXTS, clean_name),
    **dict.fromkeys(_LINES_TEXTS, clean_text),
}
"""Fields that hold text for people: written and read without invisible characters.

Ids and what names them stay as they are, so that they go on finding each other.
"""


def _make_field_codec(name: str, hint: Any, make: Callable[[Any], Codec]) -> Codec:
    """Return how a field's values are stored; ``make`` gives it for a type."""
    codec, clean = make(hint), TEXT_CLEANERS.get(name)
    if clean is None or str not in (hint, *get_args(hint)):
        return codec

    def cleaned(value: Any) -> Any:
        return clean(value) if isinstance(value, str) else value

    return Codec(
        lambda value: codec.encode(cleaned(value)), lambda value: cleaned(codec.decode(value))
    )


def _make_optional(codec: Codec) -> Codec:
    return Codec(
        lambda value: None if value is None else codec.encode(value),
        lambda value: None if value is None else codec.decode(value),
    )


def _make_dataclass_codec(kind: type) -> Codec:
    codecs = {
        name: _make_field_codec(name, hint, make_json_codec)
        for name, hint in _list_fields(kind).items()
    }
    required = {field.name for field in fields(kind) if _is_required(field)}

    def encode(value: Any) -> dict[str, Any]:
        return {name: codec.encode(getattr(value, name)) for name, codec in codecs.items()}

    def decode(values: Any) -> Any:
        if kind in _STORED_AS_LIST:
            values = dict(zip(codecs, _check_type(values, list), strict=True))
        named = _check_type(values, dict).keys()
        if odd := (named - codecs.keys()) | (required - named):
            raise ValueError(f"{min(odd)} is unknown or missing")
        return kind(**{name: codecs[name].decode(value) for name, value in values.items()})

    if kind in _STORED_AS_LIST:
        return Codec(lambda value: list(encode(value).values()), decode)
    return Codec(encode, decode)


def _is_required(field: Any) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _list_fields(kind: type) -> dict[str, Any]:
    """Return the types of a dataclass's fields by name."""
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}


def make_json_text_codec(hint: Any) -> Codec:
    """Return how values of a type are written as the text of JSON."""
    codec = make_json_codec(hint)
    return _text(
        lambda value: encode_json(codec.encode(value)), lambda text: codec.decode(json.loads(text))
    )


def _make_column_codec(hint: Any) -> Codec:
    """Return how values of a type are in a column; the database knows numbers, days and shapes."""
    kind, args = get_origin(hint) or hint, get_args(hint)
    if NoneType in args:
        return _make_optional(_make_column_codec(args[0]))
    if kind in (tuple, frozenset, Mapping):
        return make_json_text_codec(hint)
    if kind in (datetime, time) or (isinstance(kind, type) and issubclass(kind, StrEnum)):
        return make_json_codec(hint)
    return _COLUMN_CODECS.get(kind, _AS_IT_IS)


class RowCodec:
    """How the values of a dataclass are columns of a row.

    A position (``x_m``, ``y_m``) is the geometry; a dataclass that may be missing has columns of
    its own behind the name of its field, all NULL where it is. ``but`` are fields stored elsewhere.
    """

    def __init__(self, kind: type, *, but: Iterable[str] = ()) -> None:
        self.kind = kind
        hints = {name: hint for name, hint in _list_fields(kind).items() if name not in but}
        self._is_placed = hints.pop("x_m", None) is not None and bool(hints.pop("y_m"))
        self._embedded = {
            name: RowCodec(cast(type, inner))
            for name, hint in hints.items()
            if NoneType in get_args(hint) and is_dataclass(inner := get_args(hint)[0])
        }
        self._columns = {
            _COLUMN_NAMES.get(name, name): (name, _make_field_codec(name, hint, _make_column_codec))
            for name, hint in hints.items()
            if name not in self._embedded
        }

    def encode(self, value: Any) -> StoredRow:
        """Return the columns of a value."""
        row = {
            column: codec.encode(getattr(value, name))
            for column, (name, codec) in self._columns.items()
        }
        if self._is_placed:
            row["geom"] = Point(value.x_m, value.y_m)
        for name, inner in self._embedded.items():
            part = getattr(value, name)
            own = dict.fromkeys(inner._columns) if part is None else inner.encode(part)
            row |= {f"{name}_{column}": one for column, one in own.items()}
        return row

    def decode_fields(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return the fields that a row has."""
        values = {
            name: codec.decode(row[column]) for column, (name, codec) in self._columns.items()
        }
        if self._is_placed:
            values |= {"x_m": row["geom"].x, "y_m": row["geom"].y}
        for name, inner in self._embedded.items():
            own = {column: row[f"{name}_{column}"] for column in inner._columns}
            values[name] = None if None in own.values() else inner.decode(own)
        return values

    def decode(self, row: Mapping[str, Any]) -> Any:
        """Return the value of a row."""
        return self.kind(**self.decode_fields(row))
