"""Response actions on the map: a ring around the school and the action's name above it."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QGraphicsScene, QStyleOptionGraphicsItem, QWidget

from zoneplanner.domain.site import Site
from zoneplanner.ui.canvas.shapes import SceneTransform
from zoneplanner.ui.kit.theme import Theme, make_strong_font

_RING_PX, _RISE_PX, _PAD_PX, _HIGH_PX = 15.0, 21.0, 7.0, 20.0
_HALO_PX, _LINE_PX = 6.0, 3.0
_ACTION_Z = 60.0
_URGENT_ACTIONS = ("lockdown", "evacuate")


class _ResponseActionItem(QGraphicsItem):
    """What goes on at one site; an action that asks most of a school is drawn in the alarm colour.

    The name is written beside the colour, so that it is told without it.
    """

    def __init__(self, names: Sequence[str], at: QPointF, theme: Theme) -> None:
        super().__init__()
        self.names = tuple(names)
        self.text = " · ".join(name.upper() for name in names)
        self._theme = theme
        self._colour = QColor(theme.bad if set(names) & set(_URGENT_ACTIONS) else theme.warning)
        wide = QFontMetricsF(make_strong_font()).horizontalAdvance(self.text) + 2 * _PAD_PX
        self._label = QRectF(-wide / 2, -_RISE_PX - _HIGH_PX, wide, _HIGH_PX)
        self.setPos(at)
        self.setZValue(_ACTION_Z)
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIgnoresTransformations)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def boundingRect(self) -> QRectF:
        """Span ring and name, in pixels around the site."""
        reach = _RING_PX + _HALO_PX
        return self._label.united(QRectF(-reach, -reach, 2 * reach, 2 * reach)).adjusted(
            -3, -3, 3, 3
        )

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionGraphicsItem,
        widget: QWidget | None = None,
    ) -> None:
        """Draw the ring, and the name on a plate that touches it."""
        painter.save()
        try:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            for colour, wide in ((QColor(self._theme.land), _HALO_PX), (self._colour, _LINE_PX)):
                painter.setPen(QPen(colour, wide))
                painter.drawEllipse(QPointF(0, 0), _RING_PX, _RING_PX)
            painter.setPen(QPen(QColor(self._theme.land), 2.0))
            painter.setBrush(self._colour)
            painter.drawRoundedRect(self._label, 4, 4)
            painter.setFont(make_strong_font())
            painter.setPen(QColor("#0B1117" if self._theme.dark else "#FFFFFF"))
            painter.drawText(self._label, Qt.AlignmentFlag.AlignCenter, self.text)
        finally:
            painter.restore()


class ResponseActionLayer:
    """The marks by site."""

    def __init__(self, scene: QGraphicsScene, frame: SceneTransform, theme: Theme) -> None:
        self.items: dict[str, _ResponseActionItem] = {}
        self._scene, self._frame, self._theme = scene, frame, theme

    def show(self, actions: Mapping[str, Sequence[str]], sites: Mapping[str, Site]) -> None:
        """Mark the sites where actions go on, by their names."""
        for item in self.items.values():
            self._scene.removeItem(item)
        self.items = {
            site: _ResponseActionItem(
                names, self._frame.point(sites[site].x_m, sites[site].y_m), self._theme
            )
            for site, names in actions.items()
            if site in sites
        }
        for item in self.items.values():
            self._scene.addItem(item)
