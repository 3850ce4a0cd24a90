"""The user's layers, notes, marks of response actions, and the area that a unit reaches."""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np
import shapely
import shiboken6
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QPainter,
    QPainterPath,
    QPen,
    QPixmap,
    QPolygonF,
    QTransform,
)
from PySide6.QtWidgets import QGraphicsScene
from shapely.geometry.base import BaseGeometry

from zoneplanner.analysis.arrays import FloatArray
from zoneplanner.app.geography.map_layers import find_name_field
from zoneplanner.app.session.state import ProjectState
from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.log.response_action_terms import URGENT_ACTIONS
from zoneplanner.domain.plans.plan import Pin
from zoneplanner.domain.project import Feature, Project
from zoneplanner.ui.map.labels.label_texts import FeatureLabel
from zoneplanner.ui.map.layers import Arrangement
from zoneplanner.ui.map.scene.drawing import (
    ItemLayer,
    MarkerItem,
    SceneItem,
    SceneLayer,
    SceneTransform,
    build_painter_path,
    find_points_in,
    make_segment_batch,
)
from zoneplanner.ui.map.scene.zones_and_lines import make_line_pen
from zoneplanner.ui.widgets.style.theme import Theme, fade_color, make_strong_font, render_picture
from zoneplanner.ui.widgets.style.value_text import choose_layer_color

_POINT_PX, _LINE_PX = 9.0, 2.2
USER_FILL_SHARE = 0.22
_MAX_LABELS = 400


class _UserLayerItem(SceneLayer):
    """A layer that the user added: areas, lines and points in one color."""

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
        dimensions = shapely.get_dimensions(shapes)
        self.dimensions = frozenset(dimensions.tolist())
        areas, lines, points = (shapes[dimensions == size].tolist() for size in (2, 1, 0))
        self._color, self._theme = color, theme
        self._area = QPainterPath()
        for area in areas:
            self._area.addPath(build_painter_path(area, frame))
        self._area.setFillRule(Qt.FillRule.WindingFill)
        self._lines = make_segment_batch(areas + lines, frame)
        self._points = (
            frame.to_scene(shapely.get_coordinates(points)) if points else np.empty((0, 2))
        )
        self._point_picture: QPixmap | None = None

    def draw(self, painter: QPainter, world: QTransform, exposed: QRectF) -> None:
        """Draw areas, then lines with a light case, then points."""
        if not self._area.isEmpty():
            painter.fillPath(world.map(self._area), fade_color(self._color, USER_FILL_SHARE))
        self._lines.draw(painter, world, exposed, make_line_pen(self._theme.halo, _LINE_PX + 2))
        self._lines.draw(painter, world, exposed, make_line_pen(self._color, _LINE_PX))
        margin_m = _POINT_PX / world.m11()
        near = exposed.adjusted(-margin_m, -margin_m, margin_m, margin_m)
        visible = self._points[find_points_in(self._points, near)]
        if len(visible):
            self._draw_points(painter, visible * world.m11() + (world.dx(), world.dy()))

    def _draw_points(self, painter: QPainter, points: FloatArray) -> None:
        """Draw a picture at each point, shape (n, 2); Qt reads the array itself."""
        ratio = painter.device().devicePixelRatioF()
        if self._point_picture is None or self._point_picture.devicePixelRatioF() != ratio:
            self._point_picture = render_point_symbol(self._color, self._theme, ratio)
        fragments = np.zeros((len(points), 10))  # a PixmapFragment is ten doubles
        fragments[:, :2] = points
        fragments[:, 4:6] = self._point_picture.width(), self._point_picture.height()
        fragments[:, 6:8] = 1 / ratio
        fragments[:, 9] = 1
        first: Any = shiboken6.wrapInstance(fragments.ctypes.data, QPainter.PixmapFragment)
        painter.drawPixmapFragments(first, len(fragments), self._point_picture)


class UserLayers(ItemLayer[_UserLayerItem]):
    """All layers that the user added, by id; an item is reused if its features are the same."""

    def __init__(
        self, scene: QGraphicsScene, rect: QRectF, frame: SceneTransform, theme: Theme
    ) -> None:
        super().__init__(scene, frame, theme)
        self._rect = rect
        self._features: dict[str, tuple[Feature, ...]] = {}
        self._label_points: dict[str, FloatArray] = {}

    def show(self, project: Project) -> bool:
        """Show a project's layers; return whether anything changed."""
        layers = project.user_layers
        by_layer: dict[str, list[Feature]] = {layer.id: [] for layer in layers}
        for feature in project.features if layers else ():
            if feature.layer in by_layer:
                by_layer[feature.layer].append(feature)
        features = {layer: tuple(listed) for layer, listed in by_layer.items()}
        if features == self._features:
            return False
        self.remove([key for key in self.items if features.get(key) != self._features[key]])
        for layer in layers:
            if layer.id not in self.items:
                color, shown = choose_layer_color(layer.color, self._theme), features[layer.id]
                item = _UserLayerItem(self._rect, shown, self._frame, color, self._theme)
                self.add(layer.id, item)
        self._features = features
        self._label_points = {key: self._find_label_points(own) for key, own in features.items()}
        return True

    def list_labels(
        self, project: Project, look: Arrangement, window: QRectF
    ) -> list[FeatureLabel]:
        """Return the labels of the visible layers in a rectangle of the scene.

        By default, a layer is labeled by the field that names its features.
        """
        labels: list[FeatureLabel] = []
        for layer in project.user_layers:
            if look.shows(layer.id):
                field = look.labels.get(layer.id)
                field = find_name_field(project, layer.id) if field is None else field
                labels += self._list_layer_labels(layer.id, field, window)
        return labels

    def _list_layer_labels(self, layer: str, field: str, window: QRectF) -> list[FeatureLabel]:
        features = self._features.get(layer, ())
        points = self._label_points.get(layer, np.empty((0, 2)))
        labels = (
            FeatureLabel(f"own {layer} {row}", text, QPointF(*points[row].tolist()))
            for row in np.flatnonzero(find_points_in(points, window)).tolist()
            if (text := features[row].fields.get(field, ""))
        )
        return list(islice(labels, _MAX_LABELS))

    def _find_label_points(self, features: Sequence[Feature]) -> FloatArray:
        """Return a point on each feature in the scene, shape (n, 2)."""
        points = shapely.point_on_surface([feature.geometry for feature in features])
        return self._frame.to_scene(shapely.get_coordinates(points).reshape(-1, 2))


def render_point_symbol(color: QColor, theme: Theme, ratio: float = 1.0) -> QPixmap:
    """Return the picture of a point: a small diamond with a light rim."""
    side_px = _POINT_PX + 4

    def draw(painter: QPainter) -> None:
        painter.translate(side_px / 2, side_px / 2)
        painter.rotate(45)
        painter.setPen(QPen(QColor(theme.halo), 1.6))
        painter.setBrush(color)
        side = _POINT_PX / 1.3
        painter.drawRect(QRectF(-side / 2, -side / 2, side, side))

    return render_picture(side_px, side_px, ratio, draw)


_POLE_PX, _FLAG_WIDTH_PX, _FLAG_HEIGHT_PX = 20.0, 14.0, 10.0
_CLICK_MARGIN_PX = 4.0
_FLAG_RECT = QRectF(0, -_POLE_PX, _FLAG_WIDTH_PX, _FLAG_HEIGHT_PX)


class PinItem(MarkerItem):
    """A note, shown as a flag whose pole is at its position."""

    def __init__(self, pin: Pin, at: QPointF, theme: Theme) -> None:
        super().__init__(at, 40)
        self.pin = pin
        self._theme = theme

    def boundingRect(self) -> QRectF:
        """Return the bounds of pole and flag, in pixels around the position."""
        return _FLAG_RECT.adjusted(-4, -3, 3, _POLE_PX - _FLAG_HEIGHT_PX + 4)

    def draw(self, painter: QPainter, world: QTransform, exposed: QRectF) -> None:
        """Draw a halo, the pole, and a flag with a notch."""
        left, top, right = _FLAG_RECT.left(), _FLAG_RECT.top(), _FLAG_RECT.right()
        middle, bottom = _FLAG_RECT.center().y(), _FLAG_RECT.bottom()
        corners = ((left, top), (right, top), (right - 4, middle), (right, bottom), (left, bottom))
        flag = QPainterPath()
        flag.addPolygon(QPolygonF([QPointF(x, y) for x, y in corners]))
        flag.closeSubpath()
        flag.moveTo(left, top)
        flag.lineTo(0, 0)
        painter.translate(world.dx(), world.dy())
        painter.strokePath(flag, QPen(QColor(self._theme.land), 4.0))
        painter.fillPath(flag, QColor(self._theme.halo))
        painter.strokePath(flag, QPen(QColor(self._theme.text), 1.4))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.text))
        painter.drawEllipse(QPointF(0, 0), 2.4, 2.4)


class PinLayer(ItemLayer[PinItem]):
    """The flags of the plan's notes, by uid."""

    def show(self, state: ProjectState, *, shown: bool, z: float, opacity: float) -> None:
        """Show the notes of a state; a note that is identical to before keeps its item."""
        pins: Mapping[str, Pin] = state.plan.pins if state.plan else {}
        self.remove([uid for uid, item in self.items.items() if item.pin is not pins.get(uid)])
        for uid, pin in pins.items():
            if uid not in self.items:
                at = self._frame.to_scene_point(pin.x_m, pin.y_m)
                self.add(uid, PinItem(pin, at, self._theme))
        for item in self.items.values():
            item.setZValue(z)
            item.setOpacity(opacity)
            item.setVisible(shown)

    def at(self, point: QPointF, m_px: float) -> Pin | None:
        """Return the last pinned note whose flag or foot is at a point of the scene."""
        margin = _CLICK_MARGIN_PX
        down = _POLE_PX - _FLAG_HEIGHT_PX + margin
        hit_rect = _FLAG_RECT.adjusted(-margin, -margin, margin, down)
        for item in reversed(self.items.values()):
            if item.isVisible() and hit_rect.contains((point - item.pos()) / m_px):
                return item.pin
        return None


_RING_PX, _LABEL_OFFSET_PX, _LABEL_PADDING_PX, _LABEL_HEIGHT_PX = 15.0, 21.0, 7.0, 20.0
_HALO_PX, _RING_LINE_PX, _RING_EDGE_PX = 9.0, 3.0, 1.5
_ACTION_Z = 60.0


class ResponseActionItem(MarkerItem):
    """The active response actions at a site; an urgent one is filled with red.

    Names are written, so that nothing depends on color alone. An urgent mark has an edge in the
    text color, like an urgent call, because red is hard to see in the dark theme.
    """

    def __init__(self, names: Sequence[str], at: QPointF, theme: Theme) -> None:
        super().__init__(at, _ACTION_Z)
        self.names = tuple(names)
        self.text = " · ".join(name.upper() for name in names)
        self._theme = theme
        urgent = bool(set(names) & set(URGENT_ACTIONS))
        self._color = QColor(theme.live_fill if urgent else theme.warning)
        self._fill, self._ink, self._edge = (
            (self._color, QColor(theme.on_live), QColor(theme.text))
            if urgent
            else (QColor(theme.raised), QColor(theme.text), self._color)
        )
        width = QFontMetricsF(make_strong_font()).horizontalAdvance(self.text)
        width += 2 * _LABEL_PADDING_PX
        top = -_LABEL_OFFSET_PX - _LABEL_HEIGHT_PX
        self._label = QRectF(-width / 2, top, width, _LABEL_HEIGHT_PX)

    def boundingRect(self) -> QRectF:
        """Return the bounds of ring and label, in pixels around the site."""
        radius = _RING_PX + _HALO_PX
        ring = QRectF(-radius, -radius, 2 * radius, 2 * radius)
        return self._label.united(ring).adjusted(-3, -3, 3, 3)

    def draw(self, painter: QPainter, world: QTransform, exposed: QRectF) -> None:
        """Draw the ring, and the label above it."""
        painter.translate(world.dx(), world.dy())
        painter.setBrush(Qt.BrushStyle.NoBrush)
        land, edge_px = QColor(self._theme.land), _RING_LINE_PX + 2 * _RING_EDGE_PX
        for color, wide in ((land, _HALO_PX), (self._edge, edge_px), (self._color, _RING_LINE_PX)):
            painter.setPen(QPen(color, wide))
            painter.drawEllipse(QPointF(0, 0), _RING_PX, _RING_PX)
        painter.setPen(QPen(self._edge, 2.0))
        painter.setBrush(self._fill)
        painter.drawRoundedRect(self._label, 4, 4)
        painter.setFont(make_strong_font())
        painter.setPen(self._ink)
        painter.drawText(self._label, Qt.AlignmentFlag.AlignCenter, self.text)


class ResponseActionLayer(ItemLayer[ResponseActionItem]):
    """The marks of response actions, by site."""

    def show(self, actions: Mapping[str, Sequence[str]], sites: Mapping[str, Site]) -> None:
        """Mark sites with the names of their active response actions."""
        self.remove(self.items)
        for site, names in actions.items():
            if site in sites:
                at = self._frame.to_scene_point(sites[site].x_m, sites[site].y_m)
                self.add(site, ResponseActionItem(names, at, self._theme))


_FILL_SHARE, _EDGE_PX, _CASE_PX = 34 / 255, 2.0, 4.5
_REACH_Z = 14.0
_REACH_DASHES = [4.0, 2.5]


class ReachItem(SceneItem):
    """The area that a unit reaches, with a dashed edge; clicks go to what is below."""

    def __init__(self, area: BaseGeometry, frame: SceneTransform, theme: Theme) -> None:
        super().__init__()
        self.area = area
        self._path = build_painter_path(area, frame)
        self._color, self._case = theme.color("label"), theme.color("halo")
        self.setZValue(_REACH_Z)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def boundingRect(self) -> QRectF:
        """Return the bounds of the area."""
        return self._path.boundingRect()

    def shape(self) -> QPainterPath:
        """Return an empty path, so that what is below is hit."""
        return QPainterPath()

    def draw(self, painter: QPainter, world: QTransform, exposed: QRectF) -> None:
        """Tint the area and draw its edge, with the same width at every scale."""
        path = world.map(self._path)
        painter.fillPath(path, fade_color(self._color, _FILL_SHARE))
        painter.strokePath(path, QPen(self._case, _CASE_PX))
        pen = QPen(self._color, _EDGE_PX)
        pen.setDashPattern(_REACH_DASHES)
        painter.strokePath(path, pen)
