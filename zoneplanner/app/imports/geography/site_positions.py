"""The campus that is nearest to a position in a foreign table, whatever coordinates that is in.

Degrees, millionths of a degree, the project's own coordinates, web maps' meters or the feet of the
state plane: the system is the one in which most rows lie near the sites. The sites are brought
there once, so that no row has to be.
"""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from zoneplanner.analysis.geometry.crs import to_lonlat
from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.geography.site_finder import sort_sites_at_place
from zoneplanner.domain.project import Project

CAMPUS_REACH_M = 150.0
_ONE_CAMPUS_M = 100.0
"""Schools this near one another are not told apart by a position that is on neither."""
_AT_SITE_M = 10.0
_NEAR_M = 60_000.0
_METERS_PER_DEGREE = 111_320.0
_FOOT_M = 1200 / 3937
_SAMPLE = 400
_PAIR = re.compile(r"(-?\d+(?:\.\d+)?)[,\s]+(-?\d+(?:\.\d+)?)")

Position = tuple[float, float]


@dataclass(frozen=True, eq=False, slots=True)
class _PlaneOfSites:
    """The sites in one coordinate system: x and y times these factors are meters."""

    x_m: float
    y_m: float
    places: tuple[tuple[float, float, Site], ...]

    def measure_m(self, position: Position) -> float:
        """Return how far a position is from the nearest site."""
        return min(self.between_m((x, y), position) for x, y, _ in self.places)

    def between_m(self, one: Position, other: Position) -> float:
        """Return how far two positions are apart."""
        return math.hypot((one[0] - other[0]) * self.x_m, (one[1] - other[1]) * self.y_m)


class CampusFinder:
    """Finds the campus near positions; ``samples`` tell which coordinates they are in."""

    def __init__(self, project: Project, samples: Iterable[Position]) -> None:
        sites = [site for site in project.sites.values() if site.has_position]
        positions = [own for own, _ in zip(samples, range(_SAMPLE), strict=False)]
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

        A position that is a site's own means that one; any other is one of the whole campus.
        """
        plane = self._plane
        if plane is None:
            return []
        near = self._cells.get(self._cell(position), ())
        least, at = min(
            ((plane.between_m(position, (x, y)), (x, y)) for x, y, _ in near),
            default=(math.inf, position),
        )
        if least > CAMPUS_REACH_M:
            return []
        apart_m = 1.0 if least <= _AT_SITE_M else _ONE_CAMPUS_M
        return sort_sites_at_place(
            site for x, y, site in near if plane.between_m(at, (x, y)) <= apart_m
        )

    def _cell(self, position: Position) -> tuple[int, int]:
        assert self._plane is not None
        x_m, y_m = position[0] * self._plane.x_m, position[1] * self._plane.y_m
        return math.floor(x_m / CAMPUS_REACH_M), math.floor(y_m / CAMPUS_REACH_M)


def read_position(across: str, up: str) -> Position | None:
    """Return a position from two cells, or from one such as POINT (-121.4 38.6); None without."""
    if across and up and across != up:
        try:
            return float(across.replace(",", "")), float(up.replace(",", ""))
        except ValueError:
            return None
    match = _PAIR.search(across or up)
    if match is None:
        return None
    one, two = float(match[1]), float(match[2])
    degrees = abs(one) <= 90 < abs(two) <= 180  # latitude first, as people write it
    return (two, one) if degrees else (one, two)


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
    """Yield the sites in the systems that exports are in, the most frequent first."""
    xs, ys = [site.x_m for site in sites], [site.y_m for site in sites]
    lons, lats = (values.tolist() for values in to_lonlat(project.crs, xs, ys))
    up = _METERS_PER_DEGREE
    across = up * math.cos(math.radians(sum(lats) / len(lats)))
    for scale in (1.0, 1e6, 1e5):
        places = ((lon * scale, lat * scale) for lon, lat in zip(lons, lats, strict=True))
        yield _make_plane(across / scale, up / scale, places, sites)
    yield _make_plane(1.0, 1.0, zip(xs, ys, strict=True), sites)
    from pyproj import Transformer
    from pyproj.aoi import AreaOfInterest
    from pyproj.database import query_crs_info
    from pyproj.enums import PJType

    area = AreaOfInterest(min(lons), min(lats), max(lons), max(lats))
    feet = [
        own.code
        for own in query_crs_info("EPSG", PJType.PROJECTED_CRS, area, contains=True)
        if own.name.startswith("NAD83 /") and "(ft" in own.name
    ]
    scale = math.cos(math.radians(sum(lats) / len(lats)))
    for code, factor in (*((code, _FOOT_M) for code in feet), ("3857", scale)):
        moved = Transformer.from_crs(4326, int(code), always_xy=True).transform(lons, lats)
        yield _make_plane(factor, factor, zip(*moved, strict=True), sites)


def _make_plane(
    x_m: float, y_m: float, places: Iterable[Position], sites: Sequence[Site]
) -> _PlaneOfSites:
    held = ((x, y, site) for (x, y), site in zip(places, sites, strict=True))
    return _PlaneOfSites(x_m, y_m, tuple(held))
