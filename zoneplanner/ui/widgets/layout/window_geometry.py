"""Sizes and positions that fit a screen, remembered dialog sizes, and an overlay for windows."""

import weakref
from collections.abc import MutableMapping

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QApplication, QDialog, QWidget
from shiboken6 import isValid

from zoneplanner.ui.widgets.style.theme import CORNER_RADIUS_PX

_TITLE_BAR_PX, _BORDER_PX = 32, 2


def find_frame_interior(screen: QRect) -> QRect:
    """Return a screen's available area without a window frame's title bar and borders."""
    return screen.adjusted(_BORDER_PX, _TITLE_BAR_PX, -_BORDER_PX, -_BORDER_PX)


def fit_size_to_screen(wanted: QSize, screen: QRect) -> QSize:
    """Return the size, limited so that a window with its frame fits a screen's available area."""
    return wanted.boundedTo(find_frame_interior(screen).size())


def fit_rect_to_screen(wanted: QRect, screen: QRect) -> QRect:
    """Return the geometry, limited and moved so that a window with its frame is on the screen."""
    area, size = find_frame_interior(screen), fit_size_to_screen(wanted.size(), screen)
    left = min(max(wanted.left(), area.left()), area.right() + 1 - size.width())
    top = min(max(wanted.top(), area.top()), area.bottom() + 1 - size.height())
    return QRect(QPoint(left, top), size)


FITS_HEIGHT = "fits_height"
"""Property of a dialog whose height follows its content; only its width is remembered."""


class DialogSizes(QObject):
    """Remembers the sizes of dialogs in ``sizes``, and keeps dialogs within their screen."""

    def __init__(self, sizes: MutableMapping[str, str]) -> None:
        super().__init__()
        self._sizes = sizes
        self._opened: dict[QObject, QSize] = {}

    def watch(self, child: QObject) -> None:
        """Remember the size of a window's child if it is one of our dialogs."""
        if isinstance(child, QDialog) and type(child).__module__.startswith("zoneplanner."):
            child.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Restore a dialog's size before it is shown, and remember it when it is closed."""
        if not isinstance(watched, QDialog):
            return False
        if event.type() == QEvent.Type.Show:
            if watched.isWindow():
                self._restore_size(watched)
                self._opened[watched] = watched.size()
        elif event.type() == QEvent.Type.Hide:
            opened = self._opened.pop(watched, None)
            if opened is not None and opened != watched.size():
                self._sizes[_key(watched)] = f"{watched.width()}x{watched.height()}"
        return False

    def _restore_size(self, dialog: QDialog) -> None:
        width, _, height = self._sizes.get(_key(dialog), "").partition("x")
        below = dialog.parentWidget() or dialog  # an unshown dialog has no screen yet
        screen = below.screen().availableGeometry()
        size = dialog.size()
        if width.isdecimal() and height.isdecimal():
            size = QSize(int(width), int(height))
            if dialog.property(FITS_HEIGHT):
                size.setHeight(dialog.height())
        dialog.setMinimumSize(fit_size_to_screen(dialog.minimumSize(), screen))
        dialog.resize(fit_size_to_screen(size.expandedTo(dialog.minimumSize()), screen))


def _key(dialog: QDialog) -> str:
    return f"size.{type(dialog).__name__}"


_DIM_COLOR = QColor(0, 0, 0, 105)
_RING_PX, _SPOT_MARGIN_PX = 2, 4


class DimmedOverlay(QWidget):
    """Dims its parent except for ``spot``; ``placed`` is emitted when the parent's size changes."""

    placed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._below = parent
        self.spot = QRect()
        focus = QApplication.focusWidget()
        self._focus_before = weakref.ref(focus) if focus is not None else None
        self.setGeometry(parent.rect())
        parent.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the parent's size."""
        if event.type() == QEvent.Type.Resize and watched is self._below:
            self.setGeometry(self._below.rect())
            self.placed.emit()
        return False

    def show_spot(self, spot: QRect) -> None:
        """Highlight a rectangle of the window with a ring; an invalid one removes the highlight."""
        margin = _SPOT_MARGIN_PX
        ring = spot.adjusted(-margin, -margin, margin, margin)
        inside = self.rect().adjusted(_RING_PX, _RING_PX, -_RING_PX, -_RING_PX)
        self.spot = ring & inside if spot.isValid() else QRect()
        self.update()

    def restore_focus(self, holder: QWidget) -> None:
        """Return the focus to the widget that had it before, if the holder has it now."""
        focus = QApplication.focusWidget()
        if focus is not None and focus is not holder and not holder.isAncestorOf(focus):
            return
        before = self._focus_before() if self._focus_before else None
        if before is not None and isValid(before):
            before.setFocus(Qt.FocusReason.PopupFocusReason)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Dim everything but the spot."""
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            path = QPainterPath()
            path.addRect(self.rect())
            if not self.spot.isValid():
                painter.fillPath(path, _DIM_COLOR)
                return
            hole = QPainterPath()
            hole.addRoundedRect(self.spot, CORNER_RADIUS_PX, CORNER_RADIUS_PX)
            painter.fillPath(path.subtracted(hole), _DIM_COLOR)
            painter.setPen(QPen(self.palette().accent().color(), _RING_PX))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(self.spot, CORNER_RADIUS_PX, CORNER_RADIUS_PX)
