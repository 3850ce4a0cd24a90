"""The basemap on the map: water, parks and buildings below the zones, streets between them."""

from collections.abc import Mapping, Sequence

import numpy as np
import shapely
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QTransform
from shapely.geometry.base import BaseGeometry

from zoneplanner.analysis.geometry.basemap import BasemapByKind, BasemapFeatures
from zoneplanner.domain.geography.basemap import (
    AREAS_BELOW_M_PX,
    BASEMAP_AREAS,
    BASEMAP_LINES,
    BASEMAP_PLACES,
)
from zoneplanner.tokens import MAP_STYLE, StreetStyle, choose_thin_color
from zoneplanner.ui.map.labels.placement import LabelLine, measure_label_line
from zoneplanner.ui.map.scene.drawing import (
    SceneTransform,
    SegmentBatch,
    build_painter_path,
    make_segment_batch,
)
from zoneplanner.ui.map.scene.picture_tiles import PictureTiles
from zoneplanner.ui.map.scene.zones_and_lines import make_line_pen
from zoneplanner.ui.widgets.style.theme import Theme, fade_color

_STREETS = tuple(kind for kind in BASEMAP_LINES if kind != "stream")
_REACH_PX = 16.0
_LEAST_PX = 1.5
"""An area smaller than this is not drawn."""
_MOST_NAMES = 180


class BasemapLayers:
    """A basemap in a scene: two layers of pictures, none of an empty one, and what is named."""

    def __init__(
        self,
        found: BasemapByKind,
        district: BaseGeometry | None,
        rect: QRectF,
        frame: SceneTransform,
        theme: Theme,
    ) -> None:
        self._found, self._frame, self._theme = found, frame, theme
        self._lines = {
            kind: make_segment_batch(found[kind].shapes.tolist(), frame, coarser_from=0)
            for kind in BASEMAP_LINES
            if kind in found
        }
        self._trees: dict[str, shapely.STRtree] = {}
        self._inside = district
        if district is not None:
            shapely.prepare(district)
        self._measured: dict[tuple[str, int], LabelLine] = {}
        paints = {"ground": self._paint_ground, "roads": self._paint_streets} if found else {}
        self.items: Mapping[str, PictureTiles] = {
            name: PictureTiles(rect, 0, paint) for name, paint in paints.items()
        }

    def list_street_names(self, window: QRectF, m_px: float) -> dict[str, list[LabelLine]]:
        """Return the named lines in a window of the scene by kind, the longest first."""
        room = _MOST_NAMES
        named: dict[str, list[LabelLine]] = {}
        for kind in reversed(BASEMAP_LINES):
            if kind in self._found and m_px < MAP_STYLE.streets[kind].named_below_m_px and room > 0:
                own = self._found[kind]
                near = self._query(kind, window)
                lengths = shapely.length(own.shapes[near])
                order = near[np.argsort(-lengths, kind="stable")]
                rows = [at for at in order.tolist() if own.names[at]][:room]
                named[kind] = [self._measure(kind, at, own.names[at]) for at in rows]
                room -= len(rows)
        return named

    def list_shields(self, window: QRectF) -> list[LabelLine]:
        """Return the numbered freeways in a window of the scene."""
        if "freeway" not in self._found:
            return []
        refs = self._found["freeway"].refs
        near = self._query("freeway", window).tolist()
        return [self._measure("freeway", at, refs[at]) for at in near if refs[at]]

    def list_points(self, kinds: Sequence[str]) -> list[tuple[str, str, float, float]]:
        """Return named points as kind, name and place in the scene."""
        found = []
        for kind in kinds:
            own = self._found.get(kind)
            if own is not None:
                places = self._frame.to_scene(shapely.get_coordinates(own.shapes)).tolist()
                found += [
                    (kind, name, x, y) for name, (x, y) in zip(own.names, places, strict=True)
                ]
        return found

    def list_places(self) -> list[tuple[str, str, float, float]]:
        """Return the names of places, the largest first."""
        return [row for row in self.list_points(BASEMAP_PLACES) if row[1]]

    def _measure(self, kind: str, at: int, name: str) -> LabelLine:
        key = (f"{kind} {name}", at)
        if key not in self._measured:
            points = self._frame.to_scene(shapely.get_coordinates(self._found[kind].shapes[at]))
            self._measured[key] = measure_label_line(name, points)
        return self._measured[key]

    def _query(self, kind: str, window: QRectF) -> "np.ndarray[tuple[int], np.dtype[np.intp]]":
        """Return which features of a kind are near a window of the scene."""
        if kind not in self._trees:
            self._trees[kind] = shapely.STRtree(self._found[kind].shapes)
        near = self._trees[kind].query(shapely.box(*self._find_bounds(window, 0.0)))
        return np.sort(near)

    def _paint_ground(self, painter: QPainter, world: QTransform, place: QRectF) -> None:
        m_px = 1 / world.m11()
        for kind in BASEMAP_AREAS:
            if kind in self._found and m_px < AREAS_BELOW_M_PX[kind]:
                self._fill_areas(painter, world, place, kind)
        self._draw_lines(painter, world, place, ("stream",))
        self._fade_outside(painter, world, place)

    def _paint_streets(self, painter: QPainter, world: QTransform, place: QRectF) -> None:
        self._draw_lines(painter, world, place, _STREETS)
        self._fade_outside(painter, world, place)

    def _fill_areas(self, painter: QPainter, world: QTransform, place: QRectF, kind: str) -> None:
        """Fill the areas in sight, cut to it and without what is smaller than a pixel."""
        m_px = 1 / world.m11()
        own: BasemapFeatures = self._found[kind]
        shapes = own.shapes[self._query(kind, place)]
        shapes = shapes[shapely.area(shapes) > (_LEAST_PX * m_px) ** 2]
        if not len(shapes):
            return
        bounds = self._find_bounds(place, 2 * m_px)
        cut = shapely.clip_by_rect(shapely.simplify(shapes, 0.4 * m_px), *bounds)
        color = self._theme.color(kind)
        for area in cut.tolist():
            if area is not None and not area.is_empty:
                painter.fillPath(world.map(build_painter_path(area, self._frame)), color)

    def _draw_lines(
        self, painter: QPainter, world: QTransform, place: QRectF, kinds: Sequence[str]
    ) -> None:
        """Draw all cases, then all lines, so that streets that meet run into each other."""
        m_px = 1 / world.m11()
        reach = _REACH_PX * m_px
        seen = place.adjusted(-reach, -reach, reach, reach)
        drawn: list[tuple[SegmentBatch, float, StreetStyle]] = []
        for kind in kinds:
            width = MAP_STYLE.compute_street_px(kind, m_px)
            if width and kind in self._lines:
                drawn.append((self._lines[kind], width, MAP_STYLE.streets[kind]))
        for lines, width, style in drawn:
            if width < MAP_STYLE.thin_px:
                pen = make_line_pen(choose_thin_color(self._theme, style), width)
            else:
                wide = width + 2 * MAP_STYLE.street_case_px
                pen = make_line_pen(self._theme.color(style.case), wide)
            lines.draw(painter, world, seen, pen)
        for lines, width, style in drawn:
            if width >= MAP_STYLE.thin_px:
                lines.draw(
                    painter, world, seen, make_line_pen(self._theme.color(style.color), width)
                )

    def _fade_outside(self, painter: QPainter, world: QTransform, place: QRectF) -> None:
        """Let what is outside the district step back."""
        if self._inside is None:
            return
        window = shapely.box(*self._find_bounds(place, 2 / world.m11()))
        if shapely.contains(self._inside, window):
            return
        # cut by shapely: to subtract one path of Qt from another takes a hundred times as long
        outside = build_painter_path(window, self._frame)
        outside.addPath(
            build_painter_path(shapely.clip_by_rect(self._inside, *window.bounds), self._frame)
        )
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationIn)
        painter.setPen(Qt.PenStyle.NoPen)
        veil = fade_color(self._theme.label, MAP_STYLE.outside_share)
        painter.fillPath(world.map(outside), veil)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)

    def _find_bounds(self, place: QRectF, margin_m: float) -> tuple[float, float, float, float]:
        """Return a rectangle of the scene and a margin as bounds in the project's meters."""
        left, top = self._frame.to_project_m(place.topLeft())
        right, bottom = self._frame.to_project_m(place.bottomRight())
        return left - margin_m, bottom - margin_m, right + margin_m, top + margin_m
