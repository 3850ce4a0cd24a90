"""What may be written on the map of a project: streets, river and places with their spots."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import shapely
from PySide6.QtCore import QPointF, QRectF
from shapely.geometry.base import BaseGeometry

from zoneplanner.analysis.arrays import FloatArray
from zoneplanner.app.session.state import ProjectState
from zoneplanner.domain.geography.map_edits import WHOLE_DISTRICT
from zoneplanner.domain.plans.locks import list_locked_zones
from zoneplanner.domain.project import Feature, Project
from zoneplanner.ui.map.labels.placement import (
    LabelLine,
    find_label_anchors,
    find_largest_polygon,
    list_grid_points_in,
    measure_label_line,
)
from zoneplanner.ui.map.labels.styles import ZoneLabel
from zoneplanner.ui.map.scene.background import merge_district_areas
from zoneplanner.ui.map.scene.geometry import SceneTransform
from zoneplanner.ui.map.symbology.site_coloring import SiteColoring

_Bounds = tuple[float, float, float, float]
_NamedSpots = list[tuple[str, FloatArray]]

_DEFAULT_BOUNDS: _Bounds = (0.0, 0.0, 10_000.0, 10_000.0)
_SPOT_GRID = 9
_MAX_SPOTS = 12
_WINDOW_MARGIN = 0.35


@dataclass(frozen=True, eq=False, slots=True)
class NamedFeatures:
    """What may be named of some features, in the scene of a frame."""

    features: tuple[Feature, ...]
    frame: SceneTransform
    streets: list[LabelLine]
    rivers: list[LabelLine]
    places: _NamedSpots


def collect_named_features(
    project: Project, frame: SceneTransform, known: NamedFeatures | None = None
) -> NamedFeatures:
    """Return what may be named; what is known of the very same features is not sought again."""
    if known is not None and known.features is project.features and known.frame == frame:
        return known
    return NamedFeatures(
        features=project.features,
        frame=frame,
        streets=_list_named_lines(project, "arterial", frame),
        rivers=_list_named_lines(project, "river", frame),
        places=_list_named_places(project, frame),
    )


def compute_map_bounds(project: Project) -> _Bounds:
    """Return what the map shows when all of it is shown: min x, min y, max x, max y in meters."""
    district = merge_district_areas(project)
    whole = project.jurisdictions.get(WHOLE_DISTRICT)
    if district is None and whole is not None:
        district = whole.area
    if district is not None:
        return _bounds([district])
    points: list[BaseGeometry] = [site.point for site in project.sites.values()]
    areas: list[BaseGeometry] = [j.area for j in project.jurisdictions.values()]
    return _bounds(points or areas) if points or areas else _DEFAULT_BOUNDS


def add_margin(bounds: _Bounds, share: float) -> _Bounds:
    """Return bounds with a margin, a share of their size on each side."""
    left, bottom, right, top = bounds
    dx, dy = (right - left) * share, (top - bottom) * share
    return left - dx, bottom - dy, right + dx, top + dy


def _list_named_lines(project: Project, layer: str, frame: SceneTransform) -> list[LabelLine]:
    """Return the lines of a layer with their names, in the scene, the longest first."""
    found: list[LabelLine] = []
    together: dict[str, list[BaseGeometry]] = {}
    for feature in project.features:
        if feature.layer == layer:
            together.setdefault(feature.name, []).append(feature.geometry)
    for name, lines in together.items():
        for part in shapely.get_parts(_merge_line(shapely.union_all(lines))):
            points = frame.to_scene(shapely.get_coordinates(part))
            if len(points) > 1:
                found.append(measure_label_line(name, points))
    return sorted(found, key=lambda line: -line.length_m)


def _list_named_places(project: Project, frame: SceneTransform) -> _NamedSpots:
    """Return cities and places with the spots of the scene where their names may stand."""
    district = merge_district_areas(project)
    window = shapely.box(*add_margin(compute_map_bounds(project), _WINDOW_MARGIN))
    found: _NamedSpots = []
    for feature in project.features:
        if feature.layer not in ("place", "city"):
            continue
        area = feature.geometry.intersection(window)
        inside = area if district is None else area.intersection(district)
        seen = inside if inside.area > 0.3 * area.area else area.difference(inside)
        spots = _find_label_spots(seen)
        if len(spots):
            found.append((feature.name, frame.to_scene(spots)))
    return found


def _find_label_spots(area: BaseGeometry) -> FloatArray:
    """Return places in an area, shape (n, 2) in meters, those far from its edge first."""
    part = find_largest_polygon(area)
    if part is None:
        return np.empty((0, 2))
    spots = list_grid_points_in(part, _SPOT_GRID)
    room = shapely.distance(part.boundary, shapely.points(spots))
    kept: FloatArray = spots[np.argsort(-room)[:_MAX_SPOTS]]
    return kept


def _merge_line(line: BaseGeometry) -> BaseGeometry:
    return shapely.line_merge(line) if shapely.get_num_geometries(line) > 1 else line


def _bounds(geometries: list[BaseGeometry]) -> _Bounds:
    left, bottom, right, top = shapely.total_bounds(geometries).tolist()
    return (left, bottom, max(right, left + 100.0), max(top, bottom + 100.0))


_FEW_ZONES = 20
_NUMBER_PX = 26.0
_LETTER = 0.7
"""Width of a letter as a share of the number's height."""


class ZoneNumberPlacer:
    """The places of the numbers; a zone out of view has None."""

    def __init__(self, frame: SceneTransform) -> None:
        self.spots: dict[str, QPointF | None] = {}
        self._frame = frame
        self._m_px = 1.0
        self._homes: dict[str, tuple[BaseGeometry, QPointF | None]] = {}
        self._spares: dict[str, list[QPointF]] = {}
        self._seen = QRectF()

    def follow(self, reading: ProjectState, window: QRectF, m_px: float) -> bool:
        """Keep the numbers in a window of the scene; tell whether one moved."""
        self._m_px = m_px
        reach = _NUMBER_PX * m_px
        seen = self._seen = window.adjusted(reach, reach, -reach, -reach)
        sites = np.array([s.position for s in reading.project.patrolled]).reshape(-1, 2)
        spots = {
            zone: self._spot(zone, outline.area, sites, seen)
            for zone, outline in reading.outlines.items()
        }
        moved = spots != self.spots
        self.spots = spots
        return moved

    def words(self, reading: ProjectState, coloring: SiteColoring) -> list[ZoneLabel]:
        """Return the numbers in view, with what stands below them; of many those with room."""
        plan = reading.plan
        spots = self._thin_out(reading)
        shut = list_locked_zones(reading.project, plan) if plan else frozenset()
        found = []
        for zone in plan.zones if plan else ():
            at = spots.get(zone.id)
            if at is not None:
                caption = coloring.get_zone_caption(reading, zone.id)
                spares = tuple(one for one in self._spares[zone.id] if self._seen.contains(one))
                locked = zone.id in shut
                found.append(ZoneLabel(zone.id, at, zone.color, locked, caption, spares))
        return found

    def _thin_out(self, reading: ProjectState) -> Mapping[str, QPointF]:
        """Return the places of the numbers; of many zones, larger ones first, those not covered."""
        shown = {zone: at for zone, at in self.spots.items() if at is not None}
        if len(shown) <= _FEW_ZONES:
            return shown
        kept: dict[str, QPointF] = {}
        boxes: list[QRectF] = []
        for zone in sorted(shown, key=lambda key: -reading.outlines[key].area.area):
            wide, high = _LETTER * len(zone) * _NUMBER_PX * self._m_px, _NUMBER_PX * self._m_px
            box = QRectF(0, 0, wide, high)
            box.moveCenter(shown[zone])
            if not any(box.intersects(other) for other in boxes):
                boxes.append(box)
                kept[zone] = shown[zone]
        return kept

    def _spot(
        self, zone: str, area: BaseGeometry, sites: FloatArray, seen: QRectF
    ) -> QPointF | None:
        known = self._homes.get(zone)
        same = known is not None and known[0] is area
        home = known[1] if known is not None and same else self._roomiest(zone, area, sites)
        self._homes[zone] = (area, home)
        if home is not None and seen.contains(home):
            return home
        kept = self.spots.get(zone)
        if same and kept is not None and seen.contains(kept):
            return kept
        left, top = self._frame.to_project_m(seen.topLeft())
        right, bottom = self._frame.to_project_m(seen.bottomRight())
        return self._roomiest(zone, shapely.clip_by_rect(area, left, bottom, right, top), sites)

    def _roomiest(self, zone: str, area: BaseGeometry, sites: FloatArray) -> QPointF | None:
        """Return the best place of a zone's number, and keep those that it can step aside to."""
        spots = find_label_anchors(area, sites, max(1.0, _LETTER * len(zone)))
        points = [self._frame.to_scene_point(*one) for one in spots]
        self._spares[zone] = points[1:]
        return points[0] if points else None
