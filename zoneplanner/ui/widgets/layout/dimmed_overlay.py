"""What lies over a whole window: it follows the window's size and dims what is below."""

import weakref

from PySide6.QtCore import QEvent, QObject, QRect, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

from zoneplanner.ui.widgets.style.theme import CORNER_RADIUS_PX

_VEIL = QColor(0, 0, 0, 105)
_RING_PX, _AROUND_PX = 2, 4


class DimmedOverlay(QWidget):
    """A veil over its parent, with a hole where ``spot`` is; ``placed`` follows the window."""

    placed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._below = parent
        self.spot = QRect()
        before = QApplication.focusWidget()
        self._before = weakref.ref(before) if before is not None else None
        self.setGeometry(parent.rect())
        parent.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Cover the window as it grows."""
        if event.type() == QEvent.Type.Resize and watched is self._below:
            self.setGeometry(self._below.rect())
            self.placed.emit()
        return False

    def show_spot(self, spot: QRect) -> None:
        """Leave a rectangle of the window as it is, with a ring around it."""
        around = spot.adjusted(-_AROUND_PX, -_AROUND_PX, _AROUND_PX, _AROUND_PX)
        inside = self.rect().adjusted(_RING_PX, _RING_PX, -_RING_PX, -_RING_PX)
        self.spot = around & inside if spot.isValid() else QRect()
        self.update()

    def give_focus_back(self, holder: QWidget) -> None:
        """Let the keys go from the holder to what had them before; others keep them."""
        now = QApplication.focusWidget()
        if now is not None and now is not holder and not holder.isAncestorOf(now):
            return
        before = self._before() if self._before else None
        if before is not None and isValid(before):
            before.setFocus(Qt.FocusReason.PopupFocusReason)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Dim everything but the spot."""
        painter = QPainter(self)
        try:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            path = QPainterPath()
            path.addRect(self.rect())
            if self.spot.isValid():
                hole = QPainterPath()
                hole.addRoundedRect(self.spot, CORNER_RADIUS_PX, CORNER_RADIUS_PX)
                path = path.subtracted(hole)
            painter.fillPath(path, _VEIL)
            if self.spot.isValid():
                pen = painter.pen()
                pen.setColor(self.palette().accent().color())
                pen.setWidth(_RING_PX)
                painter.setPen(pen)
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(self.spot, CORNER_RADIUS_PX, CORNER_RADIUS_PX)
        finally:
            painter.end()
