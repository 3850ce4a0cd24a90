"""The layer of zone outlines: written on save for other programs; what those draw is read."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from shapely.errors import ShapelyError
from shapely.geometry.base import BaseGeometry

from zoneplanner.domain.plans.plan import Plan, Zone
from zoneplanner.domain.project import Project
from zoneplanner.storage.history.edit_writer import RowChange
from zoneplanner.storage.schema.geometry_column import AREAS, GeometryColumn, check_geometry
from zoneplanner.storage.schema.tables import GEOMETRY_TYPES

ZoneKey = tuple[str, str]
"""A plan's uid and a zone's id."""

_SHAPING_TABLES = ("zone", "assignment", "block_override")


def write_zone_areas(
    connection: sa.Connection,
    table: sa.Table,
    project: Project,
    changes: Iterable[RowChange],
    *,
    outlines: Mapping[ZoneKey, BaseGeometry] | None,
    figures: Mapping[ZoneKey, Mapping[str, float | int]] | None,
) -> None:
    """Write the outlines and figures given, and drop those that no longer hold.

    Where ``outlines`` is None, those of a plan whose zones changed are dropped: none is better
    than a wrong one. Where it is a mapping, zones that it leaves out keep theirs.
    """
    touched = {change.key[0] for change in changes if change.table in (*_SHAPING_TABLES, "plan")}
    shaped = {change.key[0] for change in changes if change.table in _SHAPING_TABLES}
    if outlines is None:
        connection.execute(sa.delete(table).where(table.c.plan.in_(shaped)))
    words: dict[ZoneKey, dict[str, Any]] = {}
    for uid in touched:
        plan = project.plans.get(uid)
        zones = plan.zones if plan else ()
        gone = table.c.zone.not_in([zone.id for zone in zones])
        connection.execute(sa.delete(table).where(table.c.plan == uid, gone))
        if plan is not None:
            words |= {(uid, zone.id): _describe_zone(plan, zone) for zone in zones}
    given = {key: _check_outline(table, key, shape) for key, shape in (outlines or {}).items()}
    if given:
        keys = [{"of_plan": plan, "of_zone": zone} for plan, zone in given]
        connection.execute(sa.delete(table).where(*_match_zone(table)), keys)
    new = [
        {"plan": uid, "zone": zone, "geom": shape, "shown": True}
        | _describe_zone(project.plans[uid], project.plans[uid].zone(zone))
        for (uid, zone), shape in given.items()
        if not shape.is_empty
    ]
    if new:
        connection.execute(sa.insert(table), new)
    _update_areas(connection, table, words)
    _update_areas(connection, table, figures or {})
    if outlines:
        shown = next(reversed(list(outlines)))[0]
        wrong = table.c.shown != (table.c.plan == shown)
        connection.execute(sa.update(table).where(wrong).values(shown=table.c.plan == shown))


def read_zone_areas(connection: sa.Connection, table: sa.Table) -> dict[ZoneKey, BaseGeometry]:
    """Return the outlines as they stand in the layer; a shape that cannot be read is left out."""
    found: dict[ZoneKey, BaseGeometry] = {}
    query = sa.select(table.c.plan, table.c.zone, table.c.geom)
    try:
        for row in connection.execute(query):
            found[row.plan, row.zone] = row.geom
    except (ShapelyError, ValueError):
        return {}
    return found


def _match_zone(table: sa.Table) -> list[sa.ColumnElement[bool]]:
    return [table.c.plan == sa.bindparam("of_plan"), table.c.zone == sa.bindparam("of_zone")]


def _check_outline(table: sa.Table, key: ZoneKey, geometry: BaseGeometry) -> BaseGeometry:
    column = table.c.geom.type
    assert isinstance(column, GeometryColumn)
    if geometry.is_empty:
        return geometry
    return check_geometry(geometry, AREAS, column.srid, f"The outline of zone {key[1]}")


def _update_areas(
    connection: sa.Connection,
    table: sa.Table,
    updates: Mapping[ZoneKey, Mapping[str, Any]],
) -> None:
    """Write columns of zones; those that name the same columns go in one statement."""
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for (plan, zone), values in updates.items():
        groups[tuple(values)].append({"of_plan": plan, "of_zone": zone, **values})
    for names, rows in groups.items():
        columns: dict[str, Any] = {name: sa.bindparam(name) for name in names}
        connection.execute(sa.update(table).where(*_match_zone(table)).values(columns), rows)


def _describe_zone(plan: Plan, zone: Zone) -> dict[str, Any]:
    return {
        "plan_name": plan.name,
        "zone_name": zone.name,
        "unit": zone.unit,
        "colour": zone.color,
        "sites": sum(1 for zone_id in plan.assignment.values() if zone_id == zone.id),
    }


def collect_changed_shapes(
    changes: Iterable[RowChange], outlines: Mapping[ZoneKey, BaseGeometry] | None
) -> dict[str, list[BaseGeometry]]:
    """Return the geometries that came in, by each spatial table that changed."""
    reach: dict[str, list[BaseGeometry]] = {}
    for change in changes:
        if change.table in GEOMETRY_TYPES:
            known = reach.setdefault(change.table, [])
            if change.after is not None:
                known.append(change.after["geom"])
    if outlines:
        reach["zone_area"] = [shape for shape in outlines.values() if not shape.is_empty]
    return reach
