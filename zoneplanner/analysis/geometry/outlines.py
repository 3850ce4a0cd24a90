"""Zone outlines: the union of the parts that fall to a zone's sites.

Parts of zones that are narrow: slivers along an edge, and hooks that reach for one school.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from shapely.geometry import Polygon

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


_GAP_M, _BORDER_M = 1.0, 60.0
"""Outlines so near are beside each other; a shorter border is a corner that two zones share."""


def find_bordering_zones(areas: Mapping[str, AreaGeometry]) -> dict[str, tuple[str, ...]]:
    """Return the zones that share a border on the map with each one, in their order."""
    keys, shapes = list(areas), np.array(list(areas.values()), dtype=object)
    near = zip(*shapely.STRtree(shapes).query(shapes, "dwithin", _GAP_M).tolist(), strict=True)
    edges, reached = shapely.boundary(shapes), shapely.buffer(shapes, _GAP_M)
    beside: dict[int, set[int]] = {at: set() for at in range(len(keys))}
    for one, other in near:
        shared = one != other and shapely.intersection(edges[one], reached[other]).length
        if shared and shared > _BORDER_M:
            beside[one].add(other)
    return {keys[at]: tuple(keys[other] for other in sorted(own)) for at, own in beside.items()}


def build_zone_outlines(
    plan: Plan, cells: Cells, *, only: Collection[str] | None = None
) -> dict[str, ZoneOutline]:
    """Return the outlines of a plan's zones, or of some; a zone without any area has none."""
    wanted = {zone.id for zone in plan.zones} if only is None else set(only)
    parts: dict[str, list[CellPart]] = {zone.id: [] for zone in plan.zones if zone.id in wanted}
    of_vertex = find_vertex_zones(plan, cells)
    for part, own_zone in zip(cells.parts, _find_part_zones(plan, cells, of_vertex), strict=True):
        if own_zone in parts:
            parts[own_zone].append(part)
    outlines = {
        zone: outline for zone, own in parts.items() if (outline := _build_outline(zone, own))
    }
    if not (cells.joined or cells.cut):
        return outlines
    return {
        zone: replace(outline, pieces=_count_connected(zone, outline, cells, of_vertex))
        for zone, outline in outlines.items()
    }


def _count_connected(
    zone: str, outline: ZoneOutline, cells: Cells, of_vertex: Sequence[str | None]
) -> int:
    """Count the pieces of a zone whose land a person joined or cut somewhere.

    A pair that is joined makes one piece of two polygons; a cut counts where no other way is left
    between the cells of the zone.
    """
    members = [vertex for vertex, own in enumerate(of_vertex) if own == zone]
    places = {vertex: place for place, vertex in enumerate(members)}
    polygons = shapely.get_parts(outline.body).tolist()
    of_polygon = {
        vertex: next((n for n, p in enumerate(polygons) if p.covers(inner)), None)
        for vertex in members
        if not (inner := cells.areas[vertex].representative_point()).is_empty
    }
    joined = [
        (of_polygon.get(one), of_polygon.get(other))
        for one, other in cells.joined
        if one in places and other in places
    ]
    on_land = _count_groups(
        len(polygons), [(a, b) for a, b in joined if a is not None and b is not None]
    )
    if not cells.cut:
        return on_land
    ways = [(places[a], places[b]) for a, b in cells.neighbors if a in places and b in places]
    return max(on_land, _count_groups(len(members), ways))


def _count_groups(size: int, pairs: Iterable[tuple[int, int]]) -> int:
    """Count what is left of so many things once pairs of them are put together."""
    group = list(range(size))
    for one, other in pairs:
        kept, gone = group[one], group[other]
        group = [kept if own == gone else own for own in group]
    return len(set(group))


def find_vertex_zones(plan: Plan, cells: Cells) -> tuple[str | None, ...]:
    """Return the zone of each vertex: that of its first site that has one."""
    return tuple(_find_first_zone(ids, plan.assignment) for ids in cells.vertices)


def find_part_zones(plan: Plan, cells: Cells) -> Iterator[str | None]:
    """Yield the zone of each part of the cells: its vertex' own, or where its block was moved."""
    return _find_part_zones(plan, cells, find_vertex_zones(plan, cells))


def _find_part_zones(
    plan: Plan, cells: Cells, of_vertex: Sequence[str | None]
) -> Iterator[str | None]:
    overrides = plan.block_overrides
    for part in cells.parts:
        zone = of_vertex[part.vertex]
        if overrides and not part.holds_site and part.block is not None:
            zone = overrides.get(part.block, zone)
        yield zone


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


_NARROW_M, _LEAST_LENGTHS, _LEAST_M2 = 800.0, 2.5, 200_000.0
_SIMPLER_M = 25.0


@dataclass(frozen=True, eq=False, slots=True)
class NarrowStrip:
    """A narrow part of a zone, its mean width and its length."""

    zone: str
    area: Polygon
    width_m: float
    length_m: float


def find_narrow_strips(areas: Mapping[str, AreaGeometry]) -> Iterator[NarrowStrip]:
    """Yield the parts of zones that are narrower than half a mile and much longer than wide.

    What a disk of that width cannot reach (a morphological opening) is left over; of that, corners
    and specks are no strips.
    """
    reach = _NARROW_M / 2
    for zone, area in areas.items():
        simple = shapely.make_valid(shapely.simplify(area, _SIMPLER_M))
        inner = shapely.buffer(simple, -reach, join_style="mitre")
        body = shapely.buffer(inner, reach + 1, join_style="mitre")
        for part in shapely.get_parts(shapely.difference(simple, body)):
            if not isinstance(part, Polygon) or part.area < _LEAST_M2:
                continue
            half = part.length / 2
            # the sides of a rectangle of this area and outline
            root = max(half * half / 4 - part.area, 0.0) ** 0.5
            width, length = half / 2 - root, half / 2 + root
            if length >= _LEAST_LENGTHS * width:
                yield NarrowStrip(zone, part, width, length)
