"""Rewinding and replaying saved edits on a project, from the rows that they changed.

Parts that the edits did not touch stay the same objects, so values computed from them stay valid.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from shapely.geometry.base import BaseGeometry

from zoneplanner.domain.clean_text import clean_name
from zoneplanner.domain.project import Feature, Project
from zoneplanner.messages import Message
from zoneplanner.storage.backend import StoredRow
from zoneplanner.storage.history.edit_writer import EditSides, RowKey, RowsByKey, key_of_row
from zoneplanner.storage.row_mapping import (
    FEATURE_TABLES,
    ITEM_TABLES,
    META_FIELDS,
    OWNER_TABLES,
    decode_feature,
    decode_setting,
    encode_feature,
    encode_meta,
    encode_settings,
    read_row_order,
)
from zoneplanner.storage.schema import earlier_versions

_WantedRows = dict[str, dict[RowKey, StoredRow | None]]
"""Whole rows by table and key; None means that there must be no row."""

_SAME_SHAPE_M = 1e-6
"""Shapes this close are equal; version 1 stored them rounded."""


class HistoryMismatch(Exception):
    """Something else has changed the project since the edit."""


def rewind_edits(project: Project, edits: Iterable[EditSides]) -> Project:
    """Return the project before edits, latest first. Raises HistoryMismatch if they do not fit."""
    return _apply_edits(project, ((edit.after, edit.before) for edit in edits))


def replay_edits(project: Project, edits: Iterable[EditSides]) -> Project:
    """Return the project after edits, earliest first. Raises HistoryMismatch if they do not fit."""
    return _apply_edits(project, ((edit.before, edit.after) for edit in edits))


def find_sides(
    project: Project,
    changes: Iterable[tuple[str, RowKey, StoredRow | None, StoredRow | None]],
) -> Iterator[bool | None]:
    """Yield for each change (table, key, before, after) which side of it a project has.

    True means the side after the change, False the side before it, None neither.
    """
    present = _ProjectRows(project)
    for table, key, before, after in changes:
        now = present.row(table, key) if key else None
        yield True if _has_side(now, after) else False if _has_side(now, before) else None


def _has_side(now: StoredRow | None, side: StoredRow | None) -> bool:
    common = side and {name: value for name, value in side.items() if name in (now or {})}
    return _matches(now, common)


def _apply_edits(
    project: Project, directed_edits: Iterable[tuple[RowsByKey, RowsByKey]]
) -> Project:
    """Return the project after edits, each given as the side to start from and the other side.

    All edits are applied row by row first, and the project is built once at the end. Each edit must
    start from the rows that the one before it left, so that nobody else's change is lost.
    """
    present, wanted = _ProjectRows(project), _WantedRows()
    for start, end in directed_edits:
        for table, key in dict.fromkeys((*start, *end)):
            rows = wanted.setdefault(table, {})
            now = rows[key] if key in rows else present.row(table, key)
            if not _matches(now, start.get((table, key))):
                raise HistoryMismatch
            columns = end.get((table, key))
            if columns is None:
                rows[key] = None
            else:
                # An edit contains only the columns that it changed; a new row, its version's.
                base = earlier_versions.list_added_columns(table) if now is None else now
                rows[key] = {**base, **columns}
    return _patch_project(project, present, wanted)


def _matches(now: StoredRow | None, start: StoredRow | None) -> bool:
    """Return whether a row has the columns that an edit starts from; None means no row."""
    if now is None or start is None:
        return now is start
    return all(name in now and _is_same_value(now[name], value) for name, value in start.items())


def _is_same_value(one: Any, other: Any) -> bool:
    if isinstance(one, BaseGeometry) and isinstance(other, BaseGeometry):
        return one.equals_exact(other, _SAME_SHAPE_M) or one.equals(other)
    if isinstance(one, str) and isinstance(other, str):  # older texts were not cleaned
        return clean_name(one) == clean_name(other)
    return bool(one == other)


def _is_same_row(one: StoredRow | None, other: StoredRow) -> bool:
    """Return whether two rows with the same key are equal, except for their position."""
    return one is not None and all(
        _is_same_value(one.get(name), value) for name, value in other.items() if name != "position"
    )


class _ProjectRows:
    """The rows of a project, encoded on demand."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._groups: dict[tuple[str, Any], dict[RowKey, StoredRow]] = {}
        self._places: dict[str, dict[str, int]] = {}

    def row(self, table: str, key: RowKey) -> StoredRow | None:
        """Return a row, or None."""
        return self.group(table, key[0]).get(key)

    def group(self, table: str, first: Any) -> dict[RowKey, StoredRow]:
        """Return the rows of a table whose key begins with ``first``, by key, in order."""
        if (table, first) not in self._groups:
            rows = self._encode_rows(table, first)
            self._groups[table, first] = {key_of_row(table, row): row for row in rows}
        return self._groups[table, first]

    def places(self, table: str) -> Mapping[str, int]:
        """Return the position of each item of a mapping."""
        if table not in self._places:
            items = getattr(self._project, ITEM_TABLES[table].field)
            self._places[table] = {key: place for place, key in enumerate(items)}
        return self._places[table]

    def _encode_rows(self, table: str, first: Any) -> Iterator[StoredRow]:
        project = self._project
        owner = OWNER_TABLES.get(table, table)
        if owner in ITEM_TABLES:
            kind = ITEM_TABLES[owner]
            item = getattr(project, kind.field).get(first)
            if item is not None and owner != table:
                yield from kind.encode_part(table, first, item)
            elif item is not None:
                yield {**kind.codec.encode(item), "position": self.places(table)[first]}
        elif table == "app_meta":
            yield from (row for row in encode_meta(project) if row["key"] == first)
        elif table == "setting":
            yield from (row for row in encode_settings(project) if row["name"] == first)
        elif isinstance(first, int) and 0 <= first < len(project.features):
            name, row = encode_feature(project.features[first], first)
            if name == table:
                yield row


def _patch_project(project: Project, present: _ProjectRows, wanted: _WantedRows) -> Project:
    fields: dict[str, Any] = {}
    for (key,), row in wanted.get("app_meta", {}).items():
        name = str(key).removeprefix("project_")
        if name not in META_FIELDS or row is None or not isinstance(row.get("value"), str):
            raise ValueError(Message("unreadable_value.unknown_or_missing", name=key))
        fields[name] = clean_name(row["value"])
    for (key,), row in wanted.get("setting", {}).items():
        fields[key] = decode_setting(key, row["value"] if row else None)
    for table, kind in ITEM_TABLES.items():
        if wanted.keys() & {table, *kind.parts}:
            fields[kind.field] = _patch_items(project, present, table, wanted)
    if wanted.keys() & set(FEATURE_TABLES):
        fields["features"] = _patch_features(project, present, wanted)
    return replace(project, **fields)


def _patch_items(
    project: Project, present: _ProjectRows, table: str, wanted: _WantedRows
) -> Mapping[str, Any]:
    """Return a mapping of the project with some of its items added, replaced or removed.

    The fields of an item whose rows did not change stay the same objects.
    """
    kind, own = ITEM_TABLES[table], wanted.get(table, {})
    old: Mapping[str, Any] = getattr(project, kind.field)
    new, places = dict(old), dict(present.places(table))
    parts: dict[str, dict[str, dict[RowKey, StoredRow | None]]] = {key: {} for (key,) in own}
    for name in kind.parts:
        for row_key, row in wanted.get(name, {}).items():
            parts.setdefault(row_key[0], {}).setdefault(name, {})[row_key] = row
    for key, changed in parts.items():
        before = present.row(table, (key,))
        row = own.get((key,), before)
        if row is None:
            new.pop(key, None)
            continue
        places[key] = read_row_order(row)
        merged = {
            name: _merge_rows(present.group(name, key), rows) for name, rows in changed.items()
        }
        if key not in old:
            new[key] = kind.decode(row, merged)
            continue
        values = {} if _is_same_row(before, row) else kind.codec.decode_fields(row)
        values |= {kind.parts[name].field: kind.parts[name].decode(merged[name]) for name in merged}
        if values:
            new[key] = replace(new[key], **values)
    keys = sorted(new, key=places.__getitem__)
    if keys == list(old) and all(old[key] is new[key] for key in keys):
        return old
    return {key: new[key] for key in keys}


def _merge_rows(
    known: Mapping[RowKey, StoredRow], changes: Mapping[RowKey, StoredRow | None]
) -> list[StoredRow]:
    return [row for row in {**known, **changes}.values() if row is not None]


def _patch_features(
    project: Project, present: _ProjectRows, wanted: _WantedRows
) -> tuple[Feature, ...]:
    new = dict(enumerate(project.features))
    touched = [(table, *pair) for table in FEATURE_TABLES for pair in wanted.get(table, {}).items()]
    for table, (place,), row in touched:
        if row is None and present.row(table, (place,)) is not None:
            new.pop(place, None)
    for table, key, row in touched:
        if row is not None and not _is_same_row(present.row(table, key), row):
            new[key[0]] = decode_feature(row)
    return tuple(new[place] for place in sorted(new))
