"""Windows and dialogs are within their screen, wherever they were left.

What lies over a whole window: it follows the window's size and dims what is below.
"""

import weakref
from collections.abc import MutableMapping

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QApplication, QDialog, QWidget
from shiboken6 import isValid

from zoneplanner.ui.widgets.style.theme import CORNER_RADIUS_PX

_TITLE_PX, _EDGE_PX = 32, 2
"""What the desktop's frame takes above, and at each other side."""


def find_frame_interior(screen: QRect) -> QRect:
    """Return what a screen leaves of its available room inside a window's frame."""
    return screen.adjusted(_EDGE_PX, _TITLE_PX, -_EDGE_PX, -_EDGE_PX)


def fit_size_to_screen(wanted: QSize, screen: QRect) -> QSize:
    """Return a size with which a window and its frame fit a screen's available room."""
    return wanted.boundedTo(find_frame_interior(screen).size())


def fit_rect_to_screen(wanted: QRect, screen: QRect) -> QRect:
    """Return a geometry with which a window and its frame are within a screen, moved least."""
    room, size = find_frame_interior(screen), fit_size_to_screen(wanted.size(), screen)
    left = min(max(wanted.left(), room.left()), room.right() + 1 - size.width())
    top = min(max(wanted.top(), room.top()), room.bottom() + 1 - size.height())
    return QRect(QPoint(left, top), size)


_OWN = "zoneplanner."


FITS_HEIGHT = "fits_height"
"""Property of a dialog that is as high as what it holds; only its width is brought back."""


class DialogSizes(QObject):
    """Watches dialogs and keeps their sizes by name in ``kept``.

    No dialog is larger than its screen. A form is as high as what it asks for; of one that has no
    size of its own only the width counts.
    """

    def __init__(self, kept: MutableMapping[str, str]) -> None:
        super().__init__()
        self._kept = kept
        self._opened: dict[QObject, QSize] = {}

    def watch(self, child: QObject) -> None:
        """Look after a child of a window, where it is one of our dialogs."""
        if isinstance(child, QDialog) and type(child).__module__.startswith(_OWN):
            child.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Bring the size back before a dialog is shown, and keep it once it is closed."""
        if not isinstance(watched, QDialog):
            return False
        if event.type() == QEvent.Type.Show:
            if watched.isWindow():
                self._bring_back(watched)
                self._opened[watched] = watched.size()
        elif event.type() == QEvent.Type.Hide:
            opened = self._opened.pop(watched, None)
            if opened is not None and opened != watched.size():
                self._kept[_key(watched)] = f"{watched.width()}x{watched.height()}"
        return False

    def _bring_back(self, dialog: QDialog) -> None:
        wide, _, high = self._kept.get(_key(dialog), "").partition("x")
        below = dialog.parentWidget() or dialog  # a dialog has a screen once it is shown
        room = below.screen().availableGeometry()
        size = dialog.size()
        if wide.isdecimal() and high.isdecimal():
            size = QSize(int(wide), int(high))
            if dialog.property(FITS_HEIGHT):
                size.setHeight(dialog.height())
        if fit_size_to_screen(dialog.minimumSize(), room) != dialog.minimumSize():
            dialog.setMinimumSize(fit_size_to_screen(dialog.minimumSize(), room))
        dialog.resize(fit_size_to_screen(size.expandedTo(dialog.minimumSize()), room))


def _key(dialog: QDialog) -> str:
    return f"size.{type(dialog).__name__}"


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
