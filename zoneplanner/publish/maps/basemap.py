"""The lines and areas behind the zones: what maps and pages draw for orientation."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
import shapely.affinity
from shapely.geometry import box, mapping
from shapely.geometry.base import BaseGeometry

from zoneplanner.analysis.geometry.crs import geometries_to_lonlat
from zoneplanner.publish.handout import Handout

BoundingBox = tuple[float, float, float, float]
DEGREE_DECIMALS = 5
"""About a meter."""
_SAME_LINE_M = 40.0
"""Two sources draw one border this far apart at most."""
_SPOTS = (0.5, 0.35, 0.65, 0.2, 0.8)
"""Shares of a line's length at which its name may stand."""


@dataclass(frozen=True, slots=True)
class NamedLine:
    """A named line that may be in several parts."""

    name: str
    line: BaseGeometry

    @property
    def label(self) -> BaseGeometry:
        """The longest single line, where a name is written."""
        parts: list[BaseGeometry] = list(shapely.get_parts(shapely.line_merge(self.line)))
        return max(parts, key=lambda part: part.length)

    def spots(self) -> list[tuple[float, float, float]]:
        """Return places for a name along the line, the middle first: x, y and the line's angle.

        Angles are in degrees, counter-clockwise from east, -90 to 90.
        """
        return [_spot(self.label, share) for share in _SPOTS]


@dataclass(frozen=True, eq=False, slots=True)
class Basemap:
    """What lies around and over the zones, cut to ``frame`` (x min, y min, x max, y max)."""

    frame: BoundingBox
    outside: BaseGeometry
    district: BaseGeometry
    cities: tuple[NamedLine, ...]
    other_cities: tuple[NamedLine, ...]
    streets: tuple[NamedLine, ...]
    river: BaseGeometry


def find_zone_bounds(handout: Handout) -> BoundingBox:
    """Return the box around all zones, else around all sites, in meters."""
    areas = list(handout.outlines.values())
    points = [site.point for site in handout.project.sites.values() if site.has_position]
    x_min, y_min, x_max, y_max = shapely.total_bounds(areas or points or [box(0, 0, 1, 1)])
    return float(x_min), float(y_min), float(x_max), float(y_max)


def expand_bounds(bounds: BoundingBox, share: float) -> BoundingBox:
    """Return a box grown on each side by a share of its longer side."""
    x_min, y_min, x_max, y_max = bounds
    margin = share * max(x_max - x_min, y_max - y_min, 1.0)
    return x_min - margin, y_min - margin, x_max + margin, y_max + margin


def collect_basemap(handout: Handout, frame: BoundingBox) -> Basemap:
    """Collect the lines of a project that are in sight.

    ``outside`` is the part of the frame without any zone: outside the district, and areas of
    other cities within it.
    """
    project = handout.project
    window = box(*frame)
    zones = shapely.union_all(list(handout.outlines.values()))
    by_layer: dict[str, list[tuple[str, BaseGeometry]]] = {}
    for feature in project.features:
        by_layer.setdefault(feature.layer, []).append((feature.name, feature.geometry))
    served = [
        (area.name, shapely.boundary(area.area))
        for area in project.jurisdictions.values()
        if area.kind == "city"
        and any(unit.may_be_primary(area.id) for unit in project.units.values())
    ]
    near = shapely.union_all([line for _, line in served]).buffer(_SAME_LINE_M)
    others = [
        (name, shapely.boundary(area).difference(near)) for name, area in by_layer.get("city", [])
    ]
    district = [area for _, area in by_layer.get("district", [])] or [zones]
    rivers = [line for _, line in by_layer.get("river", [])]
    return Basemap(
        frame=frame,
        outside=window.difference(zones),
        district=shapely.union_all(district),
        cities=_lines(served, window),
        other_cities=_lines(others, window),
        streets=_lines(by_layer.get("arterial", []), window),
        river=shapely.intersection(shapely.union_all(rivers), window),
    )


def find_label_point(area: BaseGeometry, away: Sequence[BaseGeometry] = ()) -> tuple[float, float]:
    """Return the place in an area that is farthest from its edge and from some points.

    Labels are wider than high, so that room to the sides counts half.
    """
    polygon = max(shapely.get_parts(area), key=lambda part: part.area)
    dots = shapely.buffer(shapely.union_all(list(away)), 1.0, quad_segs=1)
    free = max(shapely.get_parts(polygon.difference(dots)), key=lambda part: part.area)
    narrow = shapely.affinity.scale(free, xfact=0.5, origin=(0, 0))
    circle = shapely.maximum_inscribed_circle(narrow, tolerance=20.0)
    x_m, y_m = circle.coords[0]
    return 2 * float(x_m), float(y_m)


def encode_geojson(crs: str, geometries: Sequence[BaseGeometry]) -> list[dict[str, Any]]:
    """Return geometries as GeoJSON in degrees, rounded to about a meter."""
    degrees = geometries_to_lonlat(crs, list(geometries))
    return [mapping(shapely.transform(each, _rounded)) for each in degrees]


def _rounded(positions: np.ndarray[Any, np.dtype[np.float64]]) -> Any:
    return np.round(positions, DEGREE_DECIMALS)


def _lines(
    named: Sequence[tuple[str, BaseGeometry]], window: BaseGeometry
) -> tuple[NamedLine, ...]:
    cut = [(name, shapely.intersection(line, window)) for name, line in named]
    return tuple(NamedLine(name, line) for name, line in cut if line.length > 0)


def _spot(line: BaseGeometry, share: float) -> tuple[float, float, float]:
    middle, start, end = (
        line.interpolate(min(max(at, 0.0), 1.0), normalized=True)
        for at in (share, share - 0.08, share + 0.08)
    )
    angle = math.degrees(math.atan2(end.y - start.y, end.x - start.x))
    return middle.x, middle.y, (angle + 90) % 180 - 90
