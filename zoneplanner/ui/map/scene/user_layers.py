"""The layers that the user added: areas, lines and points in one color, each layer an item."""

from collections.abc import Sequence
from itertools import islice
from typing import Any, cast

import numpy as np
import shapely
import shiboken6
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPixmap, QTransform
from PySide6.QtWidgets import QGraphicsScene

from zoneplanner.analysis.arrays import FloatArray
from zoneplanner.app.geography.map_layers import find_name_field
from zoneplanner.domain.geography.map_edits import list_user_layers
from zoneplanner.domain.project import Feature, Project
from zoneplanner.ui.map.labels.sources import FeatureLabel
from zoneplanner.ui.map.layers import Arrangement
from zoneplanner.ui.map.scene.background import make_line_pen
from zoneplanner.ui.map.scene.drawing import (
    ItemLayer,
    SceneLayer,
    SceneTransform,
    build_painter_path,
    make_segment_batch,
)
from zoneplanner.ui.widgets.style.data_colors import choose_layer_color
from zoneplanner.ui.widgets.style.painting import fade_color, render_picture
from zoneplanner.ui.widgets.style.theme import Theme

_DOT_PX, _LINE_PX = 9.0, 2.2
USER_FILL_SHARE = 0.22
_MOST_WORDS = 400


class _UserLayerItem(SceneLayer):
    """One layer of the user's own."""

    def __init__(
        self,
        rect: QRectF,
        features: Sequence[Feature],
        frame: SceneTransform,
        color: QColor,
        theme: Theme,
    ) -> None:
        super().__init__(rect, 0)
        shapes = np.array([item.geometry for item in features], dtype=object)
        extent = shapely.get_dimensions(shapes)
        self.extents = frozenset(extent.tolist())
        areas, lines, points = (shapes[extent == size].tolist() for size in (2, 1, 0))
        self._color, self._theme = color, theme
        self._area = QPainterPath()
        for area in areas:
            self._area.addPath(build_painter_path(area, frame))
        self._area.setFillRule(Qt.FillRule.WindingFill)
        self._lines = make_segment_batch(areas + lines, frame)
        self._points = (
            frame.to_scene(shapely.get_coordinates(points)) if points else np.empty((0, 2))
        )
        self._dot: QPixmap | None = None

    def draw(self, painter: QPainter, world: QTransform, exposed: QRectF) -> None:
        """Draw areas, then lines with a light case, then dots."""
        if not self._area.isEmpty():
            painter.fillPath(world.map(self._area), fade_color(self._color, USER_FILL_SHARE))
        self._lines.draw(painter, world, exposed, make_line_pen(self._theme.halo, _LINE_PX + 2))
        self._lines.draw(painter, world, exposed, make_line_pen(self._color, _LINE_PX))
        reach_m = _DOT_PX / world.m11()
        seen = self._points[
            _find_inside(self._points, exposed.adjusted(-reach_m, -reach_m, reach_m, reach_m))
        ]
        if len(seen):
            self._draw_dots(painter, seen * world.m11() + (world.dx(), world.dy()))

    def _draw_dots(self, painter: QPainter, spots: FloatArray) -> None:
        """Draw one picture many times, handing Qt the array itself (ten doubles a picture)."""
        ratio = painter.device().devicePixelRatioF()
        if self._dot is None or self._dot.devicePixelRatioF() != ratio:
            self._dot = render_point_symbol(self._color, self._theme, ratio)
        made = np.zeros((len(spots), 10))
        made[:, :2] = spots
        made[:, 4:6] = self._dot.width(), self._dot.height()
        made[:, 6:8] = 1 / ratio
        made[:, 9] = 1
        first: Any = shiboken6.wrapInstance(made.ctypes.data, QPainter.PixmapFragment)
        painter.drawPixmapFragments(cast(Any, first), len(made), self._dot)


class UserLayers(ItemLayer[_UserLayerItem]):
    """All layers of the user's own, by id; an item is kept while its features are the same."""

    def __init__(
        self, scene: QGraphicsScene, rect: QRectF, frame: SceneTransform, theme: Theme
    ) -> None:
        super().__init__(scene, frame, theme)
        self._rect = rect
        self._features: dict[str, tuple[Feature, ...]] = {}
        self._spots: dict[str, FloatArray] = {}

    def show(self, project: Project) -> bool:
        """Follow a project; tell whether anything changed."""
        layers = list_user_layers(project)
        wanted: dict[str, list[Feature]] = {layer.id: [] for layer in layers}
        for feature in project.features if layers else ():
            if feature.layer in wanted:
                wanted[feature.layer].append(feature)
        features = {key: tuple(own) for key, own in wanted.items()}
        if features == self._features:
            return False
        self.remove([key for key in self.items if features.get(key) != self._features[key]])
        for layer in layers:
            if layer.id not in self.items:
                color, own = choose_layer_color(layer.color, self._theme), features[layer.id]
                item = _UserLayerItem(self._rect, own, self._frame, color, self._theme)
                self.add(layer.id, item)
        self._features = features
        self._spots = {key: self._spots_of(own) for key, own in features.items()}
        return True

    def words(self, project: Project, look: Arrangement, window: QRectF) -> list[FeatureLabel]:
        """Return the labels in a window of the scene, of the layers that are shown.

        A layer that no label was chosen for is labeled by the field that names its features.
        """
        found: list[FeatureLabel] = []
        for layer in list_user_layers(project) if self.items else ():
            if look.shows(layer.id):
                by = look.labels.get(layer.id)
                by = find_name_field(project, layer.id) if by is None else by
                found += self._words_of(layer.id, by, window)
        return found

    def _words_of(self, layer: str, by: str, window: QRectF) -> list[FeatureLabel]:
        features, spots = self._features.get(layer, ()), self._spots.get(layer, np.empty((0, 2)))
        inside = np.flatnonzero(_find_inside(spots, window)).tolist()
        texts = ((at, features[at].fields.get(by, "")) for at in inside)
        words = (
            FeatureLabel(f"own {layer} {at}", text, QPointF(*spots[at].tolist()))
            for at, text in texts
            if text
        )
        return list(islice(words, _MOST_WORDS))

    def _spots_of(self, features: Sequence[Feature]) -> FloatArray:
        """Return a place on each feature in the scene, shape (n, 2)."""
        spots = shapely.point_on_surface([item.geometry for item in features])
        return self._frame.to_scene(shapely.get_coordinates(spots).reshape(-1, 2))


def render_point_symbol(color: QColor, theme: Theme, ratio: float = 1.0) -> QPixmap:
    """Return the picture of a point: a small square on its corner with a light rim."""
    side_px = _DOT_PX + 4

    def draw(painter: QPainter) -> None:
        painter.translate(side_px / 2, side_px / 2)
        painter.rotate(45)
        painter.setPen(QPen(QColor(theme.halo), 1.6))
        painter.setBrush(color)
        side = _DOT_PX / 1.3
        painter.drawRect(QRectF(-side / 2, -side / 2, side, side))

    return render_picture(side_px, side_px, ratio, draw)


def _find_inside(points: FloatArray, rect: QRectF) -> Any:
    return (
        (points[:, 0] >= rect.left())
        & (points[:, 0] <= rect.right())
        & (points[:, 1] >= rect.top())
        & (points[:, 1] <= rect.bottom())
    )
