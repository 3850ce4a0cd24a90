"""A project as it was before saved edits, or is after them again, from the rows they changed.

Whatever the edits did not touch stays the very same object, so that what was computed from it
still holds.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from shapely.geometry.base import BaseGeometry

from zoneplanner.domain.clean_text import clean_name
from zoneplanner.domain.project import Feature, Project
from zoneplanner.storage.backend import StoredRow
from zoneplanner.storage.history.edit_writer import EditSides, RowKey, RowsByKey
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
from zoneplanner.storage.schema.tables import KEY_COLUMNS

_WantedRows = dict[str, dict[RowKey, StoredRow | None]]
"""Whole rows by table and key; None stands for a row that is not to be there."""

_SAME_SHAPE_M = 1e-6
"""Two shapes this close are the same; version 1 kept them rounded."""


class HistoryMismatch(Exception):
    """The project is not as the edit left it: something else changed it since."""


def rewind_edits(project: Project, edits: Iterable[EditSides]) -> Project:
    """Return the project before edits, the latest first; HistoryMismatch where it is not theirs."""
    return _apply_edits(project, ((edit.after, edit.before) for edit in edits))


def replay_edits(project: Project, edits: Iterable[EditSides]) -> Project:
    """Return the project after edits, the earliest first; HistoryMismatch if it is not theirs."""
    return _apply_edits(project, ((edit.before, edit.after) for edit in edits))


def find_sides(
    project: Project,
    changes: Iterable[tuple[str, RowKey, StoredRow | None, StoredRow | None]],
) -> Iterator[bool | None]:
    """Say of each change (table, key, before, after) whether a project holds what is after it.

    False where it holds what is before it, None where it holds neither.
    """
    present = _ProjectRows(project)
    for table, key, before, after in changes:
        now = present.row(table, key) if key else None
        yield next(
            (held for held, side in ((True, after), (False, before)) if _says(now, side)), None
        )


def _says(now: StoredRow | None, side: StoredRow | None) -> bool:
    told = side and {name: value for name, value in side.items() if name in (now or {})}
    try:
        _require_match(now, told)
    except HistoryMismatch:
        return False
    return True


def _apply_edits(project: Project, ways: Iterable[tuple[RowsByKey, RowsByKey]]) -> Project:
    """Return the project after ways from one side of an edit to the other, in their order.

    All ways are followed row by row first, and the project is built once at the end: each way has
    to begin where the one before it left a row, so that a change of somebody else is never lost.
    """
    present, wanted = _ProjectRows(project), _WantedRows()
    for start, end in ways:
        for table, key in dict.fromkeys((*start, *end)):
            of_table = wanted.setdefault(table, {})
            now = of_table[key] if key in of_table else present.row(table, key)
            _require_match(now, start.get((table, key)))
            then = end.get((table, key))
            if then is None:
                of_table[key] = None
            else:
                # an edit holds the columns that it changed, and of a new row those of its version
                base = earlier_versions.list_added_columns(table) if now is None else now
                of_table[key] = {**base, **then}
    return _patch_project(project, present, wanted)


def _require_match(now: StoredRow | None, start: StoredRow | None) -> None:
    if (now is None) != (start is None):
        raise HistoryMismatch
    for name, value in (start or {}).items():
        if now is not None and (name not in now or not _is_same_value(now[name], value)):
            raise HistoryMismatch


def _is_same_value(one: Any, other: Any) -> bool:
    if isinstance(one, BaseGeometry) and isinstance(other, BaseGeometry):
        return one.equals_exact(other, _SAME_SHAPE_M) or one.equals(other)
    if isinstance(one, str) and isinstance(other, str):  # what was saved may be from before
        return clean_name(one) == clean_name(other)
    return bool(one == other)


def _is_same_row(one: StoredRow | None, other: StoredRow) -> bool:
    """Whether two rows of one key say the same, but for the place in their order."""
    return one is not None and all(
        _is_same_value(one.get(name), value) for name, value in other.items() if name != "position"
    )


class _ProjectRows:
    """The rows of a project, each made when it is asked for."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._groups: dict[tuple[str, Any], dict[RowKey, StoredRow]] = {}
        self._places: dict[str, dict[str, int]] = {}

    def row(self, table: str, key: RowKey) -> StoredRow | None:
        """Return one row, or None where there is none."""
        return self.group(table, key[0]).get(key)

    def group(self, table: str, first: Any) -> dict[RowKey, StoredRow]:
        """Return the rows of a table whose key begins with ``first``, by key, in order."""
        known = self._groups.get((table, first))
        if known is None:
            made = self._made(table, first)
            known = {tuple(row[name] for name in KEY_COLUMNS[table]): row for row in made}
            self._groups[table, first] = known
        return known

    def places(self, table: str) -> Mapping[str, int]:
        """Return the place of each item of a mapping in its order."""
        if table not in self._places:
            items = getattr(self._project, ITEM_TABLES[table].field)
            self._places[table] = {key: place for place, key in enumerate(items)}
        return self._places[table]

    def _made(self, table: str, first: Any) -> Iterator[StoredRow]:
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
            raise ValueError(f"{key} of the project is unknown or missing")
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
    """Return a mapping of the project with some of its items put, replaced or taken away.

    Of an item that stays, fields whose rows did not change are the very same objects.
    """
    kind, own = ITEM_TABLES[table], wanted.get(table, {})
    old: Mapping[str, Any] = getattr(project, kind.field)
    new, places = dict(old), dict(present.places(table))
    parts: dict[str, dict[str, dict[RowKey, StoredRow | None]]] = {key: {} for (key,) in own}
    for name in kind.parts:
        for row_key, row in wanted.get(name, {}).items():
            parts.setdefault(row_key[0], {}).setdefault(name, {})[row_key] = row
    for key, changed in parts.items():
        was = present.row(table, (key,))
        row = own.get((key,), was)
        if row is None:
            new.pop(key, None)
            continue
        places[key] = read_row_order(row)
        found = {
            name: _merge_rows(present.group(name, key), rows) for name, rows in changed.items()
        }
        if key not in old:
            new[key] = kind.decode(row, found)
            continue
        values = {} if _is_same_row(was, row) else kind.codec.decode_fields(row)
        values |= {kind.parts[name].field: kind.parts[name].decode(found[name]) for name in found}
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
