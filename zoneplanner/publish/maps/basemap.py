"""The lines and areas behind the zones: what maps and pages draw for orientation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
import shapely.affinity
from shapely.geometry import MultiPolygon, Polygon, box, mapping
from shapely.geometry.base import BaseGeometry
from shapely.geometry.polygon import orient

from zoneplanner.analysis.geometry.basemap import BasemapByKind, has_streets
from zoneplanner.analysis.geometry.crs import geometries_to_lonlat
from zoneplanner.publish.handout import Handout
from zoneplanner.publish.maps.backdrop import NamedLine, build_backdrop

BoundingBox = tuple[float, float, float, float]
DEGREE_DECIMALS = 5
"""About a meter."""


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
    whole = handout.backdrop or build_backdrop(handout.project, handout.outlines)
    window = box(*frame)
    mapped = has_streets(handout.basemap)
    streets = list_main_streets(handout.basemap) if mapped else whole.streets
    river = shapely.LineString() if mapped else whole.river
    return Basemap(
        frame=frame,
        outside=window.difference(whole.zones),
        district=whole.district,
        cities=_cut_lines(whole.cities, window),
        other_cities=_cut_lines(whole.other_cities, window),
        streets=_cut_lines(streets, window),
        river=shapely.intersection(river, window),
    )


def list_main_streets(found: BasemapByKind) -> tuple[NamedLine, ...]:
    """Return the main streets of a basemap, each name once."""
    own = found.get("arterial")
    together: dict[str, list[BaseGeometry]] = {}
    for name, shape in zip(own.names, own.shapes.tolist(), strict=True) if own else ():
        together.setdefault(name, []).append(shape)
    named = {name: shapely.union_all(shapes) for name, shapes in together.items() if name}
    return tuple(NamedLine(name, line) for name, line in named.items())


def find_label_point(area: BaseGeometry, away: Sequence[BaseGeometry] = ()) -> tuple[float, float]:
    """Return the place (x, y) in an area that is farthest from its edge and from some points.

    All are in meters. Labels are wider than high, so that room to the sides counts half.
    """
    polygon = max(shapely.get_parts(area), key=lambda part: part.area)
    points = np.array(list(away), dtype=object)
    points = points[shapely.covers(polygon, points)] if len(points) else points
    free = polygon
    if len(points):
        dots = shapely.buffer(shapely.union_all(points), 1.0, quad_segs=1)
        free = max(shapely.get_parts(polygon.difference(dots)), key=lambda part: part.area)
    narrow = shapely.affinity.scale(free, xfact=0.5, origin=(0, 0))
    circle = shapely.maximum_inscribed_circle(narrow, tolerance=20.0)
    x_m, y_m = circle.coords[0]
    return 2 * float(x_m), float(y_m)


def encode_geojson(crs: str, geometries: Sequence[BaseGeometry]) -> list[dict[str, Any]]:
    """Return geometries, given in the meters of ``crs``, as GeoJSON in degrees, longitude first.

    They are in the order given, rounded to about a meter.

    Rings run as RFC 7946 has it: the outer counterclockwise, holes the other way.
    """
    degrees = geometries_to_lonlat(crs, list(geometries))
    return [mapping(_orient_rings(shapely.transform(each, _rounded))) for each in degrees]


def _orient_rings(shape: BaseGeometry) -> BaseGeometry:
    if isinstance(shape, Polygon):
        return orient(shape)
    if isinstance(shape, MultiPolygon):
        return MultiPolygon([orient(part) for part in shape.geoms])
    return shape


def _rounded(positions: np.ndarray[Any, np.dtype[np.float64]]) -> Any:
    return np.round(positions, DEGREE_DECIMALS)


def _cut_lines(lines: Sequence[NamedLine], window: BaseGeometry) -> tuple[NamedLine, ...]:
    seen = [one for one in lines if one.line.intersects(window)]
    cut = [NamedLine(one.name, shapely.intersection(one.line, window)) for one in seen]
    return tuple(one for one in cut if one.line.length > 0)
