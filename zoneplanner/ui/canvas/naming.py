"""What may be written on the map of a project: streets, river and places with their spots."""

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from zoneplanner.analysis.arrays import FloatArray
from zoneplanner.domain.project import Feature, Project
from zoneplanner.ui.canvas.anchors import largest
from zoneplanner.ui.canvas.ground import district_of
from zoneplanner.ui.canvas.labels import Way, way
from zoneplanner.ui.canvas.shapes import Frame

_Bounds = tuple[float, float, float, float]
_Names = list[tuple[str, FloatArray]]

_NOWHERE: _Bounds = (0.0, 0.0, 10_000.0, 10_000.0)
_SPOTS = 9
_KEPT = 12
_AROUND = 0.35


@dataclass(frozen=True, eq=False, slots=True)
class Named:
    """What may be named of some features, in the scene of a frame."""

    features: tuple[Feature, ...]
    frame: Frame
    streets: list[Way]
    rivers: list[Way]
    places: _Names


def named(project: Project, frame: Frame, known: Named | None = None) -> Named:
    """Return what may be named; what is known of the very same features is not sought again."""
    if known is not None and known.features is project.features and known.frame == frame:
        return known
    return Named(
        features=project.features,
        frame=frame,
        streets=_lines_named(project, "arterial", frame),
        rivers=_lines_named(project, "river", frame),
        places=_places_named(project, frame),
    )


def map_bounds(project: Project) -> _Bounds:
    """Return what the map shows when all of it is shown: min x, min y, max x, max y in metres."""
    district = district_of(project)
    if district is not None:
        return _bounds([district])
    points: list[BaseGeometry] = [site.point for site in project.sites.values()]
    areas: list[BaseGeometry] = [j.area for j in project.jurisdictions.values()]
    return _bounds(points or areas) if points or areas else _NOWHERE


def wider(bounds: _Bounds, share: float) -> _Bounds:
    """Return bounds with a margin, a share of their size on each side."""
    left, bottom, right, top = bounds
    dx, dy = (right - left) * share, (top - bottom) * share
    return left - dx, bottom - dy, right + dx, top + dy


def _lines_named(project: Project, layer: str, frame: Frame) -> list[Way]:
    """Return the lines of a layer with their names, in the scene, the longest first."""
    found: list[Way] = []
    for feature in project.features:
        if feature.layer != layer:
            continue
        for part in shapely.get_parts(_merged(feature.geometry)):
            points = frame.scene(shapely.get_coordinates(part))
            if len(points) > 1:
                found.append(way(feature.name, points))
    return sorted(found, key=lambda line: -line.length_m)


def _places_named(project: Project, frame: Frame) -> _Names:
    """Return cities and places with the spots of the scene where their names may stand."""
    district = district_of(project)
    window = shapely.box(*wider(map_bounds(project), _AROUND))
    found: _Names = []
    for feature in project.features:
        if feature.layer not in ("place", "city"):
            continue
        area = feature.geometry.intersection(window)
        inside = area if district is None else area.intersection(district)
        seen = inside if inside.area > 0.3 * area.area else area.difference(inside)
        spots = _spots_of(seen)
        if len(spots):
            found.append((feature.name, frame.scene(spots)))
    return found


def _spots_of(area: BaseGeometry) -> FloatArray:
    """Return places in an area, shape (n, 2) in metres, those far from its edge first."""
    part = largest(area)
    if part is None:
        return np.empty((0, 2))
    left, bottom, right, top = part.bounds
    steps = (np.arange(_SPOTS) + 0.5) / _SPOTS
    xs, ys = np.meshgrid(left + (right - left) * steps, bottom + (top - bottom) * steps)
    spots = np.column_stack([xs.ravel(), ys.ravel()])
    spots = spots[shapely.contains_xy(part, spots)]
    room = shapely.distance(part.boundary, shapely.points(spots))
    kept: FloatArray = spots[np.argsort(-room)[:_KEPT]]
    return kept


def _merged(line: BaseGeometry) -> BaseGeometry:
    return shapely.line_merge(line) if shapely.get_num_geometries(line) > 1 else line


def _bounds(geometries: list[BaseGeometry]) -> _Bounds:
    left, bottom, right, top = shapely.total_bounds(geometries).tolist()
    return (left, bottom, max(right, left + 100.0), max(top, bottom + 100.0))
