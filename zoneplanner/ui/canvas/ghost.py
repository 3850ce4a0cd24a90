"""The symbol that a person carries, with a thread to where it was taken from."""

from PySide6.QtCore import QLineF, QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from zoneplanner.ui.canvas import symbols
from zoneplanner.ui.canvas.symbols import SiteSymbol


class DragSymbol(QGraphicsItem):
    """Lies over all else while a site is carried."""

    def __init__(self, start: QPointF, colour: str) -> None:
        super().__init__()
        self._start, self._at = start, start
        self._colour = colour
        self._picture: QPixmap | None = None
        self._reach_px = 1.0
        self._m_px = 1.0
        self.setZValue(60)

    def show_at(self, at: QPointF, look: SiteSymbol, picture: QPixmap, m_px: float) -> None:
        """Move to a point of the scene."""
        self.prepareGeometryChange()
        self._at, self._picture, self._m_px = at, picture, m_px
        self._reach_px = symbols.compute_symbol_reach_px(look)

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
            painter.setPen(QPen(QColor(self._colour), 1.6))
            painter.drawLine(QLineF(start, at))
            painter.setBrush(QColor(self._colour))
            painter.drawEllipse(start, 2.5, 2.5)
            if self._picture is not None:
                left, top = round(at.x() - self._reach_px), round(at.y() - self._reach_px)
                painter.drawPixmap(left, top, self._picture)
        finally:
            painter.restore()
