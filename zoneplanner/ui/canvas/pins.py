"""Notes pinned to places of the plan: small flags of constant size."""

from collections.abc import Mapping

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsItem, QGraphicsScene, QStyleOptionGraphicsItem, QWidget

from zoneplanner.app.reading import ProjectState
from zoneplanner.domain.plan import Pin
from zoneplanner.ui.canvas.shapes import SceneTransform
from zoneplanner.ui.kit.theme import Theme

_POLE_PX, _FLAG_WIDTH_PX, _FLAG_HEIGHT_PX = 20.0, 14.0, 10.0
_PICK_PX = 4.0
_FLAG_RECT = QRectF(0, -_POLE_PX, _FLAG_WIDTH_PX, _FLAG_HEIGHT_PX)


class PinItem(QGraphicsItem):
    """One note: a flag whose pole stands on its place."""

    def __init__(self, pin: Pin, at: QPointF, theme: Theme) -> None:
        super().__init__()
        self.pin = pin
        self._theme = theme
        self.setPos(at)
        self.setZValue(40)
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIgnoresTransformations)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def boundingRect(self) -> QRectF:
        """Span pole and flag, in pixels around the place."""
        return _FLAG_RECT.adjusted(-4, -3, 3, _POLE_PX - _FLAG_HEIGHT_PX + 4)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionGraphicsItem,
        widget: QWidget | None = None,
    ) -> None:
        """Draw the halo, the pole, and a flag with a notch."""
        left, top, right = _FLAG_RECT.left(), _FLAG_RECT.top(), _FLAG_RECT.right()
        middle, bottom = _FLAG_RECT.center().y(), _FLAG_RECT.bottom()
        corners = ((left, top), (right, top), (right - 4, middle), (right, bottom), (left, bottom))
        flag = QPainterPath()
        flag.addPolygon(QPolygonF([QPointF(x, y) for x, y in corners]))
        flag.closeSubpath()
        flag.moveTo(left, top)
        flag.lineTo(0, 0)
        painter.save()
        try:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.strokePath(flag, QPen(QColor(self._theme.land), 4.0))
            painter.fillPath(flag, QColor(self._theme.accent))
            painter.strokePath(flag, QPen(QColor(self._theme.text), 1.4))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self._theme.text))
            painter.drawEllipse(QPointF(0, 0), 2.4, 2.4)
        finally:
            painter.restore()


class PinLayer:
    """The flags of the plan on screen, by the notes' uids."""

    def __init__(self, scene: QGraphicsScene, frame: SceneTransform, theme: Theme) -> None:
        self.items: dict[str, PinItem] = {}
        self._scene = scene
        self._frame = frame
        self._theme = theme
        self._stand = (40.0, 1.0)

    def stand(self, z: float, opacity: float) -> None:
        """Take the height and opacity of the flags."""
        self._stand = (z, opacity)

    def show(self, reading: ProjectState, *, shown: bool) -> None:
        """Follow a reading; a note that is the very same keeps its flag."""
        pins: Mapping[str, Pin] = reading.plan.pins if reading.plan else {}
        for uid, item in list(self.items.items()):
            if item.pin is not pins.get(uid):
                self._scene.removeItem(self.items.pop(uid))
        for uid, pin in pins.items():
            if uid not in self.items:
                item = PinItem(pin, self._frame.point(pin.x_m, pin.y_m), self._theme)
                self.items[uid] = item
                self._scene.addItem(item)
        for item in self.items.values():
            item.setZValue(self._stand[0])
            item.setOpacity(self._stand[1])
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
