"""Roads from Census TIGER/Line files; only the guarded process may call this."""

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
"""Census classes of roads open to cars; US Census Bureau, MTFCC definitions."""


def read_tiger_roads(file: Path, name: str, most: int) -> RoadWays:
    """Read TIGER/Line roads; they have no one-way streets, so cars may use each in both directions.

    Motorways meet other roads only at ramps and at their ends: Census lines also share a corner
    where one crosses over the other.
    """
    import pyogrio.raw

    restrict_drivers(("ESRI Shapefile",))
    meta, _, wkb, columns = pyogrio.raw.read(file, force_2d=True)
    fields = [str(field).upper() for field in meta["fields"]]
    if "MTFCC" not in fields:
        raise UserError("unreadable_file.no_mtfcc", file=name)
    kinds = columns[fields.index("MTFCC")].tolist()
    if wkb is None:
        raise UserError("unreadable_file.no_shapes", file=name)
    shapes = shapely.from_wkb(wkb, on_invalid="ignore").tolist()
    to_lonlat = make_vertex_converter(meta["crs"], name)
    ways, vertices = [], 0
    for kind, shape in zip(kinds, shapes, strict=True):
        if kind not in _MTFCC or shape is None:
            continue
        for part in shapely.get_parts(shape):
            vertices = check_vertex_count(vertices + shapely.get_num_coordinates(part), most, name)
            points = to_lonlat(shapely.get_coordinates(part))
            if len(points) > 1:
                ways.append(RoadWay(_MTFCC[kind], BOTH_WAYS, points, []))
    return RoadWays(_separate_overpasses(ways), find_tiger_year(name))


def find_tiger_year(name: str) -> str:
    """Return the year in the name of a TIGER/Line file, or an empty string."""
    year = re.search(r"tl_(\d{4})_", name)
    return year[1] if year else ""


def _separate_overpasses(ways: list[RoadWay]) -> list[RoadWay]:
    """Return the ways with ids of corners that keep motorways apart from roads at overpasses."""
    ids_by_place: dict[tuple[int, int], int] = {}
    ramps = {
        round_vertex(point) for way in ways if way.kind == "motorway_link" for point in way.points
    }
    separated = []
    for way in ways:
        places = [round_vertex(point) for point in way.points]
        ids = [ids_by_place.setdefault(place, len(ids_by_place)) for place in places]
        if way.kind == "motorway":
            ids[1:-1] = [
                vertex_id if place in ramps else -2 - vertex_id
                for place, vertex_id in zip(places[1:-1], ids[1:-1], strict=True)
            ]
        separated.append(way._replace(ids=ids))
    return separated
