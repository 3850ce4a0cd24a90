"""Zone edges moved to streets: land between two streets goes whole to the zone that has most of it.

No school changes its zone, no land its jurisdiction, and no building block that holds a school is
cut or changes side; where that leaves no choice the edge stays as it was.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from zoneplanner.analysis.geometry.cells_and_outlines import (
    Cells,
    ZoneOutline,
    find_part_zones,
    merge_areas,
)
from zoneplanner.domain.geography.site import AreaGeometry
from zoneplanner.domain.plans.plan import Plan

Polygons = NDArray[np.object_]

_NODE_M = 1.0
"""Streets that meet end less than that from each other, since they were simplified."""
_GRID_M = 0.05
_MOST_MOVED_M2 = 500_000.0
"""Land larger than that does not change its zone for the looks of an edge: an eighth of a mile²."""
_LEAST_SHARE = 0.01


def list_street_faces(streets: Sequence[BaseGeometry], extent: BaseGeometry) -> Polygons:
    """Return the land between streets within an extent, as polygons that share their borders.

    Streets and extent are in meters; the polygons, shape (faces,), are too, in no order.
    """
    lines = np.array(streets, dtype=object)
    near = lines[shapely.intersects(lines, extent)] if len(lines) else lines
    noded = shapely.union_all([*near.tolist(), extent.boundary], grid_size=_NODE_M)
    faces: Polygons = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    return faces


def move_edges_to_streets(
    plan: Plan,
    cells: Cells,
    outlines: Mapping[str, ZoneOutline],
    sites: Mapping[str, tuple[float, float]],
    faces: Polygons,
) -> Mapping[str, ZoneOutline]:
    """Return the outlines with edges on streets where both sides are free; else the very same.

    Parameters
    ----------
    sites
        Positions of the sites that have a zone, in meters.
    faces
        As ``list_street_faces`` makes them.
    """
    land = _Land.build(plan, cells)
    winners = _choose_faces(plan, land, sites, faces)
    held: dict[str, list[tuple[float, float]]] = {zone: [] for zone in outlines}
    for site, zone in plan.assignment.items():
        if zone in held and site in sites:
            held[zone].append(sites[site])
    while winners:
        moved = _move(
            land, {zone: own.area for zone, own in outlines.items()}, faces, winners, held
        )
        broken = {
            zone
            for zone, outline in outlines.items()
            if not _is_sound(outline.area, moved.get(zone), held[zone])
        }
        if not broken:
            return {zone: _with_area(own, moved[zone]) for zone, own in outlines.items()}
        touched = [face for face, own in winners.items() if broken & own.zones]
        winners = {face: own for face, own in winners.items() if face not in touched}
        if not touched:
            break
    return outlines


@dataclass(frozen=True, slots=True)
class _WholeFace:
    """A face that goes whole to one zone, by jurisdiction, and all zones that had a part of it."""

    winners: Mapping[str, str]
    zones: frozenset[str]


def _move(
    land: "_Land",
    before: Mapping[str, AreaGeometry],
    faces: Polygons,
    winners: Mapping[int, _WholeFace],
    held: Mapping[str, Sequence[tuple[float, float]]],
) -> dict[str, AreaGeometry]:
    """Return the areas of zones with some faces whole; fragments go to the zone around them."""
    whole, answers = faces[list(winners)], list(winners.values())
    pieces = _cut(land, whole)
    spots = shapely.point_on_surface(pieces)
    labels: list[str] = []
    places: list[str] = []
    for at, face in zip(
        _find_inside(land.areas, spots).tolist(), _find_inside(whole, spots).tolist(), strict=True
    ):
        zone, jurisdiction = (land.zones[at], land.jurisdictions[at]) if at >= 0 else ("", "")
        moved = answers[face].winners if face >= 0 and zone else {}
        labels.append(moved.get(jurisdiction, zone))
        places.append(jurisdiction)
    coverage = _Coverage(pieces, spots, labels, places)
    areas = coverage.merge(before)
    return coverage.merge(before) if _absorb_fragments(coverage, areas, before, held) else areas


@dataclass(frozen=True, eq=False, slots=True)
class _Coverage:
    """Pieces of land with a spot in each, the zone of each, which may change, its jurisdiction."""

    pieces: Polygons
    spots: NDArray[np.object_]
    labels: list[str]
    places: list[str]

    def merge(self, zones: Iterable[str]) -> dict[str, AreaGeometry]:
        """Return the land of each zone that has any."""
        found = {}
        for zone in zones:
            own = [self.pieces[at] for at, label in enumerate(self.labels) if label == zone]
            area = merge_areas(own)
            if area is not None:
                found[zone] = area
        return found


def _absorb_fragments(
    coverage: _Coverage,
    areas: Mapping[str, AreaGeometry],
    before: Mapping[str, AreaGeometry],
    held: Mapping[str, Sequence[tuple[float, float]]],
) -> bool:
    """Give what a zone lost touch with to the zone around it; True where there was any."""
    found, labels, places = False, coverage.labels, coverage.places
    for zone, area in areas.items():
        parts = sorted(shapely.get_parts(area).tolist(), key=lambda part: -part.area)
        for part in parts[int(shapely.get_num_geometries(before[zone])) :]:
            if any(shapely.intersects_xy(part, *place) for place in held[zone]):
                continue
            inside = np.flatnonzero(shapely.within(coverage.spots, part)).tolist()
            here = {places[at] for at in inside}
            near = {other for other, own in zip(labels, places, strict=True) if own in here}
            border = {
                other: shapely.intersection(own.boundary, part.boundary).length
                for other, own in areas.items()
                if other in near and other != zone
            }
            if border and max(border.values()) > 0:
                best = max(border, key=lambda other: (border[other], other))
                for at in inside:
                    labels[at] = best
                found = True
    return found


@dataclass(frozen=True, eq=False, slots=True)
class _Land:
    """The land of each zone in each jurisdiction, and the blocks that may not be cut."""

    zones: tuple[str, ...]
    jurisdictions: tuple[str, ...]
    areas: Polygons
    kept: Polygons
    kept_zones: tuple[str, ...]

    @staticmethod
    def build(plan: Plan, cells: Cells) -> "_Land":
        parts: dict[tuple[str, str], list[Polygon]] = {}
        blocks: dict[str, set[str]] = {}
        held: dict[str, list[Polygon]] = {}
        for part, zone in zip(cells.parts, find_part_zones(plan, cells), strict=True):
            if zone is None:
                continue
            parts.setdefault((zone, part.jurisdiction), []).append(part.area)
            if part.block is not None:
                blocks.setdefault(part.block, set()).add(zone)
                if part.holds_site:
                    held.setdefault(part.block, []).append(part.area)
        whole = {block: own for block, own in held.items() if len(blocks[block]) == 1}
        areas = [merge_areas(own) for own in parts.values()]
        kept = [merge_areas(own) for own in whole.values()]
        return _Land(
            tuple(zone for zone, _ in parts),
            tuple(jurisdiction for _, jurisdiction in parts),
            _to_array(areas),
            _to_array(kept),
            tuple(next(iter(blocks[block])) for block in whole),
        )


def _choose_faces(
    plan: Plan, land: _Land, sites: Mapping[str, tuple[float, float]], faces: Polygons
) -> dict[int, _WholeFace]:
    """Return the faces that go whole to one zone."""
    tree = shapely.STRtree(faces)
    areas_at, faces_at = tree.query(land.areas, predicate="intersects")
    shared_m2 = shapely.area(shapely.intersection(land.areas[areas_at], faces[faces_at]))
    shares: dict[tuple[int, str], dict[str, float]] = {}
    for area, face, m2 in zip(
        areas_at.tolist(), faces_at.tolist(), shared_m2.tolist(), strict=True
    ):
        if m2 > 1.0:
            own = shares.setdefault((face, land.jurisdictions[area]), {})
            own[land.zones[area]] = own.get(land.zones[area], 0.0) + m2
    split = {key: own for key, own in shares.items() if len(own) > 1}
    claims = _list_claims(plan, land, sites, faces, {face for face, _ in split})
    winners: dict[int, dict[str, str]] = {}
    zones: dict[int, set[str]] = {}
    for (face, jurisdiction), own in split.items():
        claimed = claims.get(face, set())
        if len(claimed) > 1:
            continue
        best = next(iter(claimed)) if claimed else max(own, key=lambda zone: (own[zone], zone))
        if best in own and sum(own.values()) - own[best] <= _MOST_MOVED_M2:
            winners.setdefault(face, {})[jurisdiction] = best
            zones.setdefault(face, set()).update(own)
    return {face: _WholeFace(own, frozenset(zones[face])) for face, own in winners.items()}


def _list_claims(
    plan: Plan,
    land: _Land,
    sites: Mapping[str, tuple[float, float]],
    faces: Polygons,
    wanted: set[int],
) -> dict[int, set[str]]:
    """Return the zones that have a school, or a part of a block that holds one, in a face."""
    places = np.array(sorted(wanted), dtype=np.intp)
    tree = shapely.STRtree(faces[places])
    claims: dict[int, set[str]] = {}
    placed = [(site, zone) for site, zone in plan.assignment.items() if site in sites]
    points = shapely.points([sites[site] for site, _ in placed]) if placed else np.array([])
    for at, face in np.transpose(tree.query(points, predicate="intersects")).tolist():
        claims.setdefault(int(places[face]), set()).add(placed[at][1])
    kept_at, face_at = tree.query(land.kept, predicate="intersects")
    inside = shapely.area(shapely.intersection(land.kept[kept_at], faces[places[face_at]]))
    whole = shapely.area(faces[places[face_at]])
    for at, face, share in zip(
        kept_at.tolist(), face_at.tolist(), (inside / whole).tolist(), strict=True
    ):
        if share > _LEAST_SHARE:
            claims.setdefault(int(places[face]), set()).add(land.kept_zones[at])
    return claims


def _cut(land: _Land, faces: Polygons) -> Polygons:
    """Cut all land along its own lines and those of some faces: one coverage, without a gap."""
    lines = np.append(shapely.boundary(land.areas), shapely.boundary(faces))
    noded = shapely.union_all(lines, grid_size=_GRID_M)
    pieces: Polygons = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    return pieces


def _find_inside(areas: Polygons, spots: NDArray[np.object_]) -> NDArray[np.intp]:
    """Return which area each point lies in, -1 in none."""
    found = np.full(len(spots), -1, dtype=np.intp)
    at, area = shapely.STRtree(areas).query(spots, predicate="within")
    found[at[::-1]] = area[::-1]
    return found


def _is_sound(
    before: AreaGeometry, after: AreaGeometry | None, held: Sequence[tuple[float, float]]
) -> bool:
    """True where a zone has its schools still and falls into no more pieces."""
    if after is None or shapely.get_num_geometries(after) > shapely.get_num_geometries(before):
        return False
    shapely.prepare(after)
    was = [place for place in held if shapely.intersects_xy(before, *place)]
    return all(shapely.intersects_xy(after, *place) for place in was)


def _with_area(outline: ZoneOutline, area: AreaGeometry) -> ZoneOutline:
    body = area
    if outline.detached:
        away = shapely.union_all([part.area for part in outline.detached])
        body = merge_areas(list(shapely.get_parts(area.difference(away)))) or area
    return ZoneOutline(outline.zone, area, body, outline.pieces, outline.detached)


def _to_array(areas: Sequence[AreaGeometry | None]) -> Polygons:
    found = np.empty(len(areas), dtype=object)
    found[:] = areas
    return found
