"""Write a whole project as rows by table, and read it back.

Codecs are built from the types that the dataclasses declare, so that a new field needs a column
and no code. Decoding trusts nothing: a value that does not fit is a ValueError, any other
exception a bug.
"""

import base64
import dataclasses
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date, datetime, time
from enum import StrEnum
from functools import cache, cached_property
from types import NoneType
from typing import Any, NamedTuple, TypeVar, cast, get_args, get_origin, get_type_hints

from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from zoneplanner.domain.calendar.bells import BellTimes
from zoneplanner.domain.calendar.school_calendar import DateRange
from zoneplanner.domain.calendar.year_rollover import YearRollover
from zoneplanner.domain.clean_text import clean_name, clean_text, parse_json
from zoneplanner.domain.demand import DemandChoice
from zoneplanner.domain.geography.site import Block, Connections, Jurisdiction, Site
from zoneplanner.domain.import_mappings import ImportMappings
from zoneplanner.domain.locale_formats import Preferences
from zoneplanner.domain.log.days_on_record import RecordKeeping
from zoneplanner.domain.log.response_action_terms import DistrictTerms
from zoneplanner.domain.log.visit_rule import VisitRule
from zoneplanner.domain.plans.plan import Pin, Plan, PlanLock, WhatIfChange, Zone
from zoneplanner.domain.project import Feature, Layer, Project
from zoneplanner.domain.readiness.rule_pack import DistrictRules, InstalledRules, RuleChoices
from zoneplanner.domain.roster.hours_rules import HoursRules
from zoneplanner.domain.roster.roster_rules import RosterRules
from zoneplanner.domain.roster.shift import (
    AvailabilityPeriod,
    Officer,
    RosterPost,
    RuleOverride,
    Shift,
    ShiftSwap,
)
from zoneplanner.domain.units import Agency, OfficeDirectory, Unit, UnitAccess
from zoneplanner.messages import Message, find_reason
from zoneplanner.storage.backend import StoredRow, StoredRows, format_stored_time
from zoneplanner.storage.hash_chain import encode_json
from zoneplanner.storage.schema.tables import KEY_COLUMNS

_STORED_AS_LIST = (AvailabilityPeriod, BellTimes, DateRange, RuleOverride)
"""Dataclasses that JSON stores as a list in the order of their fields; others by name."""

_COLUMN_NAMES = {"color": "colour", "area": "geom", "geometry": "geom"}
"""Fields whose column has another name; the schema keeps its spelling."""

_MOST_UNPACKED_BYTES = 1 << 30


class Codec(NamedTuple):
    """How a value is stored and read back."""

    encode: Callable[[Any], Any]
    decode: Callable[[Any], Any]


def _check_type(value: Any, *kinds: type) -> Any:
    if not isinstance(value, kinds):
        facts = {"value": f"{value!r:.40}", "type": kinds[0].__name__}
        raise ValueError(Message("unreadable_value.other_type", **facts))
    return value


def read_row_order(row: Mapping[str, Any]) -> int:
    """Return the position of a row; a file may hold anything in that column."""
    position: int = _check_type(row.get("position"), int)
    return position


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
    """Return the codec between values of a type and JSON."""
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
    "name",
    "title",
    "label",
    "short",
    "grades",
    "street",
    "city",
    "zip",
    "phone",
    "contact",
    "publisher",
    "vintage",
    "terms",
    "source",
    "by",
    "answered_by",
)
_LINES_TEXTS = ("note", "enrollment_note", "staff_note", "public_note", "text", "reason", "why")
TEXT_CLEANERS: dict[str, Callable[[str], str]] = {
    **dict.fromkeys(_NAME_TEXTS, clean_name),
    **dict.fromkeys(_LINES_TEXTS, clean_text),
}
"""Fields with text for people, which are written and read without invisible characters.

Ids and references stay unchanged, so that they still match.
"""


def _make_field_codec(name: str, hint: Any, make: Callable[[Any], Codec]) -> Codec:
    """Return the codec of a field; ``make`` returns the codec of a type."""
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
            raise ValueError(Message("unreadable_value.unknown_or_missing", name=min(odd)))
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
    """Return the codec between values of a type and JSON text."""
    codec = make_json_codec(hint)
    return _text(
        lambda value: encode_json(codec.encode(value)), lambda text: codec.decode(parse_json(text))
    )


def _make_column_codec(hint: Any) -> Codec:
    """Return the codec of a column; the database itself stores numbers, days and geometries."""
    kind, args = get_origin(hint) or hint, get_args(hint)
    if NoneType in args:
        return _make_optional(_make_column_codec(args[0]))
    if kind in (tuple, frozenset, Mapping):
        return make_json_text_codec(hint)
    if kind in (datetime, time) or (isinstance(kind, type) and issubclass(kind, StrEnum)):
        return make_json_codec(hint)
    if issubclass(kind, BaseGeometry):
        return _plain(kind)
    return _COLUMN_CODECS.get(kind, _AS_IT_IS)


class RowCodec:
    """The codec between a dataclass and the columns of a row.

    A position (``x_m``, ``y_m``) is stored as the geometry. An optional dataclass has columns of
    its own, prefixed with the name of its field, all NULL if it is None. ``but`` names fields
    that are stored elsewhere.
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

        self._names: set[str] = {
            *self._columns,
            *(["geom"] if self._is_placed else []),
            *(f"{name}_{column}" for name, one in self._embedded.items() for column in one._names),
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
        """Return the fields of a row; a missing column is a ValueError."""
        if missing := self._names - row.keys():
            raise ValueError(Message("unreadable_value.missing", name=min(missing)))
        values = {
            name: codec.decode(row[column]) for column, (name, codec) in self._columns.items()
        }
        if self._is_placed:
            point = _check_type(row["geom"], Point)
            values |= {"x_m": point.x, "y_m": point.y}
        for name, inner in self._embedded.items():
            own = {column: row[f"{name}_{column}"] for column in inner._columns}
            values[name] = None if None in own.values() else inner.decode(own)
        return values

    def decode(self, row: Mapping[str, Any]) -> Any:
        """Return the value of a row."""
        return self.kind(**self.decode_fields(row))


_Item = TypeVar("_Item")
_RowsByTable = dict[str, list[StoredRow]]

META_FIELDS = ("name", "preset", "time_zone")
"""Editable text fields of the project, stored in ``app_meta``."""


@dataclass(frozen=True, slots=True)
class PartTable:
    """A table with a row for each member of a field of another table's items."""

    field: str
    encode: Callable[[Any], Iterator[StoredRow]]
    decode: Callable[[StoredRows], Any]


def _pairs(field: str, key: str, value: str, codec: Codec) -> PartTable:
    """Return the part for a mapping from a string to a value, such as site to zone."""
    return PartTable(
        field,
        lambda members: ({key: name, value: codec.encode(one)} for name, one in members.items()),
        lambda rows: {_check_type(row.get(key), str): codec.decode(row.get(value)) for row in rows},
    )


def _texts(field: str, column: str) -> PartTable:
    """Return the part for strings, in alphabetical order."""
    return PartTable(
        field,
        lambda members: ({column: one} for one in members),
        lambda rows: tuple(sorted(_check_type(row.get(column), str) for row in rows)),
    )


def _keyed(field: str, kind: type, key_of: Callable[[Any], str]) -> PartTable:
    """Return the part for a mapping whose values contain their key."""
    codec = RowCodec(kind)
    return PartTable(
        field,
        lambda members: map(codec.encode, members.values()),
        lambda rows: {key_of(one): one for one in map(codec.decode, rows)},
    )


def _beside(field: str, key: str, kind: type) -> PartTable:
    """Return the part for a mapping whose key has a column of its own."""
    codec = RowCodec(kind)
    return PartTable(
        field,
        lambda members: ({key: name, **codec.encode(one)} for name, one in members.items()),
        lambda rows: {_check_type(row.get(key), str): codec.decode(row) for row in rows},
    )


def _ordered(field: str, kind: type) -> PartTable:
    """Return the part for a sequence of values."""
    codec = RowCodec(kind)
    return PartTable(
        field,
        lambda members: (
            {**codec.encode(one), "position": place} for place, one in enumerate(members)
        ),
        lambda rows: tuple(map(codec.decode, sorted(rows, key=read_row_order))),
    )


@dataclass(frozen=True)
class ItemTable:
    """A table with the items of one of the project's mappings by id, in their order.

    Fields with many members are in the tables ``parts``.
    """

    field: str
    kind: type
    parts: Mapping[str, PartTable] = dataclasses.field(default_factory=dict)

    @cached_property
    def codec(self) -> RowCodec:
        """The codec of an item without its parts."""
        return RowCodec(self.kind, but=[part.field for part in self.parts.values()])

    def encode_part(self, table: str, key: str, item: Any) -> Iterator[StoredRow]:
        """Return an item's rows in a table of parts; each refers to the item by its key."""
        owner = KEY_COLUMNS[table][0]
        part = self.parts[table]
        return ({owner: key, **row} for row in part.encode(getattr(item, part.field)))

    def decode(self, row: Mapping[str, Any], parts: Mapping[str, StoredRows]) -> Any:
        """Return the item of a row and its rows in the tables of parts."""
        found = {part.field: part.decode(parts.get(name, ())) for name, part in self.parts.items()}
        return self.kind(**self.codec.decode_fields(row), **found)


_TEXT = make_json_codec(str)
ITEM_TABLES = {
    "jurisdiction": ItemTable("jurisdictions", Jurisdiction),
    "site": ItemTable("sites", Site, {"site_alias": _texts("aliases", "alias")}),
    "block": ItemTable("blocks", Block),
    "layer": ItemTable("layers", Layer),
    "agency": ItemTable("agencies", Agency),
    "unit": ItemTable(
        "units",
        Unit,
        {"unit_access": _pairs("access", "jurisdiction", "access", make_json_codec(UnitAccess))},
    ),
    "plan": ItemTable(
        "plans",
        Plan,
        {
            "zone": _ordered("zones", Zone),
            "assignment": _pairs("assignment", "site", "zone", _TEXT),
            "plan_lock": _keyed("locks", PlanLock, lambda lock: lock.key),
            "block_override": _pairs("block_overrides", "block", "zone", _TEXT),
            "plan_pin": _keyed("pins", Pin, lambda pin: pin.uid),
            "plan_site": _beside("what_if", "site", WhatIfChange),
        },
    ),
    "officer": ItemTable("officers", Officer),
    "post": ItemTable("posts", RosterPost),
    "shift": ItemTable("shifts", Shift),
    "swap": ItemTable("swaps", ShiftSwap),
}
OWNER_TABLES = {part: table for table, kind in ITEM_TABLES.items() for part in kind.parts}
"""The table that each table of parts belongs to."""

FEATURE_TABLES = ("feature_area", "feature_line", "feature_point")
_FEATURE_CODEC = RowCodec(Feature)

_DEFAULT_SETTINGS: dict[str, Callable[[], Any] | None] = {
    "assumptions": None,
    "calendar": None,
    "travel": lambda: None,
    "rules": RuleChoices,
    "rule_pack": InstalledRules,
    "district_rules": DistrictRules,
    "visit_rule": VisitRule,
    "officer_files": dict,
    "terms": DistrictTerms,
    "closings": dict,
    "openings": dict,
    "roster_rules": RosterRules,
    "hours_rules": HoursRules,
    "demand": DemandChoice,
    "records": RecordKeeping,
    "connections": Connections,
    "directory": OfficeDirectory,
    "mappings": ImportMappings,
    "basemap": lambda: None,
    "preferences": Preferences,
    "site_notes": dict,
    "year_rollover": YearRollover,
}
"""The settings, each a row of JSON, with the factory of a missing row's value."""

EMPTY_SETTINGS = {"assumptions": "{}", "calendar": '{"holidays":[],"terms":[]}'}
"""Values of the required settings, for a project that lost them."""


@cache
def _find_setting_codec(name: str) -> Codec:
    """Return the codec of a setting, built when first needed: most projects have few."""
    return make_json_text_codec(get_type_hints(Project)[name])


def encode_meta(project: Project) -> Iterator[StoredRow]:
    """Return a row of ``app_meta`` for each editable text field of the project."""
    for name in META_FIELDS:
        yield {"key": f"project_{name}", "value": clean_name(getattr(project, name))}


def encode_settings(project: Project, known: Project | None = None) -> Iterator[StoredRow]:
    """Return the rows of a project's settings, without those that ``known`` shares."""
    for name, default in _DEFAULT_SETTINGS.items():
        value = getattr(project, name)
        if known is not None and value is getattr(known, name):
            continue
        if default is None or value != default():
            yield {"name": name, "value": _find_setting_codec(name).encode(value)}


def decode_setting(name: str, text: str | None) -> Any:
    """Return the value of a setting; ``text`` is that of its row, or None without a row."""
    if name not in _DEFAULT_SETTINGS:
        raise ValueError(Message("unreadable_value.unknown_setting", name=name[:40]))
    if text is not None:
        return _find_setting_codec(name).decode(text)
    default = _DEFAULT_SETTINGS[name]
    if default is None:
        raise ValueError(Message("unreadable_value.no_setting", name=name))
    return default()


def encode_feature(feature: Feature, position: int) -> tuple[str, StoredRow]:
    """Return the table for a feature's kind of geometry, and its row there."""
    dimensions = {"Polygon": 0, "MultiPolygon": 0, "LineString": 1, "MultiLineString": 1}
    table = FEATURE_TABLES[dimensions.get(feature.geometry.geom_type, 2)]
    return table, {**_FEATURE_CODEC.encode(feature), "position": position}


def decode_feature(row: Mapping[str, Any]) -> Feature:
    """Return the feature of a row."""
    feature: Feature = _FEATURE_CODEC.decode(row)
    return feature


def encode_project(project: Project, known: Project | None = None) -> _RowsByTable:
    """Return a project's rows by table.

    Values that ``known`` shares (the same object at the same position) are left out.
    """
    found: _RowsByTable = defaultdict(list)
    found["app_meta"] = list(encode_meta(project))
    found["setting"] = list(encode_settings(project, known))
    for table, kind in ITEM_TABLES.items():
        old = getattr(known, kind.field) if known else None
        for position, key, item in _select_unshared(getattr(project, kind.field), old):
            found[table].append({**kind.codec.encode(item), "position": position})
            for name in kind.parts:
                found[name] += kind.encode_part(name, key, item)
    old = known.features if known is not None else ()
    for position, feature in enumerate(project.features):
        if position >= len(old) or old[position] is not feature:
            name, row = encode_feature(feature, position)
            found[name].append(row)
    return dict(found)


def _select_unshared(
    items: Mapping[str, _Item], known: Mapping[str, _Item] | None
) -> Iterator[tuple[int, str, _Item]]:
    if items is known:
        return
    places = {key: position for position, key in enumerate(known)} if known else {}
    for position, (key, item) in enumerate(items.items()):
        if known is None or places.get(key) != position or known[key] is not item:
            yield position, key, item


def _decode_item(
    table: str, kind: ItemTable, row: Mapping[str, Any], parts: Mapping[str, StoredRows]
) -> Any:
    key = row[KEY_COLUMNS[table][0]]
    try:
        if not isinstance(key, str):
            raise ValueError(Message("unreadable_value.id"))
        return kind.decode(row, parts)
    except ValueError as error:
        row = {"table": table, "key": f"{key!r:.60}"}
        raise ValueError(
            Message("unreadable_value.in_row", **row, why=find_reason(error))
        ) from None


def decode_project(found: Mapping[str, list[StoredRow]], *, uid: str, crs: str) -> Project:
    """Return the project of rows by table, each table's rows in reading order.

    Raises
    ------
    ValueError
        A required row is missing, or a value does not fit.
    """
    settings = {row["name"]: row["value"] for row in found["setting"]}
    meta = {row["key"].removeprefix("project_"): row["value"] for row in found["app_meta"]}
    if missing := set(META_FIELDS) - meta.keys():
        raise ValueError(Message("unreadable_value.missing", name=f"project_{min(missing)}"))
    parts: dict[tuple[str, str], dict[str, list[StoredRow]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for name, table in OWNER_TABLES.items():
        owner = KEY_COLUMNS[name][0]
        for row in found[name]:
            parts[table, row[owner]][name].append(row)
    texts: dict[str, Any] = {name: clean_name(str(meta[name])) for name in META_FIELDS}
    features = [row for name in FEATURE_TABLES for row in found[name]]
    items: dict[str, Any] = {
        kind.field: {
            (key := row[KEY_COLUMNS[table][0]]): _decode_item(table, kind, row, parts[table, key])
            for row in found[table]
        }
        for table, kind in ITEM_TABLES.items()
    }
    return Project(
        uid=uid,
        crs=crs,
        **texts,
        **items,
        features=tuple(map(decode_feature, sorted(features, key=lambda row: row["position"]))),
        **{name: decode_setting(name, settings.get(name)) for name in _DEFAULT_SETTINGS},
    )
