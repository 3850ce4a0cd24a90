"""Zone outlines: the union of the parts that fall to a zone's sites."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import shapely

from zoneplanner.analysis.cells import CellPart, Cells, merge_areas
from zoneplanner.domain.jurisdiction import AreaGeometry
from zoneplanner.domain.plan import Plan


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
