"""The area that a unit reaches in time, laid over the zones."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget
from shapely.geometry.base import BaseGeometry

from zoneplanner.ui.canvas.shapes import SceneTransform, build_painter_path
from zoneplanner.ui.kit.theme import Theme

_FILL_ALPHA, _EDGE_PX, _CASE_PX = 34, 2.0, 4.5
_REACH_Z = 14.0
_REACH_DASHES = [4.0, 2.5]


class ReachItem(QGraphicsItem):
    """One area with a dashed edge; nothing is clicked through it."""

    def __init__(self, area: BaseGeometry, frame: SceneTransform, theme: Theme) -> None:
        super().__init__()
        self.area = area
        self._path = build_painter_path(area, frame)
        self._colour, self._case = theme.colour("accent"), theme.colour("halo")
        self.setZValue(_REACH_Z)
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
        tint.setAlpha(_FILL_ALPHA)
        painter.fillPath(self._path, tint)
        for colour, width in ((self._case, _CASE_PX), (self._colour, _EDGE_PX)):
            pen = QPen(colour, width)
            pen.setCosmetic(True)
            if colour is self._colour:
                pen.setDashPattern(_REACH_DASHES)
            painter.strokePath(self._path, pen)
