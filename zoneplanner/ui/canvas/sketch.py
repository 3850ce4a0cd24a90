"""What a tool draws over the map while it is in use: a ring, a box, a lasso, a measured line."""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

_EDGE_PX, _HALO_PX, _AREA_EDGE_PX = 1.6, 3.6, 1.0
_REACH_PX = 8.0
_FILL_SHARE = 0.14
_DOT_PX = 3.0


class RubberBand(QGraphicsItem):
    """Lines of constant width with a halo, and pale areas. Places are points of the scene."""

    def __init__(self, colour: str, halo: str) -> None:
        super().__init__()
        self._colour, self._halo = QColor(colour), QColor(halo)
        self._areas: tuple[QPolygonF, ...] = ()
        self._line = QPolygonF()
        self._closed = self._dots = self._dashed = False
        self._ring: tuple[QPointF, float] | None = None
        self._m_px = 1.0
        self._box = QRectF()
        self.setZValue(58)

    def draw(
        self,
        m_px: float,
        *,
        line: Sequence[QPointF] = (),
        closed: bool = False,
        dots: bool = False,
        dashed: bool = False,
        areas: Sequence[QPolygonF] = (),
        ring: tuple[QPointF, float] | None = None,
    ) -> None:
        """Show a line, filled where it is closed, areas, and a ring of so many pixels."""
        self.prepareGeometryChange()
        self._m_px = m_px
        self._line, self._closed, self._dots, self._dashed = QPolygonF(line), closed, dots, dashed
        self._areas = tuple(areas)
        self._ring = ring
        self._box = self._span()
        self.update()

    def clear(self) -> None:
        """Show nothing."""
        self.draw(self._m_px)

    def boundingRect(self) -> QRectF:
        """Span all that is drawn."""
        return self._box

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionGraphicsItem,
        widget: QWidget | None = None,
    ) -> None:
        """Draw in device pixels, the halo first."""
        world = painter.worldTransform()
        areas, line = QPainterPath(), QPainterPath()
        for area in self._areas:
            areas.addPolygon(world.map(area))
            areas.closeSubpath()
        if self._line.size() > 1:
            line.addPolygon(world.map(self._line))
        if self._closed:
            line.closeSubpath()
        ground = QColor(self._colour)
        ground.setAlphaF(_FILL_SHARE)
        painter.save()
        try:
            painter.resetTransform()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if self._ring is not None:
                line.addEllipse(world.map(self._ring[0]), self._ring[1], self._ring[1])
            painter.fillPath(areas, ground)
            painter.strokePath(areas, QPen(self._colour, _AREA_EDGE_PX))
            if self._closed or self._ring is not None:
                painter.fillPath(line, ground)
            painter.strokePath(line, QPen(self._halo, _HALO_PX))
            style = Qt.PenStyle.DashLine if self._dashed else Qt.PenStyle.SolidLine
            painter.strokePath(line, QPen(self._colour, _EDGE_PX, style))
            if self._dots:
                self._draw_dots(painter, world.map(self._line).toList())
        finally:
            painter.restore()

    def _draw_dots(self, painter: QPainter, points: Sequence[QPointF]) -> None:
        painter.setPen(QPen(self._halo, 1.0))
        painter.setBrush(self._colour)
        for point in points:
            painter.drawEllipse(point, _DOT_PX, _DOT_PX)

    def _span(self) -> QRectF:
        boxes = [area.boundingRect() for area in (*self._areas, self._line) if area.size()]
        if self._ring is not None:
            at, radius_px = self._ring
            reach = radius_px * self._m_px
            boxes.append(QRectF(at.x() - reach, at.y() - reach, 2 * reach, 2 * reach))
        if not boxes:
            return QRectF()
        left, top = min(b.left() for b in boxes), min(b.top() for b in boxes)
        right, bottom = max(b.right() for b in boxes), max(b.bottom() for b in boxes)
        reach = _REACH_PX * self._m_px
        return QRectF(left - reach, top - reach, right - left + 2 * reach, bottom - top + 2 * reach)
