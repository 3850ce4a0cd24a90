"""What a tool draws over the map while it is in use: a ring, a box, a lasso, a measured line."""

from collections.abc import Sequence

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from zoneplanner.ui.map.symbology import site_symbols
from zoneplanner.ui.map.symbology.site_symbols import SiteSymbol

_EDGE_PX, _HALO_PX, _AREA_EDGE_PX = 1.6, 3.6, 1.0
_REACH_PX = 8.0
_FILL_SHARE = 0.14
_DOT_PX = 3.0


class RubberBand(QGraphicsItem):
    """Lines of constant width with a halo, and pale areas. Places are points of the scene."""

    def __init__(self, color: str, halo: str) -> None:
        super().__init__()
        self._color, self._halo = QColor(color), QColor(halo)
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
        ground = QColor(self._color)
        ground.setAlphaF(_FILL_SHARE)
        painter.save()
        try:
            painter.resetTransform()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if self._ring is not None:
                line.addEllipse(world.map(self._ring[0]), self._ring[1], self._ring[1])
            painter.fillPath(areas, ground)
            painter.strokePath(areas, QPen(self._color, _AREA_EDGE_PX))
            if self._closed or self._ring is not None:
                painter.fillPath(line, ground)
            painter.strokePath(line, QPen(self._halo, _HALO_PX))
            style = Qt.PenStyle.DashLine if self._dashed else Qt.PenStyle.SolidLine
            painter.strokePath(line, QPen(self._color, _EDGE_PX, style))
            if self._dots:
                self._draw_dots(painter, world.map(self._line).toList())
        finally:
            painter.restore()

    def _draw_dots(self, painter: QPainter, points: Sequence[QPointF]) -> None:
        painter.setPen(QPen(self._halo, 1.0))
        painter.setBrush(self._color)
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


class DragSymbol(QGraphicsItem):
    """Lies over all else while a site is carried."""

    def __init__(self, start: QPointF, color: str) -> None:
        super().__init__()
        self._start, self._at = start, start
        self._color = color
        self._picture: QPixmap | None = None
        self._reach_px = 1.0
        self._m_px = 1.0
        self.setZValue(60)

    def show_at(self, at: QPointF, look: SiteSymbol, picture: QPixmap, m_px: float) -> None:
        """Move to a point of the scene."""
        self.prepareGeometryChange()
        self._at, self._picture, self._m_px = at, picture, m_px
        self._reach_px = site_symbols.compute_symbol_reach_px(look)

    def boundingRect(self) -> QRectF:
        """Span thread and symbol."""
        reach = (self._reach_px + 2) * self._m_px
        return QRectF(self._start, self._at).normalized().adjusted(-reach, -reach, reach, reach)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionGraphicsItem,
        widget: QWidget | None = None,
    ) -> None:
        """Draw the thread, then the symbol on whole pixels."""
        world = painter.worldTransform()
        start, at = world.map(self._start), world.map(self._at)
        painter.save()
        try:
            painter.resetTransform()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(self._color), 1.6))
            painter.drawLine(QLineF(start, at))
            painter.setBrush(QColor(self._color))
            painter.drawEllipse(start, 2.5, 2.5)
            if self._picture is not None:
                left, top = round(at.x() - self._reach_px), round(at.y() - self._reach_px)
                painter.drawPixmap(left, top, self._picture)
        finally:
            painter.restore()
