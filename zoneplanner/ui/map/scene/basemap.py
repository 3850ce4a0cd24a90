"""The basemap: water, parks and buildings below the zones, streets above their fills."""

from collections.abc import Mapping, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QTransform
from shapely.geometry.base import BaseGeometry

from zoneplanner.analysis.geometry.basemap import BasemapByKind
from zoneplanner.domain.geography.basemap import (
    AREAS_BELOW_M_PX,
    BASEMAP_AREAS,
    BASEMAP_LINES,
    BASEMAP_PLACES,
)
from zoneplanner.tokens import MAP_STYLE, choose_thin_color
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
_LINE_MARGIN_PX = 16.0
_MIN_AREA_PX = 1.5
"""Smaller areas are not drawn."""
_MAX_STREET_NAMES = 180


class BasemapLayers:
    """A basemap in a scene: two layers of pictures (none if it is empty), and its labels."""

    def __init__(
        self,
        features: BasemapByKind,
        district: BaseGeometry | None,
        rect: QRectF,
        frame: SceneTransform,
        theme: Theme,
    ) -> None:
        self._features, self._frame, self._theme = features, frame, theme
        self._lines = {
            kind: make_segment_batch(features[kind].shapes.tolist(), frame, simplify_from=0)
            for kind in BASEMAP_LINES
            if kind in features
        }
        self._indexes: dict[str, shapely.STRtree] = {}
        self._district = district
        if district is not None:
            shapely.prepare(district)
        self._label_lines: dict[tuple[str, int], LabelLine] = {}
        paints = {"ground": self._paint_ground, "roads": self._paint_streets} if features else {}
        self.items: Mapping[str, PictureTiles] = {
            name: PictureTiles(rect, 0, paint) for name, paint in paints.items()
        }

    def list_street_names(self, window: QRectF, m_px: float) -> dict[str, list[LabelLine]]:
        """Return the named lines in a rectangle of the scene by kind, longest first."""
        remaining = _MAX_STREET_NAMES
        named: dict[str, list[LabelLine]] = {}
        for kind in reversed(BASEMAP_LINES):
            if not remaining or kind not in self._features:
                continue
            if m_px < MAP_STYLE.streets[kind].named_below_m_px:
                features = self._features[kind]
                near = self._query_features(kind, window)
                lengths = shapely.length(features.shapes[near])
                order = near[np.argsort(-lengths, kind="stable")].tolist()
                rows = [row for row in order if features.names[row]][:remaining]
                named[kind] = [self._get_label_line(kind, row, features.names[row]) for row in rows]
                remaining -= len(rows)
        return named

    def list_shields(self, window: QRectF) -> list[LabelLine]:
        """Return the numbered freeways in a rectangle of the scene."""
        if "freeway" not in self._features:
            return []
        refs = self._features["freeway"].refs
        near = self._query_features("freeway", window).tolist()
        return [self._get_label_line("freeway", row, refs[row]) for row in near if refs[row]]

    def list_points(self, kinds: Sequence[str]) -> list[tuple[str, str, float, float]]:
        """Return points as kind, name and position in the scene."""
        points = []
        for kind in kinds:
            features = self._features.get(kind)
            if features is not None:
                coords = self._frame.to_scene(shapely.get_coordinates(features.shapes)).tolist()
                named = zip(features.names, coords, strict=True)
                points += [(kind, name, x, y) for name, (x, y) in named]
        return points

    def list_places(self) -> list[tuple[str, str, float, float]]:
        """Return the named places, largest first."""
        return [point for point in self.list_points(BASEMAP_PLACES) if point[1]]

    def _get_label_line(self, kind: str, row: int, name: str) -> LabelLine:
        key = (f"{kind} {name}", row)
        if key not in self._label_lines:
            shape = self._features[kind].shapes[row]
            points = self._frame.to_scene(shapely.get_coordinates(shape))
            self._label_lines[key] = measure_label_line(name, points)
        return self._label_lines[key]

    def _query_features(self, kind: str, window: QRectF) -> NDArray[np.intp]:
        """Return the rows of the features of a kind near a rectangle of the scene."""
        if kind not in self._indexes:
            self._indexes[kind] = shapely.STRtree(self._features[kind].shapes)
        near = self._indexes[kind].query(shapely.box(*self._compute_bounds(window, 0.0)))
        return np.sort(near)

    def _paint_ground(self, painter: QPainter, world: QTransform, place: QRectF) -> None:
        m_px = 1 / world.m11()
        for kind in BASEMAP_AREAS:
            if kind in self._features and m_px < AREAS_BELOW_M_PX[kind]:
                self._fill_areas(painter, world, place, kind)
        self._draw_lines(painter, world, place, ("stream",))
        self._fade_outside(painter, world, place)

    def _paint_streets(self, painter: QPainter, world: QTransform, place: QRectF) -> None:
        self._draw_lines(painter, world, place, _STREETS)
        self._fade_outside(painter, world, place)

    def _fill_areas(self, painter: QPainter, world: QTransform, place: QRectF, kind: str) -> None:
        """Fill the visible areas, clipped to the view and without tiny ones."""
        m_px = 1 / world.m11()
        shapes = self._features[kind].shapes[self._query_features(kind, place)]
        shapes = shapes[shapely.area(shapes) > (_MIN_AREA_PX * m_px) ** 2]
        if not len(shapes):
            return
        bounds = self._compute_bounds(place, 2 * m_px)
        clipped = shapely.clip_by_rect(shapely.simplify(shapes, 0.4 * m_px), *bounds)
        color = self._theme.color(kind)
        for area in clipped.tolist():
            if area is not None and not area.is_empty:
                painter.fillPath(world.map(build_painter_path(area, self._frame)), color)

    def _draw_lines(
        self, painter: QPainter, world: QTransform, place: QRectF, kinds: Sequence[str]
    ) -> None:
        """Draw all cases, then all lines, so that streets join at crossings."""
        m_px = 1 / world.m11()
        margin = _LINE_MARGIN_PX * m_px
        area = place.adjusted(-margin, -margin, margin, margin)
        cases: list[tuple[SegmentBatch, QPen]] = []
        lines: list[tuple[SegmentBatch, QPen]] = []
        for kind in kinds:
            width = MAP_STYLE.compute_street_px(kind, m_px)
            if not width or kind not in self._lines:
                continue
            batch, style = self._lines[kind], MAP_STYLE.streets[kind]
            if width < MAP_STYLE.thin_px:
                cases.append((batch, make_line_pen(choose_thin_color(self._theme, style), width)))
                continue
            case_px = width + 2 * MAP_STYLE.street_case_px
            cases.append((batch, make_line_pen(self._theme.color(style.case), case_px)))
            lines.append((batch, make_line_pen(self._theme.color(style.color), width)))
        for batch, pen in (*cases, *lines):
            batch.draw(painter, world, area, pen)

    def _fade_outside(self, painter: QPainter, world: QTransform, place: QRectF) -> None:
        """Fade what is outside the district."""
        if self._district is None:
            return
        window = shapely.box(*self._compute_bounds(place, 2 / world.m11()))
        if shapely.contains(self._district, window):
            return
        # clipped by shapely, because subtracting Qt paths takes a hundred times as long
        outside = build_painter_path(window, self._frame)
        outside.addPath(
            build_painter_path(shapely.clip_by_rect(self._district, *window.bounds), self._frame)
        )
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationIn)
        painter.setPen(Qt.PenStyle.NoPen)
        veil = fade_color(self._theme.label, MAP_STYLE.outside_share)
        painter.fillPath(world.map(outside), veil)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)

    def _compute_bounds(self, place: QRectF, margin_m: float) -> tuple[float, float, float, float]:
        """Return a rectangle of the scene with a margin as bounds in project meters."""
        left, top = self._frame.to_project_m(place.topLeft())
        right, bottom = self._frame.to_project_m(place.bottomRight())
        return left - margin_m, bottom - margin_m, right + margin_m, top + margin_m
