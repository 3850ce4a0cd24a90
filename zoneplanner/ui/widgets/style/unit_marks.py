"""The marks of units by their state, drawn the same in the row of units and on the map."""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from zoneplanner.app.log.unit_board import UnitState
from zoneplanner.ui.widgets.style.theme import Theme

UNIT_MARK_PX = 12.0


def draw_unit_mark(
    painter: QPainter, state: UnitState, at: QPointF, theme: Theme, *, ink: QColor | None = None
) -> None:
    """Draw the mark of a state: ring, half disc, triangle, square, slash, dotted ring.

    With ``ink`` the shape alone tells the state, as on the map, whose colors are those of zones.
    """
    half = UNIT_MARK_PX / 2
    box = QRectF(at.x() - half, at.y() - half, UNIT_MARK_PX, UNIT_MARK_PX)
    color = ink or theme.color(_STATE_ROLES[state])
    pen = QPen(color, 2.0)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if state in (UnitState.AVAILABLE, UnitState.ASSIGNED):
        painter.drawEllipse(box.adjusted(1, 1, -1, -1))
    elif state is UnitState.DISPATCHED:
        painter.drawEllipse(box.adjusted(1, 1, -1, -1))
        _fill(painter, color)
        painter.drawPie(box.adjusted(1, 1, -1, -1), 90 * 16, 180 * 16)
    elif state is UnitState.EN_ROUTE:
        _fill(painter, color)
        tips: Sequence[QPointF] = (box.topLeft(), QPointF(box.right(), at.y()), box.bottomLeft())
        painter.drawPolygon(QPolygonF(tips))
    elif state is UnitState.ON_SCENE:
        _fill(painter, color)
        painter.drawRect(box.adjusted(1, 1, -1, -1))
    elif state is UnitState.OUT:
        painter.drawLine(box.bottomLeft(), box.topRight())
    else:
        pen.setStyle(Qt.PenStyle.DotLine)
        painter.setPen(pen)
        painter.drawEllipse(box.adjusted(1, 1, -1, -1))


_STATE_ROLES = {
    UnitState.AVAILABLE: "good",
    UnitState.ASSIGNED: "warning",
    UnitState.DISPATCHED: "warning",
    UnitState.EN_ROUTE: "accent",
    UnitState.ON_SCENE: "on_scene",
    UnitState.OUT: "muted",
    UnitState.OPEN: "muted",
}


def _fill(painter: QPainter, color: QColor) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
