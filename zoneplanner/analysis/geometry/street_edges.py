"""Zone edges moved to streets: land between streets goes entirely to the zone with most of it.

No school changes its zone, no land its jurisdiction, and no building block with a school is cut or
changes sides; if that leaves no choice, the edge does not move.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from zoneplanner.analysis.arrays import to_object_array
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
"""Streets that meet may end up to this far apart, because they were simplified."""
_GRID_M = 0.05
_MAX_MOVED_M2 = 500_000.0
"""Larger areas do not change zones just for the look of an edge: a fifth of a square mile."""
_MIN_SHARE = 0.01


def list_street_faces(streets: Sequence[BaseGeometry], extent: BaseGeometry) -> Polygons:
    """Return the faces between streets within an extent, as polygons that share their borders.

    Streets, extent and polygons, shape (faces,), are in meters; the polygons are in no order.
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
    """Return the outlines with edges moved to streets if possible, else the same object.

    Parameters
    ----------
    sites
        Positions of the sites that have a zone, in meters.
    faces
        The result of ``list_street_faces``.
    """
    land = _Land.build(plan, cells)
    winners = _choose_faces(plan, land, sites, faces)
    schools: dict[str, list[tuple[float, float]]] = {zone: [] for zone in outlines}
    for site, zone in plan.assignment.items():
        if zone in schools and site in sites:
            schools[zone].append(sites[site])
    while winners:
        moved = _move_faces(
            land, {zone: own.area for zone, own in outlines.items()}, faces, winners, schools
        )
        broken = {
            zone
            for zone, outline in outlines.items()
            if not _is_sound(outline.area, moved.get(zone), schools[zone])
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
    """The zone that a face goes to, by jurisdiction, and all zones that had a part of it."""

    winners: Mapping[str, str]
    zones: frozenset[str]


def _move_faces(
    land: "_Land",
    before: Mapping[str, AreaGeometry],
    faces: Polygons,
    winners: Mapping[int, _WholeFace],
    schools: Mapping[str, Sequence[tuple[float, float]]],
) -> dict[str, AreaGeometry]:
    """Return the zones' areas with some faces moved; fragments go to the surrounding zone."""
    whole, choices = faces[list(winners)], list(winners.values())
    pieces = _cut_land(land, whole)
    spots = shapely.point_on_surface(pieces)
    labels: list[str] = []
    places: list[str] = []
    for area, face in zip(
        _find_inside(land.areas, spots).tolist(), _find_inside(whole, spots).tolist(), strict=True
    ):
        zone, jurisdiction = (land.zones[area], land.jurisdictions[area]) if area >= 0 else ("", "")
        moved = choices[face].winners if face >= 0 and zone else {}
        labels.append(moved.get(jurisdiction, zone))
        places.append(jurisdiction)
    coverage = _Coverage(pieces, spots, labels, places)
    areas = coverage.merge(before)
    return coverage.merge(before) if _absorb_fragments(coverage, areas, before, schools) else areas


@dataclass(frozen=True, eq=False, slots=True)
class _Coverage:
    """Pieces of land, each with a point in it, its zone, which may change, and its jurisdiction."""

    pieces: Polygons
    spots: NDArray[np.object_]
    labels: list[str]
    places: list[str]

    def merge(self, zones: Iterable[str]) -> dict[str, AreaGeometry]:
        """Return the area of each zone that has any."""
        labeled = list(zip(self.pieces, self.labels, strict=True))
        areas = {
            zone: merge_areas([piece for piece, label in labeled if label == zone])
            for zone in zones
        }
        return {zone: area for zone, area in areas.items() if area is not None}


def _absorb_fragments(
    coverage: _Coverage,
    areas: Mapping[str, AreaGeometry],
    before: Mapping[str, AreaGeometry],
    schools: Mapping[str, Sequence[tuple[float, float]]],
) -> bool:
    """Give disconnected fragments to the surrounding zone; return whether there were any."""
    has_fragments, labels, places = False, coverage.labels, coverage.places
    for zone, area in areas.items():
        parts = sorted(shapely.get_parts(area).tolist(), key=lambda part: -part.area)
        for part in parts[int(shapely.get_num_geometries(before[zone])) :]:
            if any(shapely.intersects_xy(part, *school) for school in schools[zone]):
                continue
            inside = np.flatnonzero(shapely.within(coverage.spots, part)).tolist()
            here = {places[piece] for piece in inside}
            near = {other for other, own in zip(labels, places, strict=True) if own in here}
            border = {
                other: shapely.intersection(own.boundary, part.boundary).length
                for other, own in areas.items()
                if other in near and other != zone
            }
            if border and max(border.values()) > 0:
                best = max(border, key=lambda other: (border[other], other))
                for piece in inside:
                    labels[piece] = best
                has_fragments = True
    return has_fragments


@dataclass(frozen=True, eq=False, slots=True)
class _Land:
    """The land of each zone in each jurisdiction, and the school blocks that may not be cut."""

    zones: tuple[str, ...]
    jurisdictions: tuple[str, ...]
    areas: Polygons
    school_blocks: Polygons
    block_zones: tuple[str, ...]

    @staticmethod
    def build(plan: Plan, cells: Cells) -> "_Land":
        parts: dict[tuple[str, str], list[Polygon]] = {}
        zones_of: dict[str, set[str]] = {}
        with_school: dict[str, list[Polygon]] = {}
        for part, zone in zip(cells.parts, find_part_zones(plan, cells), strict=True):
            if zone is None:
                continue
            parts.setdefault((zone, part.jurisdiction), []).append(part.area)
            if part.block is not None:
                zones_of.setdefault(part.block, set()).add(zone)
                if part.holds_site:
                    with_school.setdefault(part.block, []).append(part.area)
        whole = {block: own for block, own in with_school.items() if len(zones_of[block]) == 1}
        return _Land(
            tuple(zone for zone, _ in parts),
            tuple(jurisdiction for _, jurisdiction in parts),
            to_object_array([merge_areas(own) for own in parts.values()]),
            to_object_array([merge_areas(own) for own in whole.values()]),
            tuple(next(iter(zones_of[block])) for block in whole),
        )


def _choose_faces(
    plan: Plan, land: _Land, sites: Mapping[str, tuple[float, float]], faces: Polygons
) -> dict[int, _WholeFace]:
    """Return the faces that go entirely to one zone."""
    tree = shapely.STRtree(faces)
    area_rows, face_rows = tree.query(land.areas, predicate="intersects")
    shared_m2 = shapely.area(shapely.intersection(land.areas[area_rows], faces[face_rows]))
    shares: dict[tuple[int, str], dict[str, float]] = {}
    for area, face, m2 in zip(
        area_rows.tolist(), face_rows.tolist(), shared_m2.tolist(), strict=True
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
        if best in own and sum(own.values()) - own[best] <= _MAX_MOVED_M2:
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
    """Return the zones with a school, or a part of a block with one, in each wanted face."""
    rows = np.array(sorted(wanted), dtype=np.intp)
    tree = shapely.STRtree(faces[rows])
    claims: dict[int, set[str]] = {}
    placed = [(site, zone) for site, zone in plan.assignment.items() if site in sites]
    points = shapely.points([sites[site] for site, _ in placed]) if placed else np.array([])
    for site, face in np.transpose(tree.query(points, predicate="intersects")).tolist():
        claims.setdefault(int(rows[face]), set()).add(placed[site][1])
    blocks, block_faces = tree.query(land.school_blocks, predicate="intersects")
    own_faces = faces[rows[block_faces]]
    inside = shapely.area(shapely.intersection(land.school_blocks[blocks], own_faces))
    for block, face, share in zip(
        blocks.tolist(),
        block_faces.tolist(),
        (inside / shapely.area(own_faces)).tolist(),
        strict=True,
    ):
        if share > _MIN_SHARE:
            claims.setdefault(int(rows[face]), set()).add(land.block_zones[block])
    return claims


def _cut_land(land: _Land, faces: Polygons) -> Polygons:
    """Cut the land along its own boundaries and the faces': one coverage without gaps."""
    lines = np.append(shapely.boundary(land.areas), shapely.boundary(faces))
    noded = shapely.union_all(lines, grid_size=_GRID_M)
    pieces: Polygons = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    return pieces


def _find_inside(areas: Polygons, spots: NDArray[np.object_]) -> NDArray[np.intp]:
    """Return the index of the first area that each point is in, or -1 if it is in none."""
    inside = np.full(len(spots), -1, dtype=np.intp)
    spot, area = shapely.STRtree(areas).query(spots, predicate="within")
    inside[spot[::-1]] = area[::-1]
    return inside


def _is_sound(
    before: AreaGeometry, after: AreaGeometry | None, schools: Sequence[tuple[float, float]]
) -> bool:
    """Return whether a zone still contains its schools and has no more pieces."""
    if after is None or shapely.get_num_geometries(after) > shapely.get_num_geometries(before):
        return False
    shapely.prepare(after)
    own = [school for school in schools if shapely.intersects_xy(before, *school)]
    return all(shapely.intersects_xy(after, *school) for school in own)


def _with_area(outline: ZoneOutline, area: AreaGeometry) -> ZoneOutline:
    body = area
    if outline.detached:
        detached = shapely.union_all([part.area for part in outline.detached])
        body = merge_areas(list(shapely.get_parts(area.difference(detached)))) or area
    return ZoneOutline(outline.zone, area, body, outline.pieces, outline.detached)
