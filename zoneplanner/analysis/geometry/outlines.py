"""Zone outlines: the union of the parts that fall to a zone's sites."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import shapely

from zoneplanner.analysis.geometry.cells import CellPart, Cells, merge_areas
from zoneplanner.domain.geography.jurisdiction import AreaGeometry
from zoneplanner.domain.plans.plan import Plan


@dataclass(frozen=True, eq=False, slots=True)
class ZoneOutline:
    """The area of one zone.

    ``body`` is ``area`` without the detached parts, which no zone could reach; ``pieces`` counts
    the polygons of the body.
    """

    zone: str
    area: AreaGeometry
    body: AreaGeometry
    pieces: int
    detached: tuple[CellPart, ...] = ()


def build_zone_outlines(
    plan: Plan, cells: Cells, *, only: Collection[str] | None = None
) -> dict[str, ZoneOutline]:
    """Return the outlines of a plan's zones, or of some; a zone without any area has none."""
    wanted = {zone.id for zone in plan.zones} if only is None else set(only)
    parts: dict[str, list[CellPart]] = {zone.id: [] for zone in plan.zones if zone.id in wanted}
    of_vertex = find_vertex_zones(plan, cells)
    overrides = plan.block_overrides
    for part in cells.parts:
        zone = of_vertex[part.vertex]
        if overrides and not part.holds_site and part.block is not None:
            zone = overrides.get(part.block, zone)
        if zone in parts:
            parts[zone].append(part)
    return {zone: outline for zone, own in parts.items() if (outline := _build_outline(zone, own))}


def find_vertex_zones(plan: Plan, cells: Cells) -> tuple[str | None, ...]:
    """Return the zone of each vertex: that of its first site that has one."""
    return tuple(_find_first_zone(ids, plan.assignment) for ids in cells.vertices)


def _find_first_zone(ids: tuple[str, ...], assignment: Mapping[str, str]) -> str | None:
    for site in ids:
        if site in assignment:
            return assignment[site]
    return None


def _build_outline(zone: str, parts: list[CellPart]) -> ZoneOutline | None:
    area = merge_areas([part.area for part in parts])
    if area is None:
        return None
    detached = tuple(part for part in parts if part.detached)
    body = merge_areas([part.area for part in parts if not part.detached]) if detached else area
    if body is None:
        body = area
    pieces = int(shapely.get_num_geometries(body))
    return ZoneOutline(zone, area, body, pieces, detached)


_MIN_CHANGE_M2 = 100.0
_ZoneChange = tuple[str | None, str | None]


def find_changed_areas(
    before: Mapping[str, ZoneOutline], after: Mapping[str, ZoneOutline]
) -> dict[_ZoneChange, AreaGeometry]:
    """Return the areas by the zone they leave and the one they enter, None where there is none.

    Two plans with other sites have other cells; what the lines of both do not share to the meter
    is no change, so polygons below ``_MIN_CHANGE_M2`` are left out.
    """
    old = {zone: outline.area for zone, outline in before.items()}
    new = {zone: outline.area for zone, outline in after.items()}
    found: dict[_ZoneChange, AreaGeometry] = {}
    for zone, area in new.items():
        for other, was in old.items():
            if other != zone and shapely.intersects(area, was):
                _store_change(found, (other, zone), shapely.intersection(area, was))
    whole_old, whole_new = (shapely.union_all(list(areas.values())) for areas in (old, new))
    for zone, area in new.items():
        _store_change(found, (None, zone), shapely.difference(area, whole_old))
    for zone, area in old.items():
        _store_change(found, (zone, None), shapely.difference(area, whole_new))
    return found


def _store_change(
    found: dict[_ZoneChange, AreaGeometry], ends: _ZoneChange, area: shapely.Geometry
) -> None:
    polygons = [
        part
        for part in shapely.get_parts(area)
        if shapely.get_dimensions(part) == 2 and shapely.area(part) >= _MIN_CHANGE_M2
    ]
    if polygons:
        found[ends] = shapely.multipolygons(polygons)
