"""A whole project as rows by table, and back; what two projects share may be left out.

The tables of the project's parts are declared here; ``codec`` says how a value is columns.
"""

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, TypeVar, get_type_hints

from zoneplanner.domain.calendar.year_rollover import YearRollover
from zoneplanner.domain.clean_text import clean_name
from zoneplanner.domain.demand import DemandChoice
from zoneplanner.domain.geography.jurisdiction import Block, Jurisdiction
from zoneplanner.domain.geography.site import Connections, Site
from zoneplanner.domain.import_mappings import ImportMappings
from zoneplanner.domain.locale_formats import Preferences
from zoneplanner.domain.log.days_on_record import RecordKeeping
from zoneplanner.domain.log.response_actions import DistrictTerms
from zoneplanner.domain.log.visit_rule import VisitRule
from zoneplanner.domain.plans.plan import Pin, Plan, PlanLock, WhatIfChange, Zone
from zoneplanner.domain.project import Feature, Layer, Project
from zoneplanner.domain.readiness.district_rules import DistrictRules
from zoneplanner.domain.readiness.rule_pack import InstalledRules, RuleChoices
from zoneplanner.domain.roster.hours_rules import HoursRules
from zoneplanner.domain.roster.roster_rules import RosterRules
from zoneplanner.domain.roster.shift import Officer, RosterPost, Shift, ShiftSwap
from zoneplanner.domain.units import Agency, OfficeDirectory, Unit, UnitAccess
from zoneplanner.storage.mapping.codec import Codec, RowCodec, make_json_codec, make_json_text_codec
from zoneplanner.storage.records import StoredRow, StoredRows
from zoneplanner.storage.schema.tables import KEY_COLUMNS

_Item = TypeVar("_Item")
_RowsByTable = dict[str, list[StoredRow]]

META_FIELDS = ("name", "preset", "time_zone")
"""Fields of the project that are text in ``app_meta`` and may be edited."""


@dataclass(frozen=True, slots=True)
class PartTable:
    """A table that has a row for each member of one field of the items of another table."""

    field: str
    encode: Callable[[Any], Iterator[StoredRow]]
    decode: Callable[[StoredRows], Any]


def _pairs(field: str, key: str, value: str, codec: Codec) -> PartTable:
    """Return the part for a mapping from a text to one value, such as site and zone."""
    return PartTable(
        field,
        lambda members: ({key: name, value: codec.encode(one)} for name, one in members.items()),
        lambda rows: {row[key]: codec.decode(row[value]) for row in rows},
    )


def _texts(field: str, column: str) -> PartTable:
    """Return the part for some texts, in the order of their letters."""
    return PartTable(
        field,
        lambda members: ({column: one} for one in members),
        lambda rows: tuple(sorted(row[column] for row in rows)),
    )


def _keyed(field: str, kind: type, key_of: Callable[[Any], str]) -> PartTable:
    """Return the part for a mapping of values that know their key."""
    codec = RowCodec(kind)
    return PartTable(
        field,
        lambda members: map(codec.encode, members.values()),
        lambda rows: {key_of(one): one for one in map(codec.decode, rows)},
    )


def _beside(field: str, key: str, kind: type) -> PartTable:
    """Return the part for a mapping of values whose key is in a column beside theirs."""
    codec = RowCodec(kind)
    return PartTable(
        field,
        lambda members: ({key: name, **codec.encode(one)} for name, one in members.items()),
        lambda rows: {row[key]: codec.decode(row) for row in rows},
    )


def _ordered(field: str, kind: type) -> PartTable:
    """Return the part for values in an order."""
    codec = RowCodec(kind)
    return PartTable(
        field,
        lambda members: (
            {**codec.encode(one), "position": place} for place, one in enumerate(members)
        ),
        lambda rows: tuple(map(codec.decode, sorted(rows, key=lambda row: row["position"]))),
    )


@dataclass(frozen=True)
class ItemTable:
    """A table with the items of one mapping of the project, by id, in their order.

    What an item has many of is in the tables of ``parts``.
    """

    field: str
    kind: type
    parts: Mapping[str, PartTable] = dataclasses.field(default_factory=dict)

    @cached_property
    def codec(self) -> RowCodec:
        """How an item is a row, but for its parts."""
        return RowCodec(self.kind, but=[part.field for part in self.parts.values()])

    def encode_part(self, table: str, key: str, item: Any) -> Iterator[StoredRow]:
        """Return an item's rows in one of the tables of parts; they name it by its own table."""
        owner = KEY_COLUMNS[table][0]
        part = self.parts[table]
        return ({owner: key, **row} for row in part.encode(getattr(item, part.field)))

    def decode(self, row: Mapping[str, Any], parts: Mapping[str, StoredRows]) -> Any:
        """Return the item of a row and of its rows in the tables of parts."""
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
"""The table of the items of which a table has parts."""

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
"""The settings, each a row of JSON, and what makes the value of one that has no row."""

EMPTY_SETTINGS = {"assumptions": "{}", "calendar": '{"holidays":[],"terms":[]}'}
"""What stands in for settings that each project has, where they were lost."""


@cache
def _find_setting_codec(name: str) -> Codec:
    """Return how a setting is stored; most projects have few of them."""
    return make_json_text_codec(get_type_hints(Project)[name])


def encode_meta(project: Project) -> Iterator[StoredRow]:
    """Return a row of ``app_meta`` for each field of the project that is text."""
    for name in META_FIELDS:
        yield {"key": f"project_{name}", "value": clean_name(getattr(project, name))}


def encode_settings(project: Project, known: Project | None = None) -> Iterator[StoredRow]:
    """Return the rows of a project's settings; those that ``known`` shares are left out."""
    for name, default in _DEFAULT_SETTINGS.items():
        value = getattr(project, name)
        if known is not None and value is getattr(known, name):
            continue
        if default is None or value != default():
            yield {"name": name, "value": _find_setting_codec(name).encode(value)}


def decode_setting(name: str, text: str | None) -> Any:
    """Return the value of a setting from the text of its row, None where it has no row."""
    if text is not None:
        return _find_setting_codec(name).decode(text)
    default = _DEFAULT_SETTINGS[name]
    if default is None:
        raise ValueError(f"the setting {name} is missing")
    return default()


def encode_feature(feature: Feature, position: int) -> tuple[str, StoredRow]:
    """Return the table of a feature's kind of geometry, and its row there."""
    dimensions = {"Polygon": 0, "MultiPolygon": 0, "LineString": 1, "MultiLineString": 1}
    table = FEATURE_TABLES[dimensions.get(feature.geometry.geom_type, 2)]
    return table, {**_FEATURE_CODEC.encode(feature), "position": position}


def decode_feature(row: Mapping[str, Any]) -> Feature:
    """Return the feature of a row."""
    feature: Feature = _FEATURE_CODEC.decode(row)
    return feature


def encode_project(project: Project, known: Project | None = None) -> _RowsByTable:
    """Return a project's rows by table.

    Values that ``known`` holds too, the very same object at the same place, are left out.
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
            raise ValueError("its id is no text")
        return kind.decode(row, parts)
    except ValueError as error:
        raise ValueError(f"{table} {key!r:.60}: {error}") from None


def decode_project(found: Mapping[str, list[StoredRow]], *, uid: str, crs: str) -> Project:
    """Return the project of rows by table, each table's rows in reading order.

    Raises
    ------
    ValueError
        A row that each project has is missing, or a value does not fit.
    """
    settings = {row["name"]: row["value"] for row in found["setting"]}
    meta = {row["key"].removeprefix("project_"): row["value"] for row in found["app_meta"]}
    if lost := set(META_FIELDS) - meta.keys():
        raise ValueError(f"project_{min(lost)} is missing")
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
