"""Colors that carry data: zones, days since the last visit, classes of figures, readiness.

The marks of units by their state, drawn the same in the row of units and on the map.
"""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from zoneplanner.app.log.unit_board import UnitState
from zoneplanner.domain.readiness.requirements import RequirementStatus
from zoneplanner.tokens import DATA_PALETTES, zone_color, zone_text_color
from zoneplanner.ui.widgets.style.theme import Theme, fade_color, mix_colors

VISIT_CLASS_TEXTS = ("0–1 day", "2–3 days", "4–5 days", "over 5 days")
"""The classes of school days since the last visit; they take the theme's ``lateness`` in order,
and a site that was never visited its last color."""

REQUIREMENT_SIGNS = {
    RequirementStatus.OVERDUE: "!",
    RequirementStatus.DUE: "○",
    RequirementStatus.NOT_RECORDED: "?",
    RequirementStatus.DONE: "✓",
    RequirementStatus.NOT_REQUIRED: "–",
}
"""The sign of a state of readiness, on the map and in tables."""


def get_status_color(status: str, theme: Theme) -> str:
    """Return the color of a state of readiness; each has its sign too."""
    return theme.status[list(RequirementStatus).index(RequirementStatus(status))]


def make_zone_fill(index: int, share: float) -> QColor:
    """Return a zone's color, let through by ``share`` (0 to 1)."""
    return fade_color(zone_color(index), share)


def blend_over(color: QColor, ground: QColor) -> QColor:
    """Return the opaque color that one gives on a ground that it lets through; it fills faster."""
    return mix_colors(color.name(), ground.name(), color.alphaF())


def choose_layer_color(index: int, theme: Theme) -> QColor:
    """Return the color of a layer that the user added; none of them is a zone's."""
    own = DATA_PALETTES["layers"]
    color = QColor(own[index % len(own)])
    return color.lighter(165) if theme.dark else color


def make_zone_color(index: int) -> QColor:
    """Return a zone's own color."""
    return QColor(zone_color(index))


def make_zone_text_color(index: int, theme: Theme) -> QColor:
    """Return a zone's color for text, readable on the theme's ground."""
    if not theme.dark:
        return QColor(zone_text_color(index))
    color = QColor(zone_color(index))
    while color.lightnessF() < 0.62:
        color = color.lighter(112)
    return color


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
