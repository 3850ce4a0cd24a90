"""Lines of the bundled layers: blocks made to meet, limits fitted to them, the river, its bridges.

All coordinates are degrees of longitude and latitude on a grid of six decimals, about 0.1 m.
"""

from collections.abc import Iterable, Mapping, Sequence

import shapely
from shapely.geometry import LineString, MultiPolygon, Point, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring

GRID_DEG = 1e-6
SLIVER_DEG2 = 2e-7  # about 2,000 square metres: leftovers along a line that was drawn twice
BRIDGE_REACH_DEG = 1.5e-2  # a street's parts on both banks are joined up to about 1.3 km


def meeting(areas: Sequence[BaseGeometry]) -> list[BaseGeometry]:
    """Return areas whose common borders have the same vertices on both sides.

    All borders are noded together. A face that two areas held goes to the first; a sliver that no
    area held goes to the area it shares the longest border with.
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
    return [joined(faces_of) for faces_of in owned]


def joined(areas: Iterable[BaseGeometry]) -> BaseGeometry:
    """Return the union on the grid."""
    return shapely.unary_union(list(areas), grid_size=GRID_DEG)


def fitted(limit: BaseGeometry, inside: BaseGeometry, district: BaseGeometry) -> BaseGeometry:
    """Return a city's area: its blocks inside the district, its official limit outside."""
    outside = without_slivers(shapely.difference(limit, district, grid_size=GRID_DEG))
    return joined([inside, outside])


def rest(whole: BaseGeometry, areas: Iterable[BaseGeometry]) -> BaseGeometry:
    """Return what the areas leave of the whole, without slivers."""
    left = shapely.difference(whole, joined(areas), grid_size=GRID_DEG)
    return without_slivers(left)


def without_slivers(area: BaseGeometry) -> BaseGeometry:
    """Return the polygons that are larger than a line drawn twice."""
    parts = [part for part in shapely.get_parts(area) if part.area > SLIVER_DEG2]
    polygons = [part for part in parts if isinstance(part, Polygon)]
    return polygons[0] if len(polygons) == 1 else MultiPolygon(polygons)


def river_line(north_bank: BaseGeometry, west: Point, east: Point) -> LineString:
    """Return the southern edge of what lies north of the river, from west to east.

    Places on both banks meet in midstream, so their common edge is the river.
    """
    ring = max(shapely.get_parts(shapely.normalize(north_bank)), key=shapely.area).exterior
    first, last = sorted(ring.project(end) for end in (west, east))
    opened = LineString(
        [*substring(ring, last, ring.length).coords, *substring(ring, 0, first).coords]
    )
    between = LineString(substring(ring, first, last).coords)
    southern = min((between, opened), key=lambda line: float(line.centroid.y))
    along = list(southern.coords)
    return LineString(along if along[0][0] < along[-1][0] else along[::-1])


def bridge(street: BaseGeometry, river: LineString) -> Point:
    """Return where a street crosses the river.

    Its two parts that come nearest to the river on either bank are joined by a straight line; a
    street drawn on one bank only ends at the river and is taken to the nearest point of it.
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


def bridges(streets: Mapping[str, BaseGeometry], river: LineString) -> dict[str, Point]:
    """Return the bridge of each named street."""
    return {name: bridge(street, river) for name, street in streets.items()}
