"""A project as it was before saved edits, or is after them again, from the rows they changed.

Whatever the edits did not touch stays the very same object, so that what was computed from it
still holds.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from shapely.geometry.base import BaseGeometry

from zoneplanner.domain.plans.plan import Plan
from zoneplanner.domain.project import Feature, Project
from zoneplanner.domain.units import Unit
from zoneplanner.storage.history.edit_rows import EditSides, RowKey, RowsByKey
from zoneplanner.storage.mapping import geography_rows, plan_rows, roster_rows
from zoneplanner.storage.mapping.project_rows import ITEM_TABLES, encode_meta
from zoneplanner.storage.mapping.setting_rows import decode_setting, encode_settings
from zoneplanner.storage.records import StoredRow
from zoneplanner.storage.schema import earlier_versions
from zoneplanner.storage.schema.tables import KEY_COLUMNS

_Item = TypeVar("_Item")
_WantedRows = dict[str, dict[RowKey, StoredRow | None]]
"""Whole rows by table and key; None stands for a row that is not to be there."""

_SAME_SHAPE_M = 1e-6
"""Two shapes this close are the same; version 1 kept them rounded."""


class HistoryMismatch(Exception):
    """The project is not as the edit left it: something else changed it since."""


def rewind_edits(project: Project, edits: Iterable[EditSides]) -> Project:
    """Return the project before edits, the latest first; ``Differs`` where it is not theirs."""
    return _apply_edits(project, ((edit.after, edit.before) for edit in edits))


def replay_edits(project: Project, edits: Iterable[EditSides]) -> Project:
    """Return the project after edits, the earliest first; ``Differs`` where it is not theirs."""
    return _apply_edits(project, ((edit.before, edit.after) for edit in edits))


def _apply_edits(project: Project, ways: Iterable[tuple[RowsByKey, RowsByKey]]) -> Project:
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
                base = earlier_versions.list_added_columns(table) if now is None else now
                of_table[key] = {**base, **then}
    return _patch_project(project, present, wanted)


def _require_match(now: StoredRow | None, start: StoredRow | None) -> None:
    if (now is None) != (start is None):
        raise HistoryMismatch
    for name, value in (start or {}).items():
        if now is not None and not _is_same_value(now[name], value):
            raise HistoryMismatch


def _is_same_value(one: Any, other: Any) -> bool:
    if isinstance(one, BaseGeometry) and isinstance(other, BaseGeometry):
        return one.equals_exact(other, _SAME_SHAPE_M) or one.equals(other)
    return bool(one == other)


def _is_same_row(one: StoredRow | None, other: StoredRow) -> bool:
    """True where two rows of one key say the same, but for the place in their order."""
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
        if table in ITEM_TABLES:
            item = getattr(project, ITEM_TABLES[table].field).get(first)
            if item is not None:
                yield {**ITEM_TABLES[table].row(item), "position": self.places(table)[first]}
        elif table in plan_rows.PLAN_PARTS:
            if first in project.plans:
                yield from plan_rows.PLAN_PARTS[table].rows(project.plans[first])
        elif table == "unit_access":
            if first in project.units:
                yield from geography_rows.encode_unit_access(project.units[first])
        elif table == "app_meta":
            yield from (row for row in encode_meta(project) if row["key"] == first)
        elif table == "setting":
            yield from (row for row in encode_settings(project) if row["name"] == first)
        elif 0 <= first < len(project.features):
            feature = project.features[first]
            if geography_rows.choose_feature_table(feature) == table:
                yield {**geography_rows.encode_feature(feature), "position": first}


def _patch_project(project: Project, present: _ProjectRows, wanted: _WantedRows) -> Project:
    fields: dict[str, Any] = {}
    for (key,), row in wanted.get("app_meta", {}).items():
        fields[key.removeprefix("project_")] = row and row["value"]
    for (key,), row in wanted.get("setting", {}).items():
        fields[key] = decode_setting(key, row["value"] if row else None)
    for table, from_row in _FROM_ROW.items():
        if table in wanted:
            fields[ITEM_TABLES[table].field] = _patch_mapping(
                project, present, table, wanted, from_row
            )
    if wanted.keys() & {"unit", "unit_access"}:
        fields["units"] = _patch_units(project, present, wanted)
    if wanted.keys() & {"plan", *plan_rows.PLAN_PARTS}:
        fields["plans"] = _patch_plans(project, present, wanted)
    if wanted.keys() & _FEATURES:
        fields["features"] = _patch_features(project, present, wanted)
    return replace(project, **fields)


_FROM_ROW: dict[str, Callable[[StoredRow], Any]] = {
    "jurisdiction": geography_rows.decode_jurisdiction,
    "site": geography_rows.decode_site,
    "block": geography_rows.decode_block,
    "layer": geography_rows.decode_layer,
    "agency": geography_rows.decode_agency,
    "officer": roster_rows.decode_officer,
    "post": roster_rows.decode_post,
    "shift": roster_rows.decode_shift,
    "swap": roster_rows.decode_swap,
}
_FEATURES = frozenset(("feature_area", "feature_line", "feature_point"))


def _patch_mapping(
    project: Project,
    present: _ProjectRows,
    table: str,
    wanted: _WantedRows,
    from_row: Callable[[StoredRow], _Item],
) -> Mapping[str, _Item]:
    """Return a mapping of the project with some of its items put, replaced or taken away."""
    items: Mapping[str, _Item] = getattr(project, ITEM_TABLES[table].field)
    new, places = dict(items), dict(present.places(table))
    for key, row in wanted.get(table, {}).items():
        if row is None:
            new.pop(key[0], None)
            continue
        places[key[0]] = row["position"]
        if not _is_same_row(present.row(table, key), row):
            new[key[0]] = from_row(row)
    return _sort_by_place(items, new, places)


def _sort_by_place(
    old: Mapping[str, _Item], new: dict[str, _Item], places: Mapping[str, int]
) -> Mapping[str, _Item]:
    """Put items in the order of their places; where nothing differs the old mapping stays."""
    keys = sorted(new, key=places.__getitem__)
    if keys == list(old) and all(old[key] is new[key] for key in keys):
        return old
    return {key: new[key] for key in keys}


def _patch_units(
    project: Project, present: _ProjectRows, wanted: _WantedRows
) -> Mapping[str, Unit]:
    new, places = dict(project.units), dict(present.places("unit"))
    own = wanted.get("unit", {})
    access = _group_by_owner(wanted.get("unit_access", {}))
    for (uid,), row in own.items():
        if row is None:
            new.pop(uid, None)
        else:
            places[uid] = row["position"]
    for uid in dict.fromkeys((*(key[0] for key in own), *access)):
        row = own[(uid,)] if (uid,) in own else present.row("unit", (uid,))
        if row is None:
            continue
        if uid not in access and _is_same_row(present.row("unit", (uid,)), row):
            continue
        pairs = _merge_rows(present.group("unit_access", uid), access.get(uid, {}))
        new[uid] = geography_rows.decode_unit(
            row, {pair["jurisdiction"]: pair["access"] for pair in pairs}
        )
    return _sort_by_place(project.units, new, places)


def _patch_plans(
    project: Project, present: _ProjectRows, wanted: _WantedRows
) -> Mapping[str, Plan]:
    new, places = dict(project.plans), dict(present.places("plan"))
    parts: dict[str, dict[str, dict[RowKey, StoredRow | None]]] = defaultdict(dict)
    for table in plan_rows.PLAN_PARTS:
        for uid, of_plan in _group_by_owner(wanted.get(table, {})).items():
            parts[uid][table] = of_plan
    for key, row in wanted.get("plan", {}).items():
        uid = key[0]
        if row is None:
            new.pop(uid, None)
            parts.pop(uid, None)
            continue
        places[uid] = row["position"]
        known = project.plans.get(uid)
        if known is None:
            found = {table: _merge_rows({}, part) for table, part in parts.pop(uid, {}).items()}
            new[uid] = plan_rows.decode_plan(row, found)
        elif not _is_same_row(present.row("plan", key), row):
            new[uid] = replace(known, **plan_rows.decode_plan_columns(row))
    for uid, touched in parts.items():
        changed = {
            table: _merge_rows(present.group(table, uid), part) for table, part in touched.items()
        }
        new[uid] = replace(new[uid], **plan_rows.decode_plan_parts(changed))
    return _sort_by_place(project.plans, new, places)


def _group_by_owner(
    changes: Mapping[RowKey, StoredRow | None],
) -> dict[str, dict[RowKey, StoredRow | None]]:
    owners: dict[str, dict[RowKey, StoredRow | None]] = defaultdict(dict)
    for key, row in changes.items():
        owners[key[0]][key] = row
    return owners


def _merge_rows(
    known: Mapping[RowKey, StoredRow], changes: Mapping[RowKey, StoredRow | None]
) -> list[StoredRow]:
    return [row for row in {**known, **changes}.values() if row is not None]


def _patch_features(
    project: Project, present: _ProjectRows, wanted: _WantedRows
) -> tuple[Feature, ...]:
    new = dict(enumerate(project.features))
    touched = [(table, *pair) for table in _FEATURES for pair in wanted.get(table, {}).items()]
    for table, (place,), row in touched:
        if row is None and present.row(table, (place,)) is not None:
            new.pop(place, None)
    for table, key, row in touched:
        if row is not None and not _is_same_row(present.row(table, key), row):
            new[key[0]] = geography_rows.decode_feature(row)
    return tuple(new[place] for place in sorted(new))
