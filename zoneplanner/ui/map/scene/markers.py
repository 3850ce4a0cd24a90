"""Notes pinned to places of the plan: small flags of constant size."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPainterPath, QPen, QPolygonF, QTransform
from shapely.geometry.base import BaseGeometry

from zoneplanner.app.session.state import ProjectState
from zoneplanner.domain.geography.site import Site
from zoneplanner.domain.log.response_actions import URGENT_ACTIONS
from zoneplanner.domain.plans.plan import Pin
from zoneplanner.tokens import choose_ink
from zoneplanner.ui.map.scene.drawing import (
    ItemLayer,
    MarkerItem,
    SceneItem,
    SceneTransform,
    build_painter_path,
)
from zoneplanner.ui.widgets.style.painting import fade_color
from zoneplanner.ui.widgets.style.theme import Theme, make_strong_font

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
_HALO_PX, _LINE_PX = 6.0, 3.0
_ACTION_Z = 60.0


class _ResponseActionItem(MarkerItem):
    """What goes on at one site; what asks most of a school is drawn in the color of danger.

    The name is written beside the color, so that it is told without it.
    """

    def __init__(self, names: Sequence[str], at: QPointF, theme: Theme) -> None:
        super().__init__(at, _ACTION_Z)
        self.names = tuple(names)
        self.text = " · ".join(name.upper() for name in names)
        self._theme = theme
        urgent = bool(set(names) & set(URGENT_ACTIONS))
        self._color = QColor(theme.live_fill if urgent else theme.warning)
        self._ink = QColor(choose_ink(self._color.name()))
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
        for color, wide in ((QColor(self._theme.land), _HALO_PX), (self._color, _LINE_PX)):
            painter.setPen(QPen(color, wide))
            painter.drawEllipse(QPointF(0, 0), _RING_PX, _RING_PX)
        painter.setPen(QPen(QColor(self._theme.land), 2.0))
        painter.setBrush(self._color)
        painter.drawRoundedRect(self._label, 4, 4)
        painter.setFont(make_strong_font())
        painter.setPen(self._ink)
        painter.drawText(self._label, Qt.AlignmentFlag.AlignCenter, self.text)


class ResponseActionLayer(ItemLayer[_ResponseActionItem]):
    """The marks by site."""

    def show(self, actions: Mapping[str, Sequence[str]], sites: Mapping[str, Site]) -> None:
        """Mark the sites where actions go on, by their names."""
        self.remove(self.items)
        for site, names in actions.items():
            if site in sites:
                at = self._frame.to_scene_point(sites[site].x_m, sites[site].y_m)
                self.add(site, _ResponseActionItem(names, at, self._theme))


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
