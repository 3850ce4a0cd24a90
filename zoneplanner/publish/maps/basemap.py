"""The lines and areas for orientation behind the zones of maps and pages."""

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
"""Decimal places of degrees, which is about a meter."""


@dataclass(frozen=True, eq=False, slots=True)
class Basemap:
    """The lines and areas around the zones, cut to ``frame`` (x min, y min, x max, y max)."""

    frame: BoundingBox
    outside: BaseGeometry
    district: BaseGeometry
    cities: tuple[NamedLine, ...]
    other_cities: tuple[NamedLine, ...]
    streets: tuple[NamedLine, ...]
    river: BaseGeometry


def find_zone_bounds(handout: Handout) -> BoundingBox:
    """Return the bounding box of all zones, or else of all sites, in meters."""
    areas = list(handout.outlines.values())
    points = [site.point for site in handout.project.sites.values() if site.has_position]
    x_min, y_min, x_max, y_max = shapely.total_bounds(areas or points or [box(0, 0, 1, 1)])
    return float(x_min), float(y_min), float(x_max), float(y_max)


def expand_bounds(bounds: BoundingBox, share: float) -> BoundingBox:
    """Return a box expanded on each side by a share of its longer side."""
    x_min, y_min, x_max, y_max = bounds
    margin = share * max(x_max - x_min, y_max - y_min, 1.0)
    return x_min - margin, y_min - margin, x_max + margin, y_max + margin


def collect_basemap(handout: Handout, frame: BoundingBox) -> Basemap:
    """Collect the lines of a project in a frame.

    ``outside`` is the part of the frame without a zone: land outside the district, and areas of
    other cities within it.
    """
    backdrop = handout.backdrop or build_backdrop(handout.project, handout.outlines)
    window = box(*frame)
    has_basemap = has_streets(handout.basemap)
    streets = list_main_streets(handout.basemap) if has_basemap else backdrop.streets
    river = shapely.LineString() if has_basemap else backdrop.river
    return Basemap(
        frame=frame,
        outside=window.difference(backdrop.zones),
        district=backdrop.district,
        cities=_cut_lines(backdrop.cities, window),
        other_cities=_cut_lines(backdrop.other_cities, window),
        streets=_cut_lines(streets, window),
        river=shapely.intersection(river, window),
    )


def list_main_streets(basemap: BasemapByKind) -> tuple[NamedLine, ...]:
    """Return the main streets of a basemap, each name once."""
    streets = basemap.get("arterial")
    by_name: dict[str, list[BaseGeometry]] = {}
    for name, shape in zip(streets.names, streets.shapes.tolist(), strict=True) if streets else ():
        by_name.setdefault(name, []).append(shape)
    named = {name: shapely.union_all(shapes) for name, shapes in by_name.items() if name}
    return tuple(NamedLine(name, line) for name, line in named.items())


def find_label_point(
    area: BaseGeometry, points_to_avoid: Sequence[BaseGeometry] = ()
) -> tuple[float, float]:
    """Return the point (x, y) in an area that is farthest from its edge and from some points.

    All are in meters. Labels are wider than tall, so distances to the sides count half.
    """
    polygon = max(shapely.get_parts(area), key=lambda part: part.area)
    points = np.array(list(points_to_avoid), dtype=object)
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
    """Return geometries in the meters of ``crs`` as GeoJSON in degrees, longitude first.

    The order is kept, and positions are rounded to about a meter. Rings follow RFC 7946: outer
    rings are counterclockwise, holes clockwise.
    """
    degrees = geometries_to_lonlat(crs, list(geometries))
    return [mapping(_orient_rings(shapely.transform(each, _round_positions))) for each in degrees]


def _orient_rings(shape: BaseGeometry) -> BaseGeometry:
    if isinstance(shape, Polygon):
        return orient(shape)
    if isinstance(shape, MultiPolygon):
        return MultiPolygon([orient(part) for part in shape.geoms])
    return shape


def _round_positions(positions: np.ndarray[Any, np.dtype[np.float64]]) -> Any:
    return np.round(positions, DEGREE_DECIMALS)


def _cut_lines(lines: Sequence[NamedLine], window: BaseGeometry) -> tuple[NamedLine, ...]:
    cut = (
        NamedLine(named.name, shapely.intersection(named.line, window))
        for named in lines
        if named.line.intersects(window)
    )
    return tuple(named for named in cut if named.line.length > 0)
