"""The area that a unit reaches in time, laid over the zones."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget
from shapely.geometry.base import BaseGeometry

from zoneplanner.ui.canvas.shapes import Frame, path_of
from zoneplanner.ui.kit.theme import Theme

FILL_ALPHA, EDGE_PX, CASE_PX = 34, 2.0, 4.5
HEIGHT = 14.0
DASHES = [4.0, 2.5]


class ReachItem(QGraphicsItem):
    """One area with a dashed edge; nothing is clicked through it."""

    def __init__(self, area: BaseGeometry, frame: Frame, theme: Theme) -> None:
        super().__init__()
        self.area = area
        self._path = path_of(area, frame)
        self._colour, self._case = theme.colour("accent"), theme.colour("halo")
        self.setZValue(HEIGHT)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def boundingRect(self) -> QRectF:
        """Span the area."""
        return self._path.boundingRect()

    def shape(self) -> QPainterPath:
        """Return nothing, so that what lies below is picked."""
        return QPainterPath()

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionGraphicsItem,
        widget: QWidget | None = None,
    ) -> None:
        """Tint the area and draw its edge, which is as wide at every scale."""
        tint = QColor(self._colour)
        tint.setAlpha(FILL_ALPHA)
        painter.fillPath(self._path, tint)
        for colour, width in ((self._case, CASE_PX), (self._colour, EDGE_PX)):
            pen = QPen(colour, width)
            pen.setCosmetic(True)
            if colour is self._colour:
                pen.setDashPattern(DASHES)
            painter.strokePath(self._path, pen)
