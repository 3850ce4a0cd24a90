"""A project as it was before saved edits, or is after them again, from the rows they changed.

Whatever the edits did not touch stays the very same object, so that what was computed from it
still holds.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from shapely.geometry.base import BaseGeometry

from zoneplanner.domain.plan import Plan
from zoneplanner.domain.project import Feature, Project
from zoneplanner.domain.unit import Unit
from zoneplanner.storage import earlier, plan_rows, roster_rows, rows
from zoneplanner.storage.edited import Key, RowsByKey, Sides
from zoneplanner.storage.project_rows import KINDS, plain_rows
from zoneplanner.storage.setting_rows import setting_from, setting_rows
from zoneplanner.storage.tables import KEYS
from zoneplanner.storage.values import Row

_Item = TypeVar("_Item")
_Wanted = dict[str, dict[Key, Row | None]]
"""Whole rows by table and key; None stands for a row that is not to be there."""

_ALIKE_M = 1e-6
"""Two shapes this close are the same; version 1 kept them rounded."""


class Differs(Exception):
    """The project is not as the edit left it: something else changed it since."""


def rewound(project: Project, edits: Iterable[Sides]) -> Project:
    """Return the project before edits, the latest first; ``Differs`` where it is not theirs."""
    return _led(project, ((edit.after, edit.before) for edit in edits))


def repeated(project: Project, edits: Iterable[Sides]) -> Project:
    """Return the project after edits, the earliest first; ``Differs`` where it is not theirs."""
    return _led(project, ((edit.before, edit.after) for edit in edits))


def _led(project: Project, ways: Iterable[tuple[RowsByKey, RowsByKey]]) -> Project:
    present, wanted = _Present(project), _Wanted()
    for start, end in ways:
        for table, key in dict.fromkeys((*start, *end)):
            of_table = wanted.setdefault(table, {})
            now = of_table[key] if key in of_table else present.row(table, key)
            _expect(now, start.get((table, key)))
            then = end.get((table, key))
            if then is None:
                of_table[key] = None
            else:
                base = earlier.added(table) if now is None else now
                of_table[key] = {**base, **then}
    return _patched(project, present, wanted)


def _expect(now: Row | None, start: Row | None) -> None:
    if (now is None) != (start is None):
        raise Differs
    for name, value in (start or {}).items():
        if now is not None and not _same(now[name], value):
            raise Differs


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, BaseGeometry) and isinstance(other, BaseGeometry):
        return one.equals_exact(other, _ALIKE_M) or one.equals(other)
    return bool(one == other)


def _alike(one: Row | None, other: Row) -> bool:
    """True where two rows of one key say the same, but for the place in their order."""
    return one is not None and all(
        _same(one.get(name), value) for name, value in other.items() if name != "position"
    )


class _Present:
    """The rows of a project, each made when it is asked for."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._groups: dict[tuple[str, Any], dict[Key, Row]] = {}
        self._places: dict[str, dict[str, int]] = {}

    def row(self, table: str, key: Key) -> Row | None:
        """Return one row, or None where there is none."""
        return self.group(table, key[0]).get(key)

    def group(self, table: str, first: Any) -> dict[Key, Row]:
        """Return the rows of a table whose key begins with ``first``, by key, in order."""
        known = self._groups.get((table, first))
        if known is None:
            made = self._made(table, first)
            known = {tuple(row[name] for name in KEYS[table]): row for row in made}
            self._groups[table, first] = known
        return known

    def places(self, table: str) -> Mapping[str, int]:
        """Return the place of each item of a mapping in its order."""
        if table not in self._places:
            items = getattr(self._project, KINDS[table].field)
            self._places[table] = {key: place for place, key in enumerate(items)}
        return self._places[table]

    def _made(self, table: str, first: Any) -> Iterator[Row]:
        project = self._project
        if table in KINDS:
            item = getattr(project, KINDS[table].field).get(first)
            if item is not None:
                yield {**KINDS[table].row(item), "position": self.places(table)[first]}
        elif table in plan_rows.PARTS:
            if first in project.plans:
                yield from plan_rows.PARTS[table].rows(project.plans[first])
        elif table == "unit_access":
            if first in project.units:
                yield from rows.access_rows(project.units[first])
        elif table == "app_meta":
            yield from (row for row in plain_rows(project) if row["key"] == first)
        elif table == "setting":
            yield from (row for row in setting_rows(project) if row["name"] == first)
        elif 0 <= first < len(project.features):
            feature = project.features[first]
            if rows.feature_table(feature) == table:
                yield {**rows.feature_row(feature), "position": first}


def _patched(project: Project, present: _Present, wanted: _Wanted) -> Project:
    fields: dict[str, Any] = {}
    for (key,), row in wanted.get("app_meta", {}).items():
        fields[key.removeprefix("project_")] = row and row["value"]
    for (key,), row in wanted.get("setting", {}).items():
        fields[key] = setting_from(key, row["value"] if row else None)
    for table, from_row in _FROM_ROW.items():
        if table in wanted:
            fields[KINDS[table].field] = _mapping(project, present, table, wanted, from_row)
    if wanted.keys() & {"unit", "unit_access"}:
        fields["units"] = _units(project, present, wanted)
    if wanted.keys() & {"plan", *plan_rows.PARTS}:
        fields["plans"] = _plans(project, present, wanted)
    if wanted.keys() & _FEATURES:
        fields["features"] = _features(project, present, wanted)
    return replace(project, **fields)


_FROM_ROW: dict[str, Callable[[Row], Any]] = {
    "jurisdiction": rows.jurisdiction_from,
    "site": rows.site_from,
    "block": rows.block_from,
    "layer": rows.layer_from,
    "agency": rows.agency_from,
    "officer": roster_rows.officer_from,
    "post": roster_rows.post_from,
    "shift": roster_rows.shift_from,
    "swap": roster_rows.swap_from,
}
_FEATURES = frozenset(("feature_area", "feature_line", "feature_point"))


def _mapping(
    project: Project,
    present: _Present,
    table: str,
    wanted: _Wanted,
    from_row: Callable[[Row], _Item],
) -> Mapping[str, _Item]:
    """Return a mapping of the project with some of its items put, replaced or taken away."""
    items: Mapping[str, _Item] = getattr(project, KINDS[table].field)
    new, places = dict(items), dict(present.places(table))
    for key, row in wanted.get(table, {}).items():
        if row is None:
            new.pop(key[0], None)
            continue
        places[key[0]] = row["position"]
        if not _alike(present.row(table, key), row):
            new[key[0]] = from_row(row)
    return _ordered(items, new, places)


def _ordered(
    old: Mapping[str, _Item], new: dict[str, _Item], places: Mapping[str, int]
) -> Mapping[str, _Item]:
    """Put items in the order of their places; where nothing differs the old mapping stays."""
    keys = sorted(new, key=places.__getitem__)
    if keys == list(old) and all(old[key] is new[key] for key in keys):
        return old
    return {key: new[key] for key in keys}


def _units(project: Project, present: _Present, wanted: _Wanted) -> Mapping[str, Unit]:
    new, places = dict(project.units), dict(present.places("unit"))
    own = wanted.get("unit", {})
    access = _by_owner(wanted.get("unit_access", {}))
    for (uid,), row in own.items():
        if row is None:
            new.pop(uid, None)
        else:
            places[uid] = row["position"]
    for uid in dict.fromkeys((*(key[0] for key in own), *access)):
        row = own[(uid,)] if (uid,) in own else present.row("unit", (uid,))
        if row is None:
            continue
        if uid not in access and _alike(present.row("unit", (uid,)), row):
            continue
        pairs = _merged(present.group("unit_access", uid), access.get(uid, {}))
        new[uid] = rows.unit_from(row, {pair["jurisdiction"]: pair["access"] for pair in pairs})
    return _ordered(project.units, new, places)


def _plans(project: Project, present: _Present, wanted: _Wanted) -> Mapping[str, Plan]:
    new, places = dict(project.plans), dict(present.places("plan"))
    parts: dict[str, dict[str, dict[Key, Row | None]]] = defaultdict(dict)
    for table in plan_rows.PARTS:
        for uid, of_plan in _by_owner(wanted.get(table, {})).items():
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
            found = {table: _merged({}, part) for table, part in parts.pop(uid, {}).items()}
            new[uid] = plan_rows.plan_from(row, found)
        elif not _alike(present.row("plan", key), row):
            new[uid] = replace(known, **plan_rows.own_fields(row))
    for uid, touched in parts.items():
        changed = {
            table: _merged(present.group(table, uid), part) for table, part in touched.items()
        }
        new[uid] = replace(new[uid], **plan_rows.part_fields(changed))
    return _ordered(project.plans, new, places)


def _by_owner(changes: Mapping[Key, Row | None]) -> dict[str, dict[Key, Row | None]]:
    owners: dict[str, dict[Key, Row | None]] = defaultdict(dict)
    for key, row in changes.items():
        owners[key[0]][key] = row
    return owners


def _merged(known: Mapping[Key, Row], changes: Mapping[Key, Row | None]) -> list[Row]:
    return [row for row in {**known, **changes}.values() if row is not None]


def _features(project: Project, present: _Present, wanted: _Wanted) -> tuple[Feature, ...]:
    new = dict(enumerate(project.features))
    touched = [(table, *pair) for table in _FEATURES for pair in wanted.get(table, {}).items()]
    for table, (place,), row in touched:
        if row is None and present.row(table, (place,)) is not None:
            new.pop(place, None)
    for table, key, row in touched:
        if row is not None and not _alike(present.row(table, key), row):
            new[key[0]] = rows.feature_from(row)
    return tuple(new[place] for place in sorted(new))
