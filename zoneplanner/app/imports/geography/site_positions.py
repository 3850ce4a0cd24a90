"""Find the campus nearest to a position in a foreign table, in unknown coordinates.

They may be degrees, millionths of a degree, the project's coordinates, meters of web maps or feet
of the state plane: the system is the one in which most rows are near the sites. The sites are
converted to it once, instead of every row.
"""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from zoneplanner.analysis.geometry.crs import to_lonlat
from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.geography.site_finder import sort_sites_at_place
from zoneplanner.domain.project import Project

CAMPUS_REACH_M = 150.0
_ONE_CAMPUS_M = 100.0
"""A position at no school's exact place does not distinguish schools this close together."""
_AT_SITE_M = 10.0
_NEAR_M = 60_000.0
_METERS_PER_DEGREE = 111_320.0
_FOOT_M = 1200 / 3937
_SAMPLE = 400
_PAIR = re.compile(r"(-?\d+(?:\.\d+)?)[,\s]+(-?\d+(?:\.\d+)?)")

Position = tuple[float, float]


@dataclass(frozen=True, eq=False, slots=True)
class _PlaneOfSites:
    """The sites in one coordinate system; x and y times these factors are meters."""

    x_m: float
    y_m: float
    places: tuple[tuple[float, float, Site], ...]

    def measure_m(self, position: Position) -> float:
        """Return the distance of a position from the nearest site."""
        return min(self.between_m((x, y), position) for x, y, _ in self.places)

    def between_m(self, one: Position, other: Position) -> float:
        """Return the distance between two positions."""
        return math.hypot((one[0] - other[0]) * self.x_m, (one[1] - other[1]) * self.y_m)


class CampusFinder:
    """Finds the campus near a position; ``samples`` show which coordinate system is used."""

    def __init__(self, project: Project, samples: Iterable[Position]) -> None:
        sites = [site for site in project.sites.values() if site.has_position]
        positions = list(islice(samples, _SAMPLE))
        self._plane = _choose_plane(project, sites, positions) if sites and positions else None
        self._cells: dict[tuple[int, int], list[tuple[float, float, Site]]] = {}
        if self._plane is None:
            return
        for x, y, site in self._plane.places:
            column, row = self._cell((x, y))
            for near in ((column + a, row + b) for a in (-1, 0, 1) for b in (-1, 0, 1)):
                self._cells.setdefault(near, []).append((x, y, site))

    def find(self, position: Position) -> list[Site]:
        """Return the sites of the campus within reach of a position, the main one first.

        The exact position of a site means only that site; any other position means the campus.
        """
        plane = self._plane
        if plane is None:
            return []
        near = self._cells.get(self._cell(position), ())
        distance_m, nearest = min(
            ((plane.between_m(position, (x, y)), (x, y)) for x, y, _ in near),
            default=(math.inf, position),
        )
        if distance_m > CAMPUS_REACH_M:
            return []
        reach_m = 1.0 if distance_m <= _AT_SITE_M else _ONE_CAMPUS_M
        return sort_sites_at_place(
            site for x, y, site in near if plane.between_m(nearest, (x, y)) <= reach_m
        )

    def _cell(self, position: Position) -> tuple[int, int]:
        assert self._plane is not None
        x_m, y_m = position[0] * self._plane.x_m, position[1] * self._plane.y_m
        return math.floor(x_m / CAMPUS_REACH_M), math.floor(y_m / CAMPUS_REACH_M)


def read_position(x_cell: str, y_cell: str) -> Position | None:
    """Return the position in two cells, or in one such as POINT (-121.4 38.6)."""
    if x_cell and y_cell and x_cell != y_cell:
        try:
            return float(x_cell.replace(",", "")), float(y_cell.replace(",", ""))
        except ValueError:
            return None
    match = _PAIR.search(x_cell or y_cell)
    if match is None:
        return None
    first, second = float(match[1]), float(match[2])
    is_latitude_first = abs(first) <= 90 < abs(second) <= 180
    return (second, first) if is_latitude_first else (first, second)


def _choose_plane(
    project: Project, sites: Sequence[Site], positions: Sequence[Position]
) -> _PlaneOfSites | None:
    best, most = None, 0
    for plane in _list_planes(project, sites):
        near = sum(plane.measure_m(position) <= _NEAR_M for position in positions)
        if near > most:
            best, most = plane, near
        if most * 2 > len(positions):
            break
    return best


def _list_planes(project: Project, sites: Sequence[Site]) -> Iterator[_PlaneOfSites]:
    """Yield the sites in the coordinate systems of exports, the most frequent first."""
    xs, ys = [site.x_m for site in sites], [site.y_m for site in sites]
    lons, lats = (values.tolist() for values in to_lonlat(project.crs, xs, ys))
    narrowing = math.cos(math.radians(sum(lats) / len(lats)))
    for scale in (1.0, 1e6, 1e5):
        places = ((lon * scale, lat * scale) for lon, lat in zip(lons, lats, strict=True))
        y_m = _METERS_PER_DEGREE / scale
        yield _make_plane(y_m * narrowing, y_m, places, sites)
    yield _make_plane(1.0, 1.0, zip(xs, ys, strict=True), sites)
    from pyproj import Transformer
    from pyproj.aoi import AreaOfInterest
    from pyproj.database import query_crs_info
    from pyproj.enums import PJType

    area = AreaOfInterest(min(lons), min(lats), max(lons), max(lats))
    feet = [
        crs.code
        for crs in query_crs_info("EPSG", PJType.PROJECTED_CRS, area, contains=True)
        if crs.name.startswith("NAD83 /") and "(ft" in crs.name
    ]
    for code, factor in (*((code, _FOOT_M) for code in feet), ("3857", narrowing)):
        xy = Transformer.from_crs(4326, int(code), always_xy=True).transform(lons, lats)
        yield _make_plane(factor, factor, zip(*xy, strict=True), sites)


def _make_plane(
    x_m: float, y_m: float, places: Iterable[Position], sites: Sequence[Site]
) -> _PlaneOfSites:
    located = ((x, y, site) for (x, y), site in zip(places, sites, strict=True))
    return _PlaneOfSites(x_m, y_m, tuple(located))
