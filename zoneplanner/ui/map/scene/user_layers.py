"""The layers that the user added: areas, lines and points in one color, each layer an item.

Notes pinned to places of the plan: small flags of constant size.
"""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any, cast

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
from zoneplanner.domain.log.response_actions import URGENT_ACTIONS
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
    make_segment_batch,
)
from zoneplanner.ui.map.scene.zones_and_lines import make_line_pen
from zoneplanner.ui.widgets.style.theme import Theme, fade_color, make_strong_font, render_picture
from zoneplanner.ui.widgets.style.value_text import choose_layer_color

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
        layers = project.user_layers
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
        for layer in project.user_layers:
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


_POLE_PX, _FLAG_WIDTH_PX, _FLAG_HEIGHT_PX = 20.0, 14.0, 10.0
_PICK_PX = 4.0
_FLAG_RECT = QRectF(0, -_POLE_PX, _FLAG_WIDTH_PX, _FLAG_HEIGHT_PX)


class PinItem(MarkerItem):
    """One note: a flag whose pole stands on its place."""

    def __init__(self, pin: Pin, at: QPointF, theme: Theme) -> None:
        super().__init__(at, 40)
        self.pin = pin
        self._theme = theme

    def boundingRect(self) -> QRectF:
        """Span pole and flag, in pixels around the place."""
        return _FLAG_RECT.adjusted(-4, -3, 3, _POLE_PX - _FLAG_HEIGHT_PX + 4)

    def draw(self, painter: QPainter, world: QTransform, exposed: QRectF) -> None:
        """Draw the halo, the pole, and a flag with a notch."""
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
    """The flags of the plan on screen, by the notes' uids."""

    def show(self, state: ProjectState, *, shown: bool, z: float, opacity: float) -> None:
        """Follow a state; a note that is the very same keeps its flag."""
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
        """Return the note whose flag or foot is at a point of the scene, the last one pinned."""
        for item in reversed(self.items.values()):
            away = (point - item.pos()) / m_px
            near = _FLAG_RECT.adjusted(
                -_PICK_PX, -_PICK_PX, _PICK_PX, _POLE_PX - _FLAG_HEIGHT_PX + _PICK_PX
            )
            if item.isVisible() and near.contains(away):
                return item.pin
        return None


_RING_PX, _RISE_PX, _PAD_PX, _HIGH_PX = 15.0, 21.0, 7.0, 20.0
_HALO_PX, _FLAG_LINE_PX, _FLAG_EDGE_PX = 9.0, 3.0, 1.5
_ACTION_Z = 60.0


class ResponseActionItem(MarkerItem):
    """What goes on at one site; what asks most of a school is drawn in the color of danger.

    The name is written beside the color, so that it is told without it. What asks most is filled
    and edged in ink, as an urgent call is: in the dark its red is the fainter color.
    """

    def __init__(self, names: Sequence[str], at: QPointF, theme: Theme) -> None:
        super().__init__(at, _ACTION_Z)
        self.names = tuple(names)
        self.text = " · ".join(name.upper() for name in names)
        self._theme = theme
        urgent = bool(set(names) & set(URGENT_ACTIONS))
        self._color = QColor(theme.live_fill if urgent else theme.warning)
        self._ground, self._ink, self._edge = (
            (self._color, QColor(theme.on_live), QColor(theme.text))
            if urgent
            else (QColor(theme.raised), QColor(theme.text), self._color)
        )
        wide = QFontMetricsF(make_strong_font()).horizontalAdvance(self.text) + 2 * _PAD_PX
        self._label = QRectF(-wide / 2, -_RISE_PX - _HIGH_PX, wide, _HIGH_PX)

    def boundingRect(self) -> QRectF:
        """Span ring and name, in pixels around the site."""
        reach = _RING_PX + _HALO_PX
        return self._label.united(QRectF(-reach, -reach, 2 * reach, 2 * reach)).adjusted(
            -3, -3, 3, 3
        )

    def draw(self, painter: QPainter, world: QTransform, exposed: QRectF) -> None:
        """Draw the ring, and the name on a plate that touches it."""
        painter.translate(world.dx(), world.dy())
        painter.setBrush(Qt.BrushStyle.NoBrush)
        land, edge_px = QColor(self._theme.land), _FLAG_LINE_PX + 2 * _FLAG_EDGE_PX
        for color, wide in ((land, _HALO_PX), (self._edge, edge_px), (self._color, _FLAG_LINE_PX)):
            painter.setPen(QPen(color, wide))
            painter.drawEllipse(QPointF(0, 0), _RING_PX, _RING_PX)
        painter.setPen(QPen(self._edge, 2.0))
        painter.setBrush(self._ground)
        painter.drawRoundedRect(self._label, 4, 4)
        painter.setFont(make_strong_font())
        painter.setPen(self._ink)
        painter.drawText(self._label, Qt.AlignmentFlag.AlignCenter, self.text)


class ResponseActionLayer(ItemLayer[ResponseActionItem]):
    """The marks by site."""

    def show(self, actions: Mapping[str, Sequence[str]], sites: Mapping[str, Site]) -> None:
        """Mark the sites where actions go on, by their names."""
        self.remove(self.items)
        for site, names in actions.items():
            if site in sites:
                at = self._frame.to_scene_point(sites[site].x_m, sites[site].y_m)
                self.add(site, ResponseActionItem(names, at, self._theme))


_FILL_SHARE, _EDGE_PX, _CASE_PX = 34 / 255, 2.0, 4.5
_REACH_Z = 14.0
_REACH_DASHES = [4.0, 2.5]


class ReachItem(SceneItem):
    """One area with a dashed edge; nothing is clicked through it."""

    def __init__(self, area: BaseGeometry, frame: SceneTransform, theme: Theme) -> None:
        super().__init__()
        self.area = area
        self._path = build_painter_path(area, frame)
        self._color, self._case = theme.color("label"), theme.color("halo")
        self.setZValue(_REACH_Z)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def boundingRect(self) -> QRectF:
        """Span the area."""
        return self._path.boundingRect()

    def shape(self) -> QPainterPath:
        """Return nothing, so that what lies below is picked."""
        return QPainterPath()

    def draw(self, painter: QPainter, world: QTransform, exposed: QRectF) -> None:
        """Tint the area and draw its edge, which is as wide at every scale."""
        path = world.map(self._path)
        painter.fillPath(path, fade_color(self._color, _FILL_SHARE))
        painter.strokePath(path, QPen(self._case, _CASE_PX))
        pen = QPen(self._color, _EDGE_PX)
        pen.setDashPattern(_REACH_DASHES)
        painter.strokePath(path, pen)
