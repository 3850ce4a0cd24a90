"""Roads as the file readers return them, and what those readers share."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from zoneplanner.analysis.travel.road_network import ROAD_CLASSES
from zoneplanner.errors import UserError

ROAD_CLASS_NUMBERS = {kind: at for at, kind in enumerate(ROAD_CLASSES)}
OTHER_CLASSES = {"road": "unclassified", "busway": "service"}
"""OpenStreetMap classes that count as another class."""
ONE_WAY, BOTH_WAYS, BACKWARDS = 1, 0, -1


class RoadWay(NamedTuple):
    """A road: its class, its direction, and the longitudes and latitudes along it.

    ``ids`` name the corners; ways that share a corner's id meet there.
    """

    kind: str
    direction: int
    points: list[tuple[float, float]]
    ids: list[int]


class RoadWays(NamedTuple):
    """All the roads in a file, and the date of its data."""

    ways: list[RoadWay]
    vintage: str


def round_vertex(point: tuple[float, float]) -> tuple[int, int]:
    """Return longitude and latitude in steps of about a centimeter, to compare vertices."""
    return round(point[0] * 1e7), round(point[1] * 1e7)


def make_vertex_converter(crs: str | None, name: str) -> Any:
    """Return a function that converts vertices to longitude and latitude.

    TIGER/Line is in NAD 83, whose degrees are used unchanged.
    """
    from pyproj import CRS, Transformer

    if crs is None:
        raise UserError("unreadable_file.roads_without_crs", file=name)
    file_crs = CRS.from_user_input(crs)
    if file_crs.is_geographic:
        return lambda points: [(float(x), float(y)) for x, y in points]
    to_lonlat = Transformer.from_crs(file_crs, "EPSG:4326", always_xy=True)

    def convert(points: NDArray[np.float64]) -> list[tuple[float, float]]:
        lon, lat = to_lonlat.transform(points[:, 0], points[:, 1])
        return list(zip(lon.tolist(), lat.tolist(), strict=True))

    return convert


def check_vertex_count(vertices: int, most: int, name: str) -> int:
    """Return the number of vertices read so far, unless it is too large."""
    if vertices > most:
        raise UserError("too_large.road_vertices", file=name, most=most)
    return vertices
