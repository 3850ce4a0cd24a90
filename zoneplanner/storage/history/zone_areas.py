"""The layer of zone outlines, and the loads of schools and zones, for other programs.

Both are written in the transaction of the edit that changes them, and ``verify`` checks the loads.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

import sqlalchemy as sa
from shapely.errors import ShapelyError
from shapely.geometry.base import BaseGeometry

from zoneplanner.domain.geography.site import locate_site
from zoneplanner.domain.plans.plan import Plan, Zone
from zoneplanner.domain.project import Project
from zoneplanner.errors import UserError
from zoneplanner.messages import Message
from zoneplanner.storage.history import edit_writer, own_rows
from zoneplanner.storage.history.edit_writer import RowChange, RowVersions
from zoneplanner.storage.schema.geometry_column import AREAS, GeometryColumn, check_geometry
from zoneplanner.storage.schema.tables import GEOMETRY_TYPES, KEY_COLUMNS

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
    """Write outlines and figures, and delete outdated ones.

    If ``outlines`` is None, the outlines of plans whose zones changed are deleted, because none is
    better than a wrong one. If it is a mapping, other zones keep their outlines.
    """
    touched = {change.key[0] for change in changes if change.table in (*_SHAPING_TABLES, "plan")}
    shaped = {change.key[0] for change in changes if change.table in _SHAPING_TABLES}
    if outlines is None:
        connection.execute(sa.delete(table).where(table.c.plan.in_(shaped)))
    words: dict[ZoneKey, dict[str, Any]] = {}
    for uid in touched:
        plan = project.plans.get(uid)
        zones = plan.zones if plan else ()
        removed = table.c.zone.not_in([zone.id for zone in zones])
        connection.execute(sa.delete(table).where(table.c.plan == uid, removed))
        if plan is not None:
            words |= {(uid, zone.id): _describe_zone(plan, zone) for zone in zones}
    checked = {key: _check_outline(table, key, shape) for key, shape in (outlines or {}).items()}
    if checked:
        keys = [{"of_plan": plan, "of_zone": zone} for plan, zone in checked]
        connection.execute(sa.delete(table).where(*_match_zone(table)), keys)
    new = [
        {"plan": uid, "zone": zone, "geom": shape, "shown": True}
        | _describe_zone(project.plans[uid], project.plans[uid].zone(zone))
        for (uid, zone), shape in checked.items()
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
    """Return the outlines in the layer, or none if one of the shapes cannot be read."""
    query = sa.select(table.c.plan, table.c.zone, table.c.geom)
    try:
        return {(row.plan, row.zone): row.geom for row in connection.execute(query)}
    except (ShapelyError, ValueError):
        return {}


def _match_zone(table: sa.Table) -> list[sa.ColumnElement[bool]]:
    return [table.c.plan == sa.bindparam("of_plan"), table.c.zone == sa.bindparam("of_zone")]


def _check_outline(table: sa.Table, key: ZoneKey, geometry: BaseGeometry) -> BaseGeometry:
    column = table.c.geom.type
    assert isinstance(column, GeometryColumn)
    if geometry.is_empty:
        return geometry
    return check_geometry(geometry, AREAS, column.srid, Message("zone_outline", zone=key[1]))


def _update_areas(
    connection: sa.Connection,
    table: sa.Table,
    updates: Mapping[ZoneKey, Mapping[str, Any]],
) -> None:
    """Write columns of zones, with one statement for all zones with the same columns."""
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
    """Return the new geometries, in meters, by spatial table that changed."""
    reach: dict[str, list[BaseGeometry]] = {}
    for change in changes:
        if change.table in GEOMETRY_TYPES:
            shapes = reach.setdefault(change.table, [])
            if change.after is not None:
                shapes.append(change.after["geom"])
    if outlines:
        reach["zone_area"] = [shape for shape in outlines.values() if not shape.is_empty]
    return reach


FIGURE_TABLES = ("site_figure", "zone_figure")

_Row = tuple[Any, ...]
_Key = tuple[str, str]
"""A plan's uid ("" without a plan), and a site's or zone's id."""
INPUT_TABLES = frozenset(
    ("site", "jurisdiction", "unit", "unit_access", "plan", "zone", "assignment", "plan_site")
)
INPUT_SETTINGS = frozenset((("assumptions",), ("demand",)))
"""The tables and settings that the figures depend on."""


def update_project_figures(
    connection: sa.Connection,
    meta: sa.MetaData,
    project: Project,
    changes: Iterable[RowChange],
    versions: RowVersions | None,
) -> None:
    """Update the figures to the project after an edit.

    ``versions`` are the versions of the project's rows that the writer knows. If another desk has
    changed other rows meanwhile, the figures are computed from the stored rows.
    """
    inputs = [
        change
        for change in changes
        if change.table in INPUT_TABLES
        or (change.table == "setting" and change.key in INPUT_SETTINGS)
    ]
    if not inputs:
        return
    tables = {*INPUT_TABLES, "setting"} & set(KEY_COLUMNS)
    stored = edit_writer.read_row_versions(connection, meta, tables)
    if versions is None or any(versions.get(name, {}) != own for name, own in stored.items()):
        rebuild_project_figures(connection, meta, project.crs)
    elif all(change.table == "assignment" for change in inputs):
        for uid in dict.fromkeys(change.key[0] for change in inputs):
            _update_zone_figures(connection, meta, project, project.plans[uid])
    else:
        write_project_figures(connection, meta, project)


def _update_zone_figures(
    connection: sa.Connection, meta: sa.MetaData, project: Project, plan: Plan
) -> None:
    """Update the figures of a plan's zones after sites moved; the sites' figures do not change."""
    table = meta.tables["site_figure"]
    stored = _read_figures(connection, table, table.c.plan == plan.uid)
    if stored.keys() != {(plan.uid, site) for site in project.sites}:
        write_project_figures(connection, meta, project)
        return
    lies_in = {site: row[2] for (_, site), (_, row) in stored.items()}
    loads = {site: row[3] for (_, site), (_, row) in stored.items() if row[3] is not None}
    table = meta.tables["zone_figure"]
    known = _read_figures(connection, table, table.c.plan == plan.uid)
    _replace_figures(connection, table, known, _sum_up_zones(project, plan, lies_in, loads))


def write_project_figures(connection: sa.Connection, meta: sa.MetaData, project: Project) -> None:
    """Update all figures to a project."""
    wanted = _compute_figures(project)
    for name in FIGURE_TABLES:
        table = meta.tables[name]
        _replace_figures(connection, table, _read_figures(connection, table), wanted[name])


def _replace_figures(
    connection: sa.Connection,
    table: sa.Table,
    known: Mapping[_Key, tuple[int, _Row]],
    wanted: Mapping[_Key, _Row],
) -> None:
    outdated = [{"number": fid} for key, (fid, row) in known.items() if wanted.get(key) != row]
    if outdated:
        delete = sa.delete(table).where(table.c.fid == sa.bindparam("number"))
        connection.execute(delete, outdated)
    new = [row for key, row in wanted.items() if key not in known or known[key][1] != row]
    if new:
        names = [column.name for column in table.c][1:]
        connection.execute(sa.insert(table), [dict(zip(names, row, strict=True)) for row in new])


def rebuild_project_figures(connection: sa.Connection, meta: sa.MetaData, crs: str) -> None:
    """Compute the figures from the stored rows."""
    write_project_figures(connection, meta, _read_project(connection, meta, crs))


def check_project_figures(connection: sa.Connection, meta: sa.MetaData, crs: str) -> bool:
    """Return whether the figures match the project."""
    wanted = _compute_figures(_read_project(connection, meta, crs))
    return all(
        _are_close(
            {key: row for key, (_, row) in _read_figures(connection, meta.tables[name]).items()},
            wanted[name],
        )
        for name in FIGURE_TABLES
    )


def _read_project(connection: sa.Connection, meta: sa.MetaData, crs: str) -> Project:
    rows = own_rows.read_project_rows(connection, meta, "").rows
    return edit_writer.decode_own_project(connection, meta, rows, crs, "")


def _read_figures(
    connection: sa.Connection, table: sa.Table, *conditions: sa.ColumnElement[bool]
) -> dict[_Key, tuple[int, _Row]]:
    rows = connection.execute(sa.select(table).where(*conditions))
    return {(row[1], row[2]): (row[0], tuple(row[1:])) for row in rows}


def _are_close(one: Mapping[Any, _Row], other: Mapping[Any, _Row]) -> bool:
    """Compare rows; numbers may differ in the last bits between machines."""
    return one.keys() == other.keys() and all(
        all(map(_is_close, row, other[key])) for key, row in one.items()
    )


def _is_close(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)
    return bool(one == other)


def _compute_figures(project: Project) -> dict[str, dict[_Key, _Row]]:
    """Return the rows of each table, by plan ("" without a plan) and site or zone."""
    # deferred because it takes 20 ms to load and only writers need it
    from zoneplanner.analysis.site_loads import compute_site_load

    areas = tuple(project.jurisdictions.values())
    lies_in = {site.id: locate_site(site, areas) for site in project.sites.values()}
    demand = project.demand.in_use
    sites: dict[_Key, _Row] = {}
    zones: dict[_Key, _Row] = {}
    for plan in (None, *project.plans.values()):
        seen, uid = project.with_what_ifs(plan), plan.uid if plan else ""
        loads: dict[str, float] = {}
        for patrolled in seen.patrolled:
            with suppress(LookupError, UserError):  # invalid assumptions give no load
                loads[patrolled.id] = compute_site_load(
                    patrolled, project.assumptions, demand
                ).minutes
        for site in seen.sites:
            sites[uid, site] = (uid, site, lies_in[site], loads.get(site))
        if plan is not None:
            zones |= _sum_up_zones(project, plan, lies_in, loads)
    return {"site_figure": sites, "zone_figure": zones}


def _sum_up_zones(
    project: Project,
    plan: Plan,
    lies_in: Mapping[str, str | None],
    loads: Mapping[str, float],
) -> dict[_Key, _Row]:
    """Return the rows of a plan's zones: number of sites, load and fair share."""
    # deferred for the same reason
    from zoneplanner.analysis.measures.plan_measures import compute_fair_shares_min

    shares = compute_fair_shares_min(project, plan, lies_in, loads)
    zones: dict[_Key, _Row] = {}
    for zone in plan.zones:
        own = [load for site, load in loads.items() if plan.assignment.get(site) == zone.id]
        zones[plan.uid, zone.id] = (plan.uid, zone.id, len(own), math.fsum(own), shares[zone.id])
    return zones
