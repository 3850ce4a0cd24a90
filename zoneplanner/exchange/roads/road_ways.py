"""Roads as the readers of files give them, and what those readers share."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from zoneplanner.analysis.travel.road_network import ROAD_CLASSES
from zoneplanner.errors import UserError

ROAD_CLASS_NUMBERS = {kind: at for at, kind in enumerate(ROAD_CLASSES)}
OTHER_CLASSES = {"road": "unclassified", "busway": "service"}
"""Classes of OpenStreetMap that count as another one."""
ONE_WAY, BOTH_WAYS, BACKWARDS = 1, 0, -1


class RoadWay(NamedTuple):
    """A road: its class, its direction, and the longitudes and latitudes along it.

    ``ids`` name the corners; ways that share one meet there.
    """

    kind: str
    direction: int
    points: list[tuple[float, float]]
    ids: list[int]


class RoadWays(NamedTuple):
    """All the roads of a file, and the date of its data."""

    found: list[RoadWay]
    vintage: str


def round_vertex(point: tuple[float, float]) -> tuple[int, int]:
    """Return longitude and latitude in steps of a centimeter, to compare vertices by."""
    return round(point[0] * 1e7), round(point[1] * 1e7)


def make_vertex_converter(crs: str | None, name: str) -> Any:
    """Return what brings corners to longitude and latitude (TIGER/Line is in NAD 83)."""
    from pyproj import CRS, Transformer

    if crs is None:
        raise UserError("unreadable_file.roads_without_crs", file=name)
    told = CRS.from_user_input(crs)
    if told.is_geographic:
        return lambda points: [(float(x), float(y)) for x, y in points]
    there = Transformer.from_crs(told, "EPSG:4326", always_xy=True)

    def converted(points: NDArray[np.float64]) -> list[tuple[float, float]]:
        lon, lat = there.transform(points[:, 0], points[:, 1])
        return list(zip(lon.tolist(), lat.tolist(), strict=True))

    return converted


def check_vertex_count(corners: int, most: int, name: str) -> int:
    """Return how many vertices were read, unless they are too many."""
    if corners > most:
        raise UserError("too_large.road_vertices", file=name, most=most)
    return corners
