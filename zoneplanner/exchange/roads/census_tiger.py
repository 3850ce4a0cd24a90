"""Roads of the Census (TIGER/Line); only the guarded process may call this."""

import re
from pathlib import Path

import shapely

from zoneplanner.errors import UserError
from zoneplanner.exchange.roads.road_ways import (
    BOTH_WAYS,
    RoadWay,
    RoadWays,
    check_vertex_count,
    make_vertex_converter,
    round_vertex,
)
from zoneplanner.exchange.sandbox.gdal_safety import restrict_drivers

_MTFCC = {
    "S1100": "motorway",
    "S1200": "secondary",
    "S1400": "residential",
    "S1630": "motorway_link",
    "S1640": "service",
    "S1730": "service",
    "S1740": "service",
    "S1780": "service",
}
"""Census classes of roads that a car may drive; US Census Bureau, MTFCC definitions."""


def read_tiger_roads(file: Path, name: str, most: int) -> RoadWays:
    """Read TIGER/Line roads. They tell no one-ways, so every road is driven both ways.

    Motorways meet other roads at ramps and at their ends only: Census lines share a corner also
    where one crosses over the other.
    """
    import pyogrio.raw

    restrict_drivers(("ESRI Shapefile",))
    meta, _, wkb, columns = pyogrio.raw.read(file, force_2d=True)
    fields = [str(field).upper() for field in meta["fields"]]
    if "MTFCC" not in fields:
        raise UserError("unreadable_file.no_mtfcc", file=name)
    kinds = columns[fields.index("MTFCC")].tolist()
    shapes = shapely.from_wkb(wkb, on_invalid="ignore").tolist()
    own = make_vertex_converter(meta["crs"], name)
    found, corners = [], 0
    for kind, shape in zip(kinds, shapes, strict=True):
        if kind not in _MTFCC or shape is None:
            continue
        for part in shapely.get_parts(shape):
            corners = check_vertex_count(corners + shapely.get_num_coordinates(part), most, name)
            points = own(shapely.get_coordinates(part))
            if len(points) > 1:
                found.append(RoadWay(_MTFCC[kind], BOTH_WAYS, points, []))
    year = re.search(r"tl_(\d{4})_", name)
    return RoadWays(_separate_overpasses(found), year[1] if year else "")


def _separate_overpasses(ways: list[RoadWay]) -> list[RoadWay]:
    """Name the corners, those along motorways apart from those of roads that cross them."""
    number: dict[tuple[int, int], int] = {}
    ramps = {
        round_vertex(point) for way in ways if way.kind == "motorway_link" for point in way.points
    }
    found = []
    for way in ways:
        spots = [round_vertex(point) for point in way.points]
        ids = [number.setdefault(spot, len(number)) for spot in spots]
        if way.kind == "motorway":
            inner = range(1, len(ids) - 1)
            ids = [
                -2 - at_id if at in inner and spots[at] not in ramps else at_id
                for at, at_id in enumerate(ids)
            ]
        found.append(way._replace(ids=ids))
    return found
