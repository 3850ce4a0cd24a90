"""Lines of the bundled layers: blocks with common borders, limits fitted to them, river, bridges.

All coordinates are degrees of longitude and latitude on a grid of six decimals, about 0.1 m.
"""

from collections.abc import Iterable, Mapping, Sequence

import shapely
from shapely.geometry import LineString, MultiPolygon, Point, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring

GRID_DEG = 1e-6
SLIVER_DEG2 = 2e-7  # about 2,000 square meters: left over along a line that was drawn twice
BRIDGE_REACH_DEG = (
    1.5e-2  # about 1.3 km: a street's parts this near to the river belong to a bridge
)


def match_borders(areas: Sequence[BaseGeometry]) -> list[BaseGeometry]:
    """Return areas whose common borders have the same vertices on both sides.

    All borders are noded together. A face in two areas goes to the first; a sliver in none goes to
    the area that it shares the longest border with.
    """
    borders = [area.boundary for area in areas]
    noded = shapely.unary_union(borders, grid_size=GRID_DEG)
    faces = list(shapely.get_parts(shapely.polygonize([noded])))
    tree = shapely.STRtree(areas)
    owned: list[list[BaseGeometry]] = [[] for _ in areas]
    gaps = []
    for face in faces:
        owners = tree.query(face.representative_point(), predicate="intersects")
        if len(owners):
            owned[int(min(owners))].append(face)
        elif face.area < SLIVER_DEG2:
            gaps.append(face)
    for gap in gaps:
        shared = [
            sum(gap.boundary.intersection(face.boundary).length for face in faces_of)
            for faces_of in owned
        ]
        owned[shared.index(max(shared))].append(gap)
    return [join_areas(faces_of) for faces_of in owned]


def join_areas(areas: Iterable[BaseGeometry]) -> BaseGeometry:
    """Return the union on the grid."""
    return shapely.unary_union(list(areas), grid_size=GRID_DEG)


def fit_limit(limit: BaseGeometry, inside: BaseGeometry, district: BaseGeometry) -> BaseGeometry:
    """Return a city's area: its blocks inside the district, its official limit outside."""
    outside = drop_slivers(shapely.difference(limit, district, grid_size=GRID_DEG))
    return join_areas([inside, outside])


def subtract_areas(whole: BaseGeometry, areas: Iterable[BaseGeometry]) -> BaseGeometry:
    """Return what is left of the whole without the areas, and without slivers."""
    return drop_slivers(shapely.difference(whole, join_areas(areas), grid_size=GRID_DEG))


def drop_slivers(area: BaseGeometry) -> BaseGeometry:
    """Return the polygons that are larger than a sliver."""
    parts = shapely.get_parts(area)
    polygons = [one for one in parts if isinstance(one, Polygon) and one.area > SLIVER_DEG2]
    return polygons[0] if len(polygons) == 1 else MultiPolygon(polygons)


def trace_river(north_bank: BaseGeometry, west: Point, east: Point) -> LineString:
    """Return the southern edge of the area north of the river, from west to east.

    Places on both banks meet in midstream, so their common edge is the river.
    """
    ring = max(shapely.get_parts(shapely.normalize(north_bank)), key=shapely.area).exterior
    first, last = sorted(ring.project(end) for end in (west, east))
    around = LineString(
        [*substring(ring, last, ring.length).coords, *substring(ring, 0, first).coords]
    )
    between = LineString(substring(ring, first, last).coords)
    southern = min((between, around), key=lambda line: float(line.centroid.y))
    along = list(southern.coords)
    return LineString(along if along[0][0] < along[-1][0] else along[::-1])


def find_bridge(street: BaseGeometry, river: LineString) -> Point:
    """Return the point where a street crosses the river.

    If its parts end on either bank, the nearest two ends are joined by a straight line; if it is
    drawn on one bank only, the point is the one on the river nearest to it.
    """
    parts = [part for part in shapely.get_parts(street) if part.distance(river) < BRIDGE_REACH_DEG]
    crossing = street.intersection(river)
    if not crossing.is_empty:
        return crossing.centroid
    ends = [Point(end) for part in parts for end in (part.coords[0], part.coords[-1])]
    joins = [
        LineString([one, other])
        for place, one in enumerate(ends)
        for other in ends[place + 1 :]
        if LineString([one, other]).crosses(river)
    ]
    if joins:
        return min(joins, key=lambda join: join.length).intersection(river).centroid
    nearest = min(ends, key=river.distance)
    return shapely.shortest_line(river, nearest).interpolate(0)


def find_bridges(streets: Mapping[str, BaseGeometry], river: LineString) -> dict[str, Point]:
    """Return each named street's bridge."""
    return {name: find_bridge(street, river) for name, street in streets.items()}
